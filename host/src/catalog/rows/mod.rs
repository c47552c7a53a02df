//! What is kept of functions, as JSON: structs of their own, so that the domain can change without what is
//! stored, and what is stored without the domain.
//!
//! Each row says which version of this format it is in. Members that a row has and these structs do not know,
//! as a newer host may have written them, are kept: see [`carry`].

mod account;
mod alias;
mod attachments;
mod audit;
mod carry;
mod code;
mod format;
mod function;
#[cfg(feature = "storage")]
mod legacy;
mod policy;
mod settings;
mod version;

pub(super) use account::{SecretRow, TotalsRow, UrlRow};
pub(super) use alias::AliasRow;
pub(super) use attachments::AttachmentsRow;
pub(super) use audit::{audit_entry, audit_row};
pub(super) use format::{Unreadable, decode, encode};
pub(super) use function::{FunctionRow, LastPublicationRow};
#[cfg(feature = "storage")]
pub(super) use legacy::{LegacyAttachments, LegacySnapshot};
pub(super) use settings::SettingsRow;
pub(super) use version::PublishedRow;
