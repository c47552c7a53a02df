//! What an invocation costs inside one process, whole and stage by stage.
//!
//! ```text
//! cargo bench --profile dist -p sparkler-bench --bench stages    microseconds, and instructions where valgrind is there
//! … -- instructions                                              instructions only
//! ```
//!
//! The profile is that of the product as it is published. Each of them ends with lines for programs: a heading, then a name, a tab and figures.

mod calls;
mod counted;
mod echo;
mod instructions;
mod signed;
mod stage;
mod timed;
mod web;

use std::path::Path;

#[global_allocator]
static ALLOCATOR: sparkler_cli::Allocator = sparkler_cli::Allocator;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["instructions", ..] => instructions::show(),
        [counted::MODE, folder, ..] => counted::run(Path::new(folder)),
        _ => timed::show(),
    }
}
