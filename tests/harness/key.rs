//! A key of who may call, as `sparkler keys` prints it.

use std::process::Command;

use crate::server::Ended;

/// A key.
#[derive(Clone, Debug)]
pub struct Key {
    pub id: String,
    pub secret: String,
}

impl Key {
    /// The key that a command has made.
    ///
    /// # Panics
    /// Where it has made none.
    #[track_caller]
    pub fn printed(ended: &Ended) -> Self {
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let value = |name: &str| {
            let mut lines = ended.stdout.lines();
            let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            found.expect("a variable").to_owned()
        };
        Self {
            id: value("AWS_ACCESS_KEY_ID"),
            secret: value("AWS_SECRET_ACCESS_KEY"),
        }
    }

    /// Has `command` sign with it.
    pub fn sign<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("AWS_ACCESS_KEY_ID", &self.id)
            .env("AWS_SECRET_ACCESS_KEY", &self.secret)
    }
}
