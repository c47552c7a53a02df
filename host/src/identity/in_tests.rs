//! Files of keys for tests.

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use crate::domain::policy::{Document, PolicyError};

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
        // Whatever the tests are not to allow others by default.
        let mode = Permissions::from_mode(mode);
        file.set_permissions(mode).expect("its mode");
        fs::rename(new, self.0.path().join(name)).expect("renamed");
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("keys.toml")
    }
}

/// A policy of any name that allows everything.
pub(crate) fn everything(
    name: &str,
    _: Option<&[String]>,
) -> Option<Result<Arc<Document>, PolicyError>> {
    let text =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    (name == "admin").then(|| Document::identity(text).map(Arc::new))
}
