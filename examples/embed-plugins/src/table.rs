//! What the plugins did, for people.

use crate::pipeline::Step;

/// Longest text of a cell, in characters.
const CELL_CHARS_MAX: usize = 72;

/// A line for each plugin: what became of it, what it cost, and what it said last.
pub(crate) fn render(steps: &[Step]) -> String {
    let mut table = format!(
        "{:<12} {:>9} {:>10}  {}\n",
        "PLUGIN", "TIME", "MEMORY", "WHAT BECAME OF IT, AND ITS LAST WORDS"
    );
    for step in steps {
        let outcome = step.failure.as_deref().unwrap_or("ok");
        table += &format!(
            "{:<12} {:>6.1} ms {:>7} KB  {}\n",
            step.plugin,
            step.report.duration.as_secs_f64() * 1_000.0,
            step.report.memory_bytes_peak / 1024,
            cell(outcome),
        );
        let log = step.report.log_text();
        if let Some(words) = log.lines().rfind(|line| says_something(line)) {
            table += &format!("{:<34} \u{201c}{}\u{201d}\n", "", cell(words));
        }
    }
    table
}

/// Rust's advice below a panic is for whoever wrote the plugin.
fn says_something(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with("note: run with ")
}

/// A text of a stranger's, fit for a terminal: short, and without control characters.
fn cell(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().take(CELL_CHARS_MAX).map(plain).collect()
}
