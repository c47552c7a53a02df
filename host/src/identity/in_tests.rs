//! Files of keys for tests.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use crate::domain::policy::Document;

/// A file of keys in a folder of its own.
pub(crate) struct Written(TempDir);

impl Written {
    pub(crate) fn of(text: &str) -> Self {
        let written = Self(tempfile::tempdir().expect("a folder"));
        written.write("keys.toml", text, 0o600);
        written
    }

    /// The same, with another file beside it.
    pub(crate) fn with(text: &str, name: &str, other: &str) -> Self {
        let written = Self::of(text);
        written.write(name, other, 0o644);
        written
    }

    /// Puts a file beside it, or another in its place.
    pub(crate) fn write(&self, name: &str, text: &str, mode: u32) {
        let new = self.0.path().join("new");
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&new)
            .expect("a file");
        file.write_all(text.as_bytes()).expect("written");
        fs::rename(new, self.0.path().join(name)).expect("renamed");
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("keys.toml")
    }
}

/// A policy of any name that allows everything.
pub(crate) fn everything(name: &str, _: Option<&[String]>) -> Option<Arc<Document>> {
    let text =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let document = Document::identity(text).expect("a policy");
    (name == "admin").then(|| Arc::new(document))
}
