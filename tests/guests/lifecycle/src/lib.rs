//! A guest that does something before its first event, and says what that was.
//!
//! The variable `INIT` says what: `work` (for about half a second where nothing is optimized away), `fail`,
//! `panic`, `spin`, `hoard` (more memory than any function of the tests has), or nothing of these.
//! `AFTER_RESTORE` may be `fail` or `panic`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a guest prints is its log"
)]

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use serde_json::{Value, json};
use sparkler_guest::{Error, FunctionError, handler};

static STATE: Mutex<Option<State>> = Mutex::new(None);

/// What was done before the first event.
struct State {
    inits: u32,
    restores: u32,
    drawn: String,
    redrawn: Option<String>,
    initialized_as: String,
    started: Instant,
    at: SystemTime,
    table: HashMap<u64, u64>,
}

fn with_state<T>(use_it: impl FnOnce(&mut Option<State>) -> T) -> T {
    use_it(&mut STATE.lock().unwrap_or_else(PoisonError::into_inner))
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

fn drawn() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the host gives random bytes");
    format!("{:032x}", u128::from_be_bytes(bytes))
}

fn init() -> Result<(), FunctionError> {
    println!("initializing");
    let initialized_as = variable("AWS_LAMBDA_INITIALIZATION_TYPE");
    match variable("INIT").as_str() {
        "fail" => return Err(FunctionError::new("NoTable", "the table is empty")),
        "panic" => panic!("the table is on fire"),
        "spin" => loop {
            black_box(());
        },
        "hoard" => drop(black_box(vec![1_u8; 1 << 30])),
        _ => {}
    }
    let rows = match variable("INIT").as_str() {
        "work" => 2_000_000,
        _ => 100,
    };
    let table = (0..rows).map(|n: u64| (n, n.wrapping_mul(n))).collect();
    with_state(|state| {
        *state = Some(State {
            inits: state.as_ref().map_or(0, |state| state.inits) + 1,
            restores: 0,
            drawn: drawn(),
            redrawn: None,
            initialized_as,
            started: Instant::now(),
            at: SystemTime::now(),
            table,
        });
    });
    eprint!("initialized");
    Ok(())
}

fn after_restore() -> Result<(), Error> {
    match variable("AFTER_RESTORE").as_str() {
        "fail" => return Err("there are no secrets".into()),
        "panic" => panic!("there are no secrets at all"),
        _ => {}
    }
    println!("restored");
    with_state(|state| {
        if let Some(state) = state {
            state.restores += 1;
            state.redrawn = Some(drawn());
        }
    });
    Ok(())
}

#[handler(init = init, after_restore = after_restore)]
fn handle(event: Value) -> Result<Value, Error> {
    println!("handling");
    with_state(|state| {
        let state = state.as_ref().ok_or("nothing was initialized")?;
        Ok(json!({
            "event": event,
            "inits": state.inits,
            "restores": state.restores,
            "drawn": state.drawn,
            "redrawn": state.redrawn,
            "fresh": drawn(),
            "initialized_as": state.initialized_as,
            "clock_goes_on": Instant::now() >= state.started && SystemTime::now() >= state.at,
            "rows": state.table.len(),
            "row": state.table.get(&7),
        }))
    })
}
