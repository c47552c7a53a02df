//! Who may call: accounts, their users and the keys of these, as a file of the host's owner has them.
//!
//! Knows nothing of HTTP. The file is read at the start and again when it changes; one that cannot be read leaves
//! everything as it was. Secrets have a type of their own, which cannot be shown and is wiped when it is dropped.

mod bucket;
mod file;
mod identities;
mod key;
mod policies;
mod secret;
mod set;
mod sources;
mod user;
#[cfg(test)]
pub(crate) mod in_tests;
#[cfg(test)]
mod tests;

pub(crate) use identities::Identities;
pub(crate) use key::Key;
pub(crate) use set::check;
#[cfg(feature = "jail")]
pub(crate) use sources::needs;
pub(crate) use user::User;
