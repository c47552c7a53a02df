//! The way out of a host: what all guests share of it.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::lessons::{FunctionLessons, Lessons};
use super::pool::Pool;
use super::trust::Trust;
use crate::domain::{FunctionName, Version};
use crate::limits;

/// Connections, the threads that look up names, and whom to trust.
pub(in crate::sandbox) struct Network {
    pub(super) pool: Pool,
    pub(super) places: Arc<Semaphore>,
    pub(super) lookups: Arc<Semaphore>,
    pub(super) trust: Arc<Trust>,
    /// What functions need, where that is to be learned; then nothing is denied.
    pub(super) lessons: Option<Arc<Lessons>>,
}

impl Network {
    /// A way out that is open to what rules allow, or to everything, where it is to be learned what
    /// functions need. What goes on beside them runs on the threads of `elsewhere`.
    pub(in crate::sandbox) fn new(learns: bool, elsewhere: Handle) -> Self {
        Self {
            pool: Pool::new(elsewhere),
            places: Arc::new(Semaphore::new(limits::OUTBOUND_REQUESTS_MAX)),
            lookups: Arc::new(Semaphore::new(limits::OUTBOUND_LOOKUPS_MAX)),
            trust: Arc::default(),
            lessons: learns.then(Arc::default),
        }
    }

    /// A way out beside this one, within the same bounds, whose connections are its own.
    pub(in crate::sandbox) fn beside(&self, elsewhere: Handle) -> Self {
        Self {
            pool: Pool::new(elsewhere),
            places: Arc::clone(&self.places),
            lookups: Arc::clone(&self.lookups),
            trust: Arc::clone(&self.trust),
            lessons: self.lessons.is_some().then(Arc::default),
        }
    }

    /// What the function of `version` needs, where that is to be learned.
    pub(in crate::sandbox) fn lessons_for(&self, version: &Version) -> Option<FunctionLessons> {
        self.lessons.as_ref().map(|lessons| FunctionLessons {
            function: version.function.clone(),
            lessons: Arc::clone(lessons),
        })
    }

    /// The rules that functions need, as far as they were learned.
    pub(in crate::sandbox) fn learned(&self) -> Vec<(FunctionName, Vec<String>)> {
        let lessons = self.lessons.as_ref();
        lessons.map(|lessons| lessons.all()).unwrap_or_default()
    }
}
