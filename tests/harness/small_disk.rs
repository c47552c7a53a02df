//! A file system that is small, and can be filled to the last byte: memory that is mounted in a namespace of its own,
//! which takes no rights.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::Server;
use crate::server::{cleaned, program};

/// Mounts memory on `$1`, and keeps it for as long as somebody keeps its stdin open.
const HOLD: &str =
    r#"mount -t tmpfs -o "size=$2,mode=0755" tmpfs "$1" && echo mounted && exec cat"#;

/// A small file system. It is gone when this is dropped.
#[derive(Debug)]
pub struct SmallDisk {
    folder: TempDir,
    /// Lives in the namespace.
    holder: Child,
}

impl SmallDisk {
    /// A file system of so many bytes.
    ///
    /// # Panics
    /// Where this machine has no namespaces for its users, or lacks the programs that make them.
    #[track_caller]
    pub fn new(bytes: u64) -> Self {
        let folder = tempfile::tempdir().expect("make a temporary folder");
        let mut holder = Command::new("unshare")
            .args([
                "--user",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                HOLD,
                "sh",
            ])
            .arg(folder.path())
            .arg(bytes.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("run `unshare`, which is part of util-linux");
        let mut said = String::new();
        let stdout = holder.stdout.as_mut().expect("its stdout");
        BufReader::new(stdout)
            .read_line(&mut said)
            .expect("what it says");
        assert_eq!(
            said, "mounted\n",
            "no small file system could be mounted in a namespace: users must be let make namespaces \
             (kernel.unprivileged_userns_clone, user.max_user_namespaces)"
        );
        Self { folder, holder }
    }

    /// A server that has its data directory there; returns when it listens.
    #[track_caller]
    pub fn serve(&self, arguments: &[&str]) -> Server {
        let target = self.holder.id().to_string();
        let mut command = cleaned(Command::new("nsenter"));
        command
            .args([
                "--preserve-credentials",
                "--user",
                "--mount",
                "--target",
                &target,
                "--",
            ])
            .arg(program())
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(self.folder.path().join("data"))
            .args(arguments);
        Server::of(&mut command)
    }

    /// A file there, as this process sees it.
    fn path(&self, name: &str) -> PathBuf {
        let inside = self.folder.path().strip_prefix("/").expect("a whole path");
        PathBuf::from(format!("/proc/{}/root", self.holder.id()))
            .join(inside)
            .join(name)
    }

    /// Fills it with the file `filler`.
    #[track_caller]
    pub fn fill(&self) {
        let mut filler = File::create(self.path("filler")).expect("make a file");
        let piece = [7; 4_096];
        loop {
            match filler.write(&piece) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => panic!("the disk cannot be filled: {error}"),
            }
        }
        let filled = filler.metadata().expect("its size").len();
        assert!(filled > 0, "there was nothing to fill");
    }

    /// Removes what it was filled with.
    #[track_caller]
    pub fn empty(&self) {
        fs::remove_file(self.path("filler")).expect("remove the file");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}
