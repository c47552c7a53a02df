//! What a guest can do in its folders, and what it costs it.

mod package;
mod walls;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use rustix::io::Errno;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

use super::open_file::OpenFile;
use super::open_folder::{OpenFolder, Opened};
use super::opening::Opening;
use super::places::GuestFiles;
use super::tmp_space::Amount;
use super::*;
use crate::domain::{FolderAccess, Lock};
use crate::sandbox::memory::budget::tests::budget_of;
use crate::sandbox::vitals::Vitals;
use crate::storage::{DataDir, TmpFolders};

const MB: u64 = 1024 * 1024;

fn vitals_of(bytes: u64) -> Arc<Vitals> {
    Arc::new(Vitals::new(budget_of(bytes)))
}

/// A host with files of one guest.
struct Bench {
    guest: Arc<GuestFiles>,
    host: Arc<HostFiles>,
    data: TempDir,
    runtime: Runtime,
}

impl Bench {
    fn new() -> Self {
        Self::giving_way(usize::MAX, || false)
    }

    /// One on whose host guests may hold so much open, and where idle ones give way like that.
    fn giving_way(open_max: usize, give_way: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        let runtime = Runtime::new().expect("threads");
        let data = tempfile::tempdir().expect("a folder");
        let data_dir = DataDir::open(data.path()).expect("opened");
        let folders = TmpFolders::in_dir(&data_dir).expect("made");
        let mut host = HostFiles::new(folders, None, runtime.handle().clone(), give_way);
        let only = Arc::get_mut(&mut host).expect("nobody else has it");
        only.open_max = only.open_max.min(open_max);
        Self {
            guest: GuestFiles::new(&host, &vitals_of(100 * MB), MB),
            host,
            data,
            runtime,
        }
    }

    fn tmp(&self) -> OpenFolder {
        OpenFolder::root(&self.guest, self.guest.tmp())
    }

    fn granted(&self, path: &Path, access: FolderAccess) -> OpenFolder {
        let dir = Dir::open_ambient_dir(path, ambient_authority()).expect("a folder");
        let mount = Mount::Granted {
            dir: Arc::new(dir),
            access,
        };
        OpenFolder::root(&self.guest, &Arc::new(mount))
    }

    fn held(&self) -> Amount {
        self.guest.tmp().tmp().expect("it is /tmp").held()
    }

    /// How many folders are there for guests on the disk.
    fn folders_made(&self) -> usize {
        let entries = fs::read_dir(self.data.path().join("tmp"));
        entries.expect("listed").count()
    }
}

fn new_file() -> Opening {
    Opening {
        create: true,
        exclusive: true,
        read: true,
        write: true,
        ..Opening::default()
    }
}

fn existing() -> Opening {
    Opening {
        follow: true,
        read: true,
        ..Opening::default()
    }
}

fn open(folder: &OpenFolder, path: &str, how: &Opening) -> std::io::Result<OpenFile> {
    match folder.open(path, how)? {
        Opened::File(file) => Ok(file),
        Opened::Folder(_) => panic!("{path} is a folder"),
    }
}

fn open_folder(folder: &OpenFolder, path: &str) -> OpenFolder {
    match folder.open(path, &existing()) {
        Ok(Opened::Folder(folder)) => folder,
        Ok(Opened::File(_)) => panic!("{path} is a file"),
        Err(error) => panic!("{path}: {error}"),
    }
}

fn make(folder: &OpenFolder, path: &str, bytes: usize) -> OpenFile {
    let file = open(folder, path, &new_file()).expect("made");
    file.write(&vec![b'x'; bytes], 0).expect("written");
    file
}

#[track_caller]
fn assert_refused<T>(result: std::io::Result<T>, errno: Errno) {
    match result {
        Ok(_) => panic!("it is not refused"),
        Err(error) => assert_eq!(Errno::from_io_error(&error), Some(errno), "{error}"),
    }
}

#[test]
fn nothing_is_made_before_it_is_used_and_nothing_is_left_after_it() {
    let bench = Bench::new();
    let tmp = bench.tmp();
    assert_eq!(bench.folders_made(), 0);
    drop(make(&tmp, "file", 1));
    assert_eq!(bench.folders_made(), 1);
    let Bench {
        guest,
        host,
        data,
        runtime,
    } = bench;
    drop((tmp, guest));
    // Waits for what is running.
    drop(runtime);
    assert_eq!(
        fs::read_dir(data.path().join("tmp"))
            .expect("listed")
            .count(),
        0
    );
    assert_eq!(host.tmp.as_ref().expect("there").held(), Amount::default());
    assert_eq!(host.open.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[test]
fn the_bound_counts_every_byte_that_a_file_seems_to_have() {
    let bench = Bench::new();
    let tmp = bench.tmp();
    let file = make(&tmp, "file", 1000);
    assert_eq!(bench.held().bytes, 1000);
    file.write(b"y", 10).expect("inside");
    assert_eq!(bench.held().bytes, 1000);
    file.write(b"y", 9_999).expect("a hole");
    assert_eq!(bench.held().bytes, 10_000);
    file.set_len(MB).expect("as large as it may be");
    assert_refused(file.append(b"y"), Errno::NOSPC);
    assert_refused(file.set_len(MB + 1), Errno::NOSPC);
    assert_refused(file.write(b"y", u64::MAX - 1), Errno::NOSPC);
    assert_refused(file.write(b"yy", u64::MAX), Errno::FBIG);
    let other = open(&tmp, "other", &new_file()).expect("a name costs no bytes");
    assert_refused(other.write(b"y", 0), Errno::NOSPC);
    file.set_len(0).expect("emptied");
    other.write(b"y", 0).expect("there is room again");
    assert_eq!(
        bench.held(),
        Amount {
            bytes: 1,
            entries: 2
        }
    );
}

#[test]
fn what_is_removed_gives_its_room_back_once_nobody_has_it_open() {
    let bench = Bench::new();
    let tmp = bench.tmp();
    drop(make(&tmp, "closed", 1000));
    tmp.remove_file("closed").expect("removed");
    assert_eq!(bench.held(), Amount::default());

    let file = make(&tmp, "open", 1000);
    let again = open(&tmp, "open", &existing()).expect("opened");
    tmp.remove_file("open").expect("removed");
    file.append(b"more").expect("it can still be written");
    assert_eq!(
        bench.held(),
        Amount {
            bytes: 1004,
            entries: 0
        }
    );
    drop(file);
    assert_eq!(bench.held().bytes, 1004);
    drop(again);
    assert_eq!(bench.held(), Amount::default());
}

#[test]
fn second_names_count_as_names_and_their_file_once() {
    let bench = Bench::new();
    let tmp = bench.tmp();
    drop(make(&tmp, "one", 1000));
    tmp.link("one", false, &tmp, "two").expect("linked");
    assert_eq!(
        bench.held(),
        Amount {
            bytes: 1000,
            entries: 2
        }
    );
    tmp.remove_file("one").expect("removed");
    assert_eq!(
        bench.held(),
        Amount {
            bytes: 1000,
            entries: 1
        }
    );
    tmp.rename("two", &tmp, "two").expect("nothing happens");
    assert_eq!(
        bench.held(),
        Amount {
            bytes: 1000,
            entries: 1
        }
    );
    drop(make(&tmp, "three", 500));
    tmp.rename("two", &tmp, "three").expect("replaced");
    assert_eq!(
        bench.held(),
        Amount {
            bytes: 1000,
            entries: 1
        }
    );
    tmp.remove_file("three").expect("removed");
    assert_eq!(bench.held(), Amount::default());
}

#[test]
fn folders_and_links_count_as_names() {
    let bench = Bench::new();
    let tmp = bench.tmp();
    tmp.create_folder("folder").expect("made");
    tmp.create_link("folder", "link").expect("made");
    tmp.create_link("missing", "dangling").expect("made");
    assert_refused(tmp.create_folder("folder"), Errno::EXIST);
    assert_eq!(bench.held().entries, 3);
    let through = Opening {
        exclusive: false,
        follow: true,
        ..new_file()
    };
    drop(open(&tmp, "dangling", &through).expect("made behind the link"));
    assert_eq!(bench.held().entries, 4);
    drop(open(&tmp, "missing", &through).expect("there already"));
    assert_eq!(bench.held().entries, 4);
    assert_refused(tmp.remove_folder("missing"), Errno::NOTDIR);
    tmp.create_folder("other").expect("made");
    tmp.rename("folder", &tmp, "other")
        .expect("an empty folder is replaced");
    assert_eq!(bench.held().entries, 4);
    tmp.remove_folder("other").expect("removed");
    for name in ["link", "dangling", "missing"] {
        tmp.remove_file(name).expect("removed");
    }
    assert_eq!(bench.held(), Amount::default());
}

#[test]
fn names_have_a_bound_and_what_is_there_can_still_be_opened() {
    let bench = Bench::new();
    let tmp = bench.tmp();
    drop(make(&tmp, "first", 1));
    for name in 1..crate::limits::TMP_ENTRIES_MAX {
        tmp.create_link("x", &name.to_string()).expect("made");
    }
    assert_refused(tmp.create_folder("one-too-many"), Errno::NOSPC);
    let create = Opening {
        exclusive: false,
        ..new_file()
    };
    assert_refused(open(&tmp, "another", &create), Errno::NOSPC);
    assert!(open(&tmp, "first", &create).is_ok());
}

#[test]
fn truncating_gives_room_back() {
    let bench = Bench::new();
    let tmp = bench.tmp();
    drop(make(&tmp, "file", 1000));
    let emptied = Opening {
        truncate: true,
        ..existing()
    };
    drop(open(&tmp, "file", &emptied).expect("opened"));
    assert_eq!(
        bench.held(),
        Amount {
            bytes: 0,
            entries: 1
        }
    );
}

#[test]
fn so_many_files_are_open_and_no_more() {
    let bench = Bench::new();
    let tmp = bench.tmp();
    drop(make(&tmp, "file", 1));
    let open_one = || open(&tmp, "file", &existing());
    let mut files: Vec<_> = (0..crate::limits::GUEST_FILES_OPEN_MAX)
        .map_while(|_| open_one().ok())
        .collect();
    assert!(!files.is_empty());
    assert!(matches!(
        open_one().map_err(|error| Errno::from_io_error(&error)),
        Err(Some(Errno::MFILE | Errno::NFILE))
    ));
    files.pop();
    assert!(open_one().is_ok());
}

#[test]
fn what_is_written_and_appended_is_read() {
    let bench = Bench::new();
    let outside = tempfile::tempdir().expect("a folder");
    for folder in [
        bench.tmp(),
        bench.granted(outside.path(), FolderAccess::ReadWrite),
    ] {
        let file = make(&folder, "file", 3);
        file.append(b"abc").expect("appended");
        file.write(b"-", 1).expect("written");
        assert_eq!(file.read(100, 0).expect("read"), "x-xabc");
        assert_eq!(file.read(2, 4).expect("read"), "bc");
        assert_eq!(file.read(2, 6).expect("at the end"), "");
        let reading = open(&folder, "file", &existing()).expect("opened");
        assert_refused(reading.write(b"x", 0), Errno::BADF);
        assert_refused(reading.set_len(0), Errno::BADF);
        file.sync(true).expect("synced");
        folder.sync().expect("synced");
        assert_refused(open(&folder, "file", &new_file()), Errno::EXIST);
        let nested = Opening {
            directory: true,
            ..existing()
        };
        assert_refused(open(&folder, "file", &nested), Errno::NOTDIR);
    }
}

#[test]
fn a_stream_tells_why_it_could_not_write_and_then_no_more() {
    use wasmtime_wasi::p2::{OutputStream as _, StreamError};
    let bench = Bench::new();
    let file = Arc::new(make(&bench.tmp(), "file", 0));
    let place = places::OpenPlace::take(&bench.guest).expect("a place");
    let mut stream = writer::FileWriter::new(Arc::clone(&file), Some(0), place);
    bench.runtime.block_on(async {
        for piece in ["one ", "two"] {
            let written = stream.blocking_write_and_flush(piece.into()).await;
            written.expect("written");
        }
        assert_eq!(file.read(100, 0).expect("read"), "one two");
        file.set_len(MB).expect("as large as it may be");
        let place = places::OpenPlace::take(&bench.guest).expect("a place");
        let mut stream = writer::FileWriter::new(Arc::clone(&file), None, place);
        let failed = stream.blocking_write_and_flush("three".into()).await;
        match failed {
            Err(StreamError::LastOperationFailed(error)) => {
                let code = error.downcast_ref::<ErrorCode>();
                assert!(
                    matches!(code, Some(ErrorCode::InsufficientSpace)),
                    "{error:?}"
                );
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(stream.check_write(), Err(StreamError::Closed)));
    });
}

#[test]
fn a_stream_reads_to_the_end_of_its_file() {
    use wasmtime_wasi::p2::{InputStream as _, Pollable as _, StreamError};
    let bench = Bench::new();
    let file = Arc::new(make(&bench.tmp(), "file", 100_000));
    let place = places::OpenPlace::take(&bench.guest).expect("a place");
    let mut stream = reader::FileReader::new(file, 1_000, place);
    bench.runtime.block_on(async {
        let first = stream.blocking_read(70_000).await.expect("read");
        assert_eq!(first.len(), crate::limits::FILE_READ_BYTES_MAX);
        let mut rest = 99_000 - first.len();
        while rest > 0 {
            stream.ready().await;
            let piece = stream.read(10_000).expect("read");
            assert!(!piece.is_empty(), "it said that it is ready");
            rest -= piece.len();
        }
        stream.ready().await;
        assert!(matches!(stream.read(1), Err(StreamError::Closed)));
    });
}

#[test]
fn a_folder_is_listed_whatever_is_in_it() {
    let bench = Bench::new();
    let tmp = bench.tmp();
    let mut expected: Vec<String> = (0..150).map(|n| format!("file-{n}")).collect();
    for name in &expected {
        drop(open(&tmp, name, &new_file()).expect("made"));
    }
    tmp.create_folder("folder").expect("made");
    expected.push("folder".into());
    let mut listing = tmp.list().expect("listed");
    let mut found = Vec::new();
    loop {
        let entries = listing.next_entries();
        if entries.is_empty() {
            break;
        }
        found.extend(entries.into_iter().map(|entry| {
            let entry = entry.expect("an entry");
            assert_eq!(entry.kind.is_dir(), entry.name == "folder");
            entry.name
        }));
    }
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn times_are_set_and_files_told_apart() {
    use std::time::Duration;
    let bench = Bench::new();
    let tmp = bench.tmp();
    let file = make(&tmp, "file", 1);
    tmp.create_folder("folder").expect("made");
    tmp.create_link("file", "link").expect("made");
    let at = |seconds| status::NewTimes {
        accessed: status::NewTime::Keep,
        modified: status::NewTime::At(Duration::new(seconds, 5)),
    };
    let modified =
        |metadata: std::io::Result<status::Status>| status::times(&metadata.expect("there"))[1];
    file.set_times(&at(1)).expect("set");
    assert_eq!(modified(file.metadata()), Some(Duration::new(1, 5)));
    tmp.set_times_at("link", true, &at(2)).expect("set");
    assert_eq!(modified(file.metadata()), Some(Duration::new(2, 5)));
    tmp.set_times_at("link", false, &at(3)).expect("set");
    assert_eq!(
        modified(tmp.metadata_at("link", false)),
        Some(Duration::new(3, 5))
    );
    assert_eq!(modified(file.metadata()), Some(Duration::new(2, 5)));
    let folder = open_folder(&tmp, "folder");
    folder.set_times(&at(4)).expect("set");
    assert_eq!(modified(folder.metadata()), Some(Duration::new(4, 5)));
    let [one, same, other] = [
        file.metadata(),
        tmp.metadata_at("link", true),
        folder.metadata(),
    ]
    .map(|metadata| metadata.expect("there"));
    assert!(status::is_same(&one, &same) && !status::is_same(&one, &other));
    let identity = |metadata| status::identity(metadata, &bench.host.identities);
    assert_eq!(identity(&one), identity(&same));
    assert_ne!(identity(&one), identity(&other));
    assert_eq!(tmp.read_link("link").expect("a link"), "file");
}

/// What an idle guest holds, until its host needs it.
type Idle = Arc<Lock<Option<(OpenFolder, OpenFile)>>>;

/// A host with an idle guest, which has a file of so many bytes in `/tmp` and holds it open.
fn with_idle_guest(bytes: usize, open_max: usize) -> (Bench, Idle) {
    let idle = Idle::default();
    let gives_way = Arc::clone(&idle);
    let bench = Bench::giving_way(open_max, move || {
        let gone = gives_way.lock().take();
        gone.is_some()
    });
    bench.host.tmp.as_ref().expect("there").bound_to(MB);
    let guest = GuestFiles::new(&bench.host, &vitals_of(100 * MB), MB);
    let tmp = OpenFolder::root(&guest, guest.tmp());
    let file = make(&tmp, "file", bytes);
    *idle.lock() = Some((tmp, file));
    (bench, idle)
}

#[test]
fn idle_guests_give_way_to_who_needs_room_in_tmp() {
    let (bench, idle) = with_idle_guest(600_000, usize::MAX);
    drop(make(&bench.tmp(), "small", 100_000));
    assert!(idle.lock().is_some(), "there was room for both");
    drop(make(&bench.tmp(), "large", 600_000));
    assert!(idle.lock().is_none());
    assert_eq!(bench.held().bytes, 700_000);
}

#[test]
fn idle_guests_give_way_to_who_needs_files() {
    let (bench, idle) = with_idle_guest(1, 2);
    let tmp = bench.tmp();
    let first = make(&tmp, "first", 1);
    assert!(idle.lock().is_some(), "there was a place for both");
    let second = make(&tmp, "second", 1);
    assert!(idle.lock().is_none());
    let refused = open(&tmp, "first", &existing());
    let refused = refused.err().and_then(|error| Errno::from_io_error(&error));
    assert_eq!(refused, Some(Errno::NFILE));
    drop((first, second));
}

#[test]
fn open_files_cost_their_guest() {
    let bench = Bench::new();
    let file = make(&bench.tmp(), "file", 1);
    let budget = Arc::clone(bench.guest.budget());
    assert!(budget.held_bytes() > 0);
    drop(file);
    assert_eq!(budget.held_bytes(), 0);
}
