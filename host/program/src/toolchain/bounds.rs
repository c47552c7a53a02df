//! What this process may take of its system, and what programs of others get that it starts.
//!
//! A server takes as many descriptors as it may and no huge pages. A process hands both on to those that it starts, and
//! they change how others' tools behave: some go through all descriptors that there could be, and what allocates much is
//! slower without huge pages. So those tools are born with what this process was given.

use std::io;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{disable_transparent_huge_pages, transparent_huge_pages_are_disabled};

/// What this process was given, once it has taken something else. The bounds are the process's, whichever thread
/// changes them.
static GIVEN: Mutex<Option<Bounds>> = Mutex::new(None);

#[derive(Clone, Copy)]
struct Bounds {
    /// Descriptors: each connection is one.
    descriptors: Rlimit,
    /// Whether memory is taken page by page, as it is used. Otherwise the first byte of what was only set aside, as for
    /// the body of a request, takes two megabytes.
    has_small_pages: bool,
}

impl Bounds {
    fn of_this_process() -> Self {
        Self {
            descriptors: getrlimit(Resource::Nofile),
            // A kernel that does not tell of them changes nothing about them either.
            has_small_pages: transparent_huge_pages_are_disabled().unwrap_or(true),
        }
    }

    /// Those of a server whose process was given these: systems start programs with a limit on descriptors that suits
    /// those which know no more than so many.
    fn of_server(self) -> Self {
        Self {
            descriptors: Rlimit {
                current: self.descriptors.maximum,
                ..self.descriptors
            },
            has_small_pages: true,
        }
    }

    /// Makes this process have them.
    fn apply(self) {
        if let Err(error) = setrlimit(Resource::Nofile, self.descriptors) {
            tracing::debug!(%error, "the limit on open files could not be changed");
        }
        // For the whole process, since the allocator and the system's settings would each give some.
        if let Err(error) = disable_transparent_huge_pages(self.has_small_pages) {
            tracing::debug!(%error, "huge pages could not be switched");
        }
    }
}

/// Takes for this process what a server needs.
pub fn take_for_server() {
    given()
        .get_or_insert_with(Bounds::of_this_process)
        .of_server()
        .apply();
}

/// Starts a program of others, with what this process was given. Whatever else needs a descriptor at that moment has no
/// more of them either.
pub(super) fn start(command: &mut Command) -> io::Result<Child> {
    let given = given();
    let Some(bounds) = *given else {
        return command.spawn();
    };
    bounds.apply();
    let started = command.spawn();
    bounds.of_server().apply();
    started
}

fn given() -> MutexGuard<'static, Option<Bounds>> {
    GIVEN.lock().unwrap_or_else(PoisonError::into_inner)
}
