//! The hash of the body that a request announces.

use http::HeaderMap;

use super::denial::Denial;
use crate::domain::hex::parse_hex;

/// The header.
const CONTENT_HASH: &str = "x-amz-content-sha256";

/// The hash that a header announces; `None` where there is none.
///
/// # Errors
/// For two of them, and for what is no hash of a body: `UNSIGNED-PAYLOAD` and the forms that stream are S3's.
pub(super) fn announced_hash(headers: &HeaderMap) -> Result<Option<[u8; 32]>, Denial> {
    let mut values = headers.get_all(CONTENT_HASH).into_iter();
    let (first, second) = (values.next(), values.next());
    match (first, second) {
        (None, _) => Ok(None),
        (Some(value), None) => value
            .to_str()
            .ok()
            .map(hash)
            .unwrap_or(Err(Denial::Mismatch)),
        (Some(_), Some(_)) => Err(Denial::Mismatch),
    }
}

pub(super) fn hash(text: &str) -> Result<Option<[u8; 32]>, Denial> {
    let is_lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    let hash = parse_hex(text).filter(|_| is_lower);
    hash.map(Some).ok_or(Denial::Mismatch)
}
