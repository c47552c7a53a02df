//! How many requests were answered, by operation and class of status.
//!
//! Every request is counted, so no two cores may wait for each other here: each thread counts in a place of
//! its own, and who reads adds the places up.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use http::StatusCode;

use super::operations::Operation;

/// What requests are told apart by, beside what they ask for.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Operations, and what is none of them.
const KINDS: usize = Operation::ALL.len() + 1;

/// The requests that a host has answered.
#[derive(Debug)]
pub(crate) struct RequestCounts {
    /// One for each thread that serves; with more threads than that, some share one.
    places: Box<[Place]>,
}

/// The counts of one thread, apart from those of others in the caches of the cores.
#[derive(Debug)]
#[repr(align(128))]
struct Place([[AtomicU64; CLASSES.len()]; KINDS]);

/// How many requests of one kind there were.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Count {
    /// `None` for what is no operation of this host.
    pub(super) operation: Option<Operation>,
    /// Such as `2xx`.
    pub(super) class: &'static str,
    pub(super) requests: u64,
}

impl Default for RequestCounts {
    fn default() -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let place = |_| Place([const { [const { AtomicU64::new(0) }; CLASSES.len()] }; KINDS]);
        Self {
            places: (0..threads).map(place).collect(),
        }
    }
}

impl RequestCounts {
    /// Counts an answer.
    pub(super) fn count(&self, operation: Option<Operation>, status: StatusCode) {
        let place = &self.places[this_thread() % self.places.len()];
        let class = usize::from(status.as_u16() / 100).clamp(1, CLASSES.len()) - 1;
        place.0[kind(operation)][class].fetch_add(1, Ordering::Relaxed);
    }

    /// What was counted, in the order of the operations; what never happened is left out.
    pub(super) fn all(&self) -> Vec<Count> {
        let operations = Operation::ALL.iter().copied().map(Some).chain([None]);
        let counts = operations.flat_map(|operation| {
            CLASSES.into_iter().enumerate().map(move |(at, class)| {
                let of_thread =
                    |place: &Place| place.0[kind(operation)][at].load(Ordering::Relaxed);
                Count {
                    operation,
                    class,
                    requests: self.places.iter().map(of_thread).sum(),
                }
            })
        });
        counts.filter(|count| count.requests > 0).collect()
    }
}

fn kind(operation: Option<Operation>) -> usize {
    operation.map_or(KINDS - 1, |operation| operation as usize)
}

/// A number of this thread's own.
fn this_thread() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_threads_counted_is_added_up() {
        let counts = RequestCounts::default();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    counts.count(Some(Operation::Invoke), StatusCode::OK);
                    counts.count(Some(Operation::Invoke), StatusCode::TOO_MANY_REQUESTS);
                    counts.count(None, StatusCode::NOT_FOUND);
                });
            }
        });
        counts.count(Some(Operation::DownloadPackage), StatusCode::OK);
        let counted = counts.all().into_iter();
        let counted: Vec<_> = counted
            .map(|count| (count.operation, count.class, count.requests))
            .collect();
        let expected = [
            (Some(Operation::Invoke), "2xx", 4),
            (Some(Operation::Invoke), "4xx", 4),
            (Some(Operation::DownloadPackage), "2xx", 1),
            (None, "4xx", 4),
        ];
        assert_eq!(counted, expected);
    }

    #[test]
    fn a_status_of_a_functions_own_is_counted_too() {
        let counts = RequestCounts::default();
        let status = StatusCode::from_u16(999).expect("a status");
        counts.count(Some(Operation::InvokeFunctionUrl), status);
        assert_eq!(counts.all()[0].class, "5xx");
    }
}
