//! A guest that does what its event says, good or bad: `{"do": "sleep", "ms": 10}`.
//!
//! The tests of the host build it once and drive every behaviour of a guest with it. The
//! modules sort the behaviours: `answers` are harmless, `resources` use what the host bounds,
//! `endings` never answer, and `outside` reaches for what a sandbox does not have.

mod answers;
mod endings;
mod outside;
mod resources;

use serde::Deserialize;
use serde_json::Value;
use sparkler_guest::{Context, FunctionError, handler};

/// What to do.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Behaviour {
    /// Answers with `event`.
    Echo {
        /// Any JSON.
        event: Value,
    },
    /// Answers with a JSON string of this many bytes, its two quotes included.
    Respond {
        /// At least 2.
        bytes: usize,
    },
    /// Fails with this error.
    Fail {
        /// Its `errorType`.
        #[serde(rename = "type")]
        error_type: String,
        /// Its `errorMessage`.
        message: String,
    },
    /// Answers with every environment variable, as an object.
    Environment,
    /// Answers with every member of the context, as an object.
    Context,
    /// Answers with how often this sandbox was asked this: 1 in a fresh one.
    Remember,
    /// Answers with the time of the wall clock, `{"unix_ms": N}`.
    Clock,
    /// Writes lines and answers with how many bytes that were, `{"written": N}`.
    Print {
        /// Where to.
        #[serde(default)]
        stream: Stream,
        /// How many lines; each starts with `line N `, counted from 1.
        #[serde(default = "one")]
        lines: u64,
        /// Bytes of each line, its end included; a line is never shorter than its start.
        #[serde(default)]
        bytes: usize,
    },
    /// Begins a line on stdout without ending it, and answers with `null`.
    Murmur {
        /// What it says.
        text: String,
    },
    /// Allocates, writes to every page, and answers with `{"allocated_mb": N}`.
    Allocate {
        /// How much, in MB of 1,048,576 bytes.
        mb: usize,
        /// Whether a refusal is an error of the type `OutOfMemory` instead of the end.
        #[serde(default)]
        gently: bool,
    },
    /// Draws random bytes and answers with their number and the first 16 of them in hexadecimal.
    Random {
        /// How many.
        bytes: usize,
    },
    /// Sleeps, then answers with `{"slept_ms": N}`.
    Sleep {
        /// How long.
        ms: u64,
    },
    /// Computes for ever.
    Spin,
    /// Calls itself until the stack is full.
    StackOverflow,
    /// Awaits what never comes.
    Await,
    /// Panics.
    Panic {
        /// What it says.
        message: String,
    },
    /// Ends its process.
    Exit {
        /// The exit status; WASI only knows whether it is 0.
        code: i32,
    },
    /// Executes `unreachable`, without a word.
    Trap,
    /// Reads a file and answers with `{"bytes": N}`, or fails with `std::io::Error`.
    OpenFile {
        /// Where it would be.
        path: String,
    },
    /// Writes a file and answers with `{"bytes": N}`, or fails with `std::io::Error`.
    WriteFile {
        /// Where it would be.
        path: String,
        /// How much.
        bytes: usize,
    },
    /// Connects by TCP and answers with `{"peer": ADDRESS}`, or fails with `std::io::Error`.
    Connect {
        /// Host, name or address, and port.
        address: String,
    },
}

/// One of the two streams of the log.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    /// Standard output.
    #[default]
    Stdout,
    /// Standard error.
    Stderr,
}

fn one() -> u64 {
    1
}

/// Does what the event says.
#[handler]
pub async fn behave(behaviour: Behaviour, context: Context) -> Result<Value, FunctionError> {
    match behaviour {
        Behaviour::Echo { event } => Ok(event),
        Behaviour::Respond { bytes } => Ok(answers::text_of(bytes)),
        Behaviour::Fail {
            error_type,
            message,
        } => Err(FunctionError::new(error_type, message)),
        Behaviour::Environment => Ok(answers::environment()),
        Behaviour::Context => Ok(answers::context(&context)),
        Behaviour::Remember => Ok(answers::remember()),
        Behaviour::Clock => Ok(answers::clock()),
        Behaviour::Print {
            stream,
            lines,
            bytes,
        } => Ok(resources::print(stream, lines, bytes)?),
        Behaviour::Murmur { text } => Ok(resources::murmur(&text)),
        Behaviour::Allocate { mb, gently } => resources::allocate(mb, gently),
        Behaviour::Random { bytes } => resources::random(bytes),
        Behaviour::Sleep { ms } => Ok(resources::sleep(ms)),
        Behaviour::Spin => endings::spin(),
        Behaviour::StackOverflow => Ok(endings::overflow_the_stack()),
        Behaviour::Await => endings::wait_for_ever().await,
        Behaviour::Panic { message } => panic!("{message}"),
        Behaviour::Exit { code } => std::process::exit(code),
        Behaviour::Trap => endings::trap(),
        Behaviour::OpenFile { path } => Ok(outside::open_file(&path)?),
        Behaviour::WriteFile { path, bytes } => Ok(outside::write_file(&path, bytes)?),
        Behaviour::Connect { address } => Ok(outside::connect(&address)?),
    }
}
