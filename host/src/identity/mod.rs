//! Who may call: accounts, their users and the keys of these, and their roles, as a file of the host's owner has them.
//!
//! Knows nothing of HTTP. The file is read at the start and again when it changes; one that cannot be read leaves
//! everything as it was. Secrets have a type of their own, which cannot be shown and is wiped when it is dropped.
//!
//! Who assumes a role gets a key for a while, with a token that holds all that is known of the session, sealed by a
//! secret of the host. So no session is stored, and whoever has the secret knows all of them.

mod account;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod any_input;
mod bucket;
mod file;
mod identities;
mod key;
mod policies;
mod role;
mod seal;
mod secret;
mod session;
mod sessions;
mod set;
mod sources;
mod user;
#[cfg(test)]
pub(crate) mod in_tests;
#[cfg(test)]
mod tests;

pub(crate) use account::StatedQuotas;
pub(crate) use identities::Identities;
pub(crate) use key::Key;
pub(crate) use role::Role;
pub(crate) use seal::SessionSecret;
pub(crate) use session::{NewSession, TemporaryKey};
pub(crate) use set::check;
#[cfg(feature = "jail")]
pub(crate) use sources::needs;
pub(crate) use user::User;
