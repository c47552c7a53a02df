//! Whose requests they are, and whose connections.

use crate::domain::FunctionName;

/// Whom a connection belongs to: nobody else ever sends anything through it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Client {
    pub(super) function: FunctionName,
    pub(super) tenant_id: Option<String>,
}
