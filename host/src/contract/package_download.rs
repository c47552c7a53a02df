//! The download of a package, from an address that GetFunction gave.

use std::sync::Arc;
use std::time::SystemTime;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{StatusCode, Uri};

use super::api::Api;
use super::callers::{Peer, Purpose};
use super::download_key::Denial;
use super::error::WireError;
use super::path_names::PathNames;
use crate::deployer::CompileGuest;
use crate::domain::{Digest, Refusal};
use crate::limits::PACKAGE_BYTES_MAX;

/// `GET /_sparkler/packages/{digest}?expires=…&signature=…`
pub(super) async fn download<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    names: PathNames,
    uri: Uri,
    Extension(peer): Extension<Arc<Peer>>,
) -> Result<Response, NoPackage> {
    let digest = names
        .first()
        .and_then(Digest::parse_hex)
        .ok_or(Denial::Forged)?;
    api.host.downloads.check(digest, &uri, SystemTime::now())?;
    // How large it is shows when it was read; what is answered is counted behind that.
    let bytes_max = usize::try_from(PACKAGE_BYTES_MAX).unwrap_or(usize::MAX);
    let _reading = peer
        .hold(Purpose::Control, bytes_max)
        .map_err(WireError::from)?;
    let package = api.deployer.package(digest).await?;
    let package = package.ok_or(NoPackage::Gone)?;
    let kind = if package.starts_with(b"\0asm") {
        "application/wasm"
    } else {
        "application/zip"
    };
    let mut response = Response::new(Body::from(package));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

/// Why an address gives nothing.
#[derive(Debug)]
pub(super) enum NoPackage {
    Denied(Denial),
    Gone,
    Refused(WireError),
}

impl From<Denial> for NoPackage {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

impl From<Refusal> for NoPackage {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl From<WireError> for NoPackage {
    fn from(error: WireError) -> Self {
        Self::Refused(error)
    }
}

impl IntoResponse for NoPackage {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::Refused(error) => return error.into_response(),
            Self::Denied(Denial::Forged) => (
                StatusCode::FORBIDDEN,
                "The signature of this address is not valid. Call GetFunction for a new address.\n",
            ),
            Self::Denied(Denial::Expired) => (
                StatusCode::FORBIDDEN,
                "This address has expired. Call GetFunction for a new address.\n",
            ),
            Self::Gone => (
                StatusCode::NOT_FOUND,
                "No function has this package any more. Call GetFunction for the present one.\n",
            ),
        };
        (status, text).into_response()
    }
}
