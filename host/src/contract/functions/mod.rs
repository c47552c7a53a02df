//! The resource *function* with its versions: create, show, list, change, publish and delete.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod publish;
pub(super) mod show;
pub(super) mod update;
pub(super) mod url_config;
pub(super) mod versions;
