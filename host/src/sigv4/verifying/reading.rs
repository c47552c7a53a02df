//! From a request to what it says of its sender.

use http::header::AUTHORIZATION;

use super::claim::Claim;
use super::denial::Denial;
use super::request::Presented;
use super::{by_header, by_query};

impl Claim {
    /// What `request` says of its sender.
    ///
    /// # Errors
    /// Where it says nothing, says it in two ways, or in a way that cannot be read.
    pub(crate) fn of(request: &Presented<'_>) -> Result<Self, Denial> {
        let in_header = request.headers.contains_key(AUTHORIZATION);
        match (in_header, by_query::is_there(request.query)) {
            (true, false) => by_header::read(request.headers),
            (false, true) => by_query::read(request.query),
            (false, false) => Err(Denial::NothingSigned),
            (true, true) => Err(Denial::Incomplete(
                "The request is signed twice: in the header Authorization and in the query. Sign it in one of them."
                    .into(),
            )),
        }
    }
}
