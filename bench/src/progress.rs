//! What is told while a run goes on, on stderr: the result alone is on stdout.

/// Tells what is being done.
#[expect(
    clippy::print_stderr,
    reason = "a run takes minutes: this tells how far it has come"
)]
pub(crate) fn say(what: impl std::fmt::Display) {
    eprintln!("{what}");
}
