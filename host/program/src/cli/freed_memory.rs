//! Memory that was freed goes back to the system.
//!
//! The allocator does that a second after it was freed, when somebody allocates. So a host that falls idle behind a flood
//! would keep all that the flood took, for as long as it is idle; and where others have set it a bound, that counts.

use std::thread;

use anyhow::Context as _;

use crate::limits::FREED_MEMORY_KEPT_MAX;

/// Gives back what is free, from now on, for as long as this process runs.
pub(super) fn give_back() -> anyhow::Result<()> {
    let giving = thread::Builder::new().name("sparkler-memory".into());
    giving
        .spawn(|| {
            loop {
                thread::sleep(FREED_MEMORY_KEPT_MAX);
                collect();
            }
        })
        .context("no thread can be started that gives memory back")?;
    Ok(())
}

/// All that no thread has, and what the calling one keeps of its own for the next time.
#[expect(
    unsafe_code,
    reason = "the allocator is asked by a function of C, and its bindings have no other"
)]
pub(super) fn collect() {
    // SAFETY: it takes no pointer, and may be called at any time, from any thread.
    unsafe { libmimalloc_sys::mi_collect(true) };
}
