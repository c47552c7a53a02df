//! The words of the scheme.

/// The one algorithm that is spoken here.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// What ends the scope of a signature.
pub(super) const TERMINATOR: &str = "aws4_request";
