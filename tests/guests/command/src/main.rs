//! A program that does what its stdin says: a JSON object whose member `do` names it.
//!
//! It is an ordinary program: it reads stdin to its end, writes to stdout and stderr, and has an exit
//! status.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use serde_json::{Value, json};

fn main() -> ExitCode {
    let mut event = Vec::new();
    let read = std::io::stdin().read_to_end(&mut event);
    read.expect("read stdin to its end");
    let asked: Value = serde_json::from_slice(&event).unwrap_or_default();
    let number = || {
        let number = asked["number"].as_u64().expect("a number");
        usize::try_from(number).expect("a number that fits")
    };
    match asked["do"].as_str() {
        None => write(&event),
        Some("arguments") => write(
            json!(std::env::args().collect::<Vec<_>>())
                .to_string()
                .as_bytes(),
        ),
        Some("variable") => {
            let name = asked["name"].as_str().expect("a name");
            write(json!(std::env::var(name).ok()).to_string().as_bytes());
        }
        Some("text") => write(asked["text"].as_str().expect("a text").as_bytes()),
        Some("bytes") => write(&[0xff, 0xfe, 0]),
        Some("log") => {
            say("to the log");
            write(b"\"to the caller\"");
        }
        Some("nothing") => {}
        Some("exit") => {
            write(b"\"before the exit\"");
            std::process::exit(i32::try_from(number()).expect("a status"));
        }
        Some("fail") => {
            say("it went wrong");
            return ExitCode::FAILURE;
        }
        Some("panic") => panic!("as it was told"),
        Some("fill") => {
            for _ in 0..number() {
                write(&[b'x'; 1024]);
            }
        }
        Some("endless") => loop {
            write(&[b'x'; 1024]);
        },
        Some("spin") => loop {
            std::hint::spin_loop();
        },
        Some("allocate") => {
            let bytes = vec![1_u8; number()];
            write(bytes.len().to_string().as_bytes());
        }
        Some(other) => panic!("there is no '{other}'"),
    }
    ExitCode::SUCCESS
}

#[expect(clippy::print_stderr, reason = "the log of a command is its stderr")]
fn say(text: &str) {
    eprintln!("{text}");
}

fn write(bytes: &[u8]) {
    let mut stdout = std::io::stdout();
    stdout.write_all(bytes).expect("write to stdout");
    stdout.flush().expect("flush stdout");
}
