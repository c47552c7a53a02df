//! Whether the host is well.

use axum::response::Response;
use http::StatusCode;

use super::answer;

/// `GET /health`
pub(super) async fn health() -> Response {
    answer::json_text(StatusCode::OK, r#"{"status":"ok"}"#.into())
}
