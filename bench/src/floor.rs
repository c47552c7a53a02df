//! The floor: what the HTTP stack that the product is built on does when there is nothing behind it.

use std::net::SocketAddr;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::routing::post;
use tokio::net::TcpListener;

/// Echoes at `/` until the process ends.
pub(crate) async fn serve(address: SocketAddr) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("{address} cannot be listened on"))?;
    let router = Router::new()
        .route("/", post(|body: Bytes| async { body }))
        .layer(DefaultBodyLimit::disable());
    axum::serve(listener, router).await?;
    Ok(())
}
