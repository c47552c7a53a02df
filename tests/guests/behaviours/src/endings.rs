//! Behaviours that never answer.

use std::hint::black_box;

use serde_json::{Value, json};

pub(crate) fn spin() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

pub(crate) fn overflow_the_stack() -> Value {
    json!(descend(1))
}

/// No tail call: what comes after the inner call needs this frame.
#[expect(
    unconditional_recursion,
    reason = "to fill the stack is what it is for"
)]
fn descend(depth: u64) -> u64 {
    let frame = black_box([depth; 32]);
    let below = descend(black_box(depth + 1));
    below.wrapping_add(black_box(frame)[0])
}

pub(crate) async fn wait_for_ever() -> ! {
    std::future::pending().await
}

#[cfg(target_arch = "wasm32")]
pub(crate) fn trap() -> ! {
    std::arch::wasm32::unreachable()
}

#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn trap() -> ! {
    std::process::abort()
}
