//! A request, and what its signature has to be for.

use std::time::Duration;

use http::HeaderMap;

/// A request as it was sent. It is not shown: its headers and query may hold secrets.
#[derive(Clone, Copy)]
pub(crate) struct Presented<'a> {
    /// In capitals.
    pub(crate) method: &'a str,
    /// The host that it was sent to, with its port, as its sender named it.
    pub(crate) host: &'a [u8],
    /// Still encoded.
    pub(crate) path: &'a str,
    /// Still encoded, without the question mark.
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
}

/// What a signature has to be for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules<'a> {
    /// Such as `lambda`.
    pub(crate) service: &'a str,
    /// Such as `us-east-1`.
    pub(crate) region: &'a str,
    /// How far the sender's clock may be off.
    pub(crate) skew: Duration,
    pub(crate) path: PathForm,
}

/// How a path is signed.
///
/// What clients resolve before they sign, such as `..`, is not resolved here: a signature is over what was sent, so no
/// path passes for another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PathForm {
    /// Encoded as it was sent, and once more: every service but S3.
    #[default]
    EncodedAgain,
    /// Encoded once, and resolved if so: what the published suites have.
    #[cfg(test)]
    EncodedOnce { is_resolved: bool },
}
