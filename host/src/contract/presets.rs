//! The policies that are known by a name, as a file of keys names them.

use std::sync::Arc;

use super::operations::Preset;
use crate::domain::Named as _;
use crate::domain::policy::Document;

/// The policy of this name; for these ARNs alone, where there are some. `None` where nothing has this name, and where
/// these are no ARNs.
pub(crate) fn preset(name: &str, only: Option<&[String]>) -> Option<Arc<Document>> {
    let preset = Preset::named(name)?;
    let only = only.map(|arns| arns.iter().map(String::as_str).collect::<Vec<_>>());
    let policy = preset.policy(only.as_deref().unwrap_or(&["*"]));
    policy.ok().map(Arc::new)
}
