//! The way out of a host: what all guests share of it.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::lessons::Lessons;
use super::pool::Pool;
use super::trust::Trust;
use crate::domain::{FunctionName, Version};
use crate::limits;

/// Connections, the threads that look up names, and whom to trust.
pub(in crate::sandbox) struct Network {
    pub(super) pool: Arc<Pool>,
    pub(super) places: Arc<Semaphore>,
    pub(super) lookups: Arc<Semaphore>,
    pub(super) trust: Trust,
    /// What functions need, where that is to be learned; then nothing is denied.
    pub(super) lessons: Option<Lessons>,
}

impl Network {
    /// A way out that is open to what rules allow, or to everything, where it is to be learned what
    /// functions need. What goes on beside them runs on the threads of `elsewhere`.
    pub(in crate::sandbox) fn new(learns: bool, elsewhere: Handle) -> Self {
        Self {
            pool: Arc::new(Pool::new(elsewhere)),
            places: Arc::new(Semaphore::new(limits::OUTBOUND_REQUESTS_MAX)),
            lookups: Arc::new(Semaphore::new(limits::OUTBOUND_LOOKUPS_MAX)),
            trust: Trust::default(),
            lessons: learns.then(Lessons::default),
        }
    }

    /// The function of `version`, where it is to be learned what it needs.
    pub(in crate::sandbox) fn learner(&self, version: &Version) -> Option<FunctionName> {
        self.lessons.as_ref().map(|_| version.function.clone())
    }

    /// What the log of a function is to be told of the rules that it needs, where there is news.
    pub(in crate::sandbox) fn news_for(&self, function: &FunctionName) -> Option<String> {
        self.lessons.as_ref()?.news_for(function)
    }

    /// The rules that functions need, as far as they were learned.
    pub(in crate::sandbox) fn learned(&self) -> Vec<(FunctionName, Vec<String>)> {
        let lessons = self.lessons.as_ref();
        lessons.map(Lessons::all).unwrap_or_default()
    }
}
