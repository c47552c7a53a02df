//! What is to be told of one account.

use crate::contract::api::Api;
use crate::domain::provisioning::Progress;
use crate::domain::{FunctionName, Qualifier, VersionId};
use crate::invoker::{Figures, PrepareGuest, RunGuest};
use crate::limits::METRICS_FUNCTIONS_MAX;

/// What runs and what is set aside in one account.
pub(super) struct InAccount<'a> {
    pub(super) id: &'a str,
    pub(super) figures: Figures,
    pub(super) progress: Progresses<'a>,
    pub(super) waiting: Waiting<'a>,
}

/// How far the provisioned concurrency of a function's version or alias is.
pub(super) type Progresses<'a> = Box<dyn Fn(&FunctionName, &Qualifier) -> Progress + Send + 'a>;
/// How many prepared sandboxes wait, of each version of a function.
pub(super) type Waiting<'a> = Box<dyn Fn(&FunctionName) -> Vec<(VersionId, u32)> + Send + 'a>;

impl<'a> InAccount<'a> {
    pub(super) fn of<G: RunGuest + PrepareGuest>(api: &'a Api<G>) -> Self {
        Self {
            id: &api.account.id,
            figures: api.invoker.gate().figures(METRICS_FUNCTIONS_MAX),
            progress: Box::new(|name, place| api.provisioner.progress(name, place)),
            waiting: Box::new(|name| api.provisioner.waiting(name)),
        }
    }
}
