//! A guest that does with files what its event says, and answers with what came of each step:
//! `{"steps": [{"do": "write", "path": "/tmp/a", "text": "b"}, {"do": "read", "path": "/tmp/a"}]}`.
//!
//! A step that failed has the kind of its error: `{"error": "NotFound"}`.

mod configuration;
mod links;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::time::{Duration, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::{Value, json};
use sparkler_guest::{FunctionError, handler};

/// What to do, and how to end.
#[derive(Debug, Deserialize)]
pub struct Work {
    /// One after the other.
    pub steps: Vec<Step>,
    /// What happens after the last step, in the place of an answer.
    pub end: Option<End>,
}

/// An end without an answer.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// A panic.
    Panic,
    /// No end at all.
    Spin,
}

/// One thing to do.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Step {
    /// Makes a file with this text, or makes it that.
    Write {
        /// Which file.
        path: String,
        /// What it holds.
        text: String,
    },
    /// Makes a file of so many bytes, and answers with how many it has in the end.
    Fill {
        /// Which file.
        path: String,
        /// How many.
        bytes: usize,
    },
    /// Appends to a file that is there.
    Append {
        /// Which file.
        path: String,
        /// What comes behind its end.
        text: String,
    },
    /// Answers with the text of a file.
    Read {
        /// Which file.
        path: String,
    },
    /// Answers with how many bytes a file has.
    Size {
        /// Which file.
        path: String,
    },
    /// Makes a file as long as this.
    SetSize {
        /// Which file.
        path: String,
        /// How many bytes.
        bytes: u64,
    },
    /// Sets the time of its last change, in seconds, and answers with what it is then.
    Touch {
        /// Which file.
        path: String,
        /// Since 1970.
        seconds: u64,
    },
    /// Answers with the names in a folder, sorted; those of folders end in `/`.
    List {
        /// Which folder.
        path: String,
    },
    /// Makes a folder.
    MakeFolder {
        /// Its path.
        path: String,
    },
    /// Makes so many folders in each other, below a folder.
    MakeDeep {
        /// Where the first is made.
        path: String,
        /// How many.
        folders: usize,
    },
    /// Removes a folder that is empty.
    RemoveFolder {
        /// Its path.
        path: String,
    },
    /// Removes a folder with all that is in it.
    RemoveAll {
        /// Its path.
        path: String,
    },
    /// Removes a file.
    Remove {
        /// Its path.
        path: String,
    },
    /// Gives a file or folder another name.
    Rename {
        /// Its path.
        from: String,
        /// What that becomes.
        to: String,
    },
    /// Gives a file a second name.
    Link {
        /// Its path.
        from: String,
        /// The second one.
        to: String,
    },
    /// Makes a symbolic link.
    Symlink {
        /// What it points to.
        target: String,
        /// Its path.
        path: String,
    },
    /// Answers with what a symbolic link points to.
    ReadLink {
        /// Its path.
        path: String,
    },
    /// Keeps so many files open, and answers with how many it got.
    KeepOpen {
        /// A file that is there.
        path: String,
        /// How many times it is opened.
        files: usize,
    },
    /// Answers with an environment variable.
    Variable {
        /// Which.
        name: String,
    },
    /// Answers with a value of `wasi:config`.
    Configuration {
        /// Its key.
        key: String,
    },
    /// Answers with all of `wasi:config`.
    WholeConfiguration,
    /// Writes to the log, and flushes after each piece.
    Print {
        /// The pieces.
        pieces: Vec<String>,
    },
}

/// Does what the event says.
#[handler]
pub fn act(work: Work) -> Result<Value, FunctionError> {
    let answers = work.steps.into_iter().map(|step| match step.act() {
        Ok(answer) => answer,
        Err(error) => json!({ "error": kind(&error) }),
    });
    let answers = answers.collect();
    match work.end {
        None => Ok(answers),
        Some(End::Panic) => panic!("as told"),
        Some(End::Spin) => loop {
            std::hint::spin_loop();
        },
    }
}

impl Step {
    fn act(self) -> io::Result<Value> {
        match self {
            Self::Write { path, text } => done(fs::write(path, text)),
            Self::Fill { path, bytes } => fill(&path, bytes),
            Self::Append { path, text } => {
                let mut file = OpenOptions::new().append(true).open(path)?;
                done(file.write_all(text.as_bytes()))
            }
            Self::Read { path } => Ok(fs::read_to_string(path)?.into()),
            Self::Size { path } => Ok(fs::metadata(path)?.len().into()),
            Self::SetSize { path, bytes } => {
                done(OpenOptions::new().write(true).open(path)?.set_len(bytes))
            }
            Self::Touch { path, seconds } => touch(&path, seconds),
            Self::List { path } => list(&path),
            Self::MakeFolder { path } => done(fs::create_dir(path)),
            Self::MakeDeep { path, folders } => make_deep(&path, folders),
            Self::RemoveFolder { path } => done(fs::remove_dir(path)),
            Self::RemoveAll { path } => done(fs::remove_dir_all(path)),
            Self::Remove { path } => done(fs::remove_file(path)),
            Self::Rename { from, to } => done(fs::rename(from, to)),
            Self::Link { from, to } => done(fs::hard_link(from, to)),
            Self::Symlink { target, path } => done(links::symlink(&target, &path)),
            Self::ReadLink { path } => Ok(fs::read_link(path)?.to_string_lossy().into()),
            Self::KeepOpen { path, files } => {
                let open: Vec<File> = (0..files).map_while(|_| File::open(&path).ok()).collect();
                Ok(open.len().into())
            }
            Self::Variable { name } => Ok(std::env::var(name).ok().into()),
            Self::Configuration { key } => Ok(configuration::value(&key).into()),
            Self::WholeConfiguration => Ok(configuration::all()),
            Self::Print { pieces } => print(&pieces),
        }
    }
}

/// The kind as the standard library names it; it does not know this one on WASI yet.
fn kind(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::ENOTEMPTY) => "DirectoryNotEmpty".into(),
        _ => format!("{:?}", error.kind()),
    }
}

fn done(result: io::Result<()>) -> io::Result<Value> {
    result.map(|()| Value::Null)
}

fn fill(path: &str, bytes: usize) -> io::Result<Value> {
    let mut file = File::create(path)?;
    let piece = vec![b'x'; 1024 * 1024];
    let mut rest = bytes;
    while rest > 0 {
        let count = rest.min(piece.len());
        file.write_all(&piece[..count])?;
        rest -= count;
    }
    Ok(file.metadata()?.len().into())
}

fn touch(path: &str, seconds: u64) -> io::Result<Value> {
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds))?;
    let modified = fs::metadata(path)?.modified()?;
    let since_epoch = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(since_epoch.as_secs().into())
}

fn list(path: &str) -> io::Result<Value> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let mut name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            name.push('/');
        }
        names.push(name);
    }
    names.sort();
    Ok(names.into())
}

/// Each is moved into the next, so that no path is longer than two names.
fn make_deep(path: &str, folders: usize) -> io::Result<Value> {
    let [inner, outer] = ["inner", "outer"].map(|name| format!("{path}/{name}"));
    fs::create_dir(&inner)?;
    for _ in 1..folders {
        fs::create_dir(&outer)?;
        fs::rename(&inner, format!("{outer}/inner"))?;
        fs::rename(&outer, &inner)?;
    }
    Ok(Value::Null)
}

fn print(pieces: &[String]) -> io::Result<Value> {
    let mut stdout = io::stdout().lock();
    for piece in pieces {
        stdout.write_all(piece.as_bytes())?;
        stdout.flush()?;
    }
    Ok(Value::Null)
}
