//! Why a request is not believed, by the names and in the words of AWS.

use std::fmt;

/// Why a request is not believed to be from whom it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Denial {
    /// Nothing says who sends it.
    NothingSigned,
    /// No such key, or one that is good no more; or a session's key without its token.
    UnknownKey,
    /// A token that is not the key's.
    WrongToken,
    /// The key was for a time, and that is over.
    Expired,
    /// The signature is another one, or is not over what it has to be.
    Mismatch,
    /// What was signed cannot be accepted, for a reason that may be told.
    Invalid(String),
    /// What was to say who sends it cannot be read.
    Incomplete(String),
}

impl Denial {
    /// AWS's name of the error.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::NothingSigned => "MissingAuthenticationTokenException",
            Self::UnknownKey | Self::WrongToken => "UnrecognizedClientException",
            Self::Expired => "ExpiredTokenException",
            Self::Mismatch | Self::Invalid(_) => "InvalidSignatureException",
            Self::Incomplete(_) => "IncompleteSignatureException",
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingSigned => "Missing Authentication Token",
            Self::UnknownKey => "The security token included in the request is invalid.",
            Self::WrongToken => "The security token included in the request is invalid",
            Self::Expired => "The security token included in the request is expired",
            Self::Mismatch => {
                "The request signature we calculated does not match the signature you provided. Check your AWS \
                 Secret Access Key and signing method. Consult the service documentation for details."
            }
            Self::Invalid(text) | Self::Incomplete(text) => text,
        })
    }
}
