use std::io;
use std::path::{Path, PathBuf};

use super::*;
use crate::limits::ARTIFACT_BYTES_MAX;
use crate::storage::DataDir;

const ENGINE: &str = "48.0.8-0123456789abcdef";
const OLDER_ENGINE: &str = "47.1.0-fedcba9876543210";

fn component() -> Digest {
    Digest::of(b"component")
}

fn on_disk() -> (tempfile::TempDir, ArtifactStore) {
    let temp = tempfile::tempdir().expect("a directory");
    let data_dir = DataDir::open(temp.path()).expect("opened");
    let store = ArtifactStore::in_dir(&data_dir).expect("a store");
    (temp, store)
}

fn folder(temp: &Path) -> PathBuf {
    temp.join("artifacts")
        .join(ENGINE)
        .join(component().to_string())
}

fn content(store: &ArtifactStore, engine_key: &str) -> Option<Vec<u8>> {
    let artifact = store.open(engine_key, component()).expect("looked up")?;
    Some(match artifact {
        Artifact::Memory(bytes) => bytes.to_vec(),
        Artifact::File { mut file, .. } => {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).expect("read");
            bytes
        }
    })
}

fn put(store: &ArtifactStore, engine_key: &str, mut bytes: &[u8]) {
    store
        .put(engine_key, component(), &mut bytes)
        .expect("stored");
}

#[test]
fn an_artifact_is_found_by_engine_and_component_and_replaced_by_a_newer_one() {
    let (temp, disk) = on_disk();
    for store in [ArtifactStore::in_memory(), disk] {
        assert_eq!(content(&store, ENGINE), None);
        put(&store, ENGINE, b"first");
        put(&store, ENGINE, b"second");
        assert_eq!(content(&store, ENGINE), Some(b"second".to_vec()));
        assert_eq!(content(&store, "other"), None);
    }
    let files = std::fs::read_dir(folder(temp.path())).expect("listed");
    assert_eq!(files.count(), 1);
}

#[test]
fn artifacts_go_with_their_component_and_with_their_engine() {
    let (_temp, disk) = on_disk();
    for store in [ArtifactStore::in_memory(), disk] {
        put(&store, ENGINE, b"code");
        put(&store, OLDER_ENGINE, b"code");
        store.retain_engine(ENGINE).expect("retained");
        assert!(content(&store, OLDER_ENGINE).is_none());
        store
            .retain_components(|digest| digest == component())
            .expect("retained");
        assert!(content(&store, ENGINE).is_some());
        store.remove(component()).expect("removed");
        store.remove(component()).expect("removed twice");
        assert!(content(&store, ENGINE).is_none());
        put(&store, ENGINE, b"code");
        store.retain_components(|_| false).expect("retained");
        assert!(content(&store, ENGINE).is_none());
    }
}

#[test]
fn a_damaged_artifact_is_never_given_out_and_is_removed() {
    let (temp, store) = on_disk();
    put(&store, ENGINE, b"code");
    let name = format!("{}.cwasm", Digest::of(b"code"));
    let path = folder(temp.path()).join(name);
    std::fs::write(&path, "evil").expect("damaged");
    assert_eq!(content(&store, ENGINE), None);
    assert!(!path.exists());
    put(&store, ENGINE, b"code");
    assert_eq!(content(&store, ENGINE), Some(b"code".to_vec()));
}

#[test]
fn an_artifact_is_sealed_when_it_is_stored_and_when_it_was_hashed() {
    let (temp, store) = on_disk();
    put(&store, ENGINE, b"code");
    let digest = Digest::of(b"code");
    let path = folder(temp.path()).join(format!("{digest}.cwasm"));
    let is_sealed = || {
        let file = cap_std::fs::File::from_std(std::fs::File::open(&path).expect("opened"));
        seal::is_sealed(&file, digest).expect("looked at")
    };
    assert!(is_sealed());
    // As a backup that is put back.
    let copy = temp.path().join("copy");
    std::fs::copy(&path, &copy).expect("copied");
    std::fs::rename(&copy, &path).expect("put back");
    assert!(!is_sealed());
    assert_eq!(content(&store, ENGINE), Some(b"code".to_vec()));
    assert!(is_sealed());
}

#[test]
fn whatever_is_done_to_an_artifact_breaks_its_seal() {
    let (temp, store) = on_disk();
    let digest = Digest::of(b"code");
    let path = folder(temp.path()).join(format!("{digest}.cwasm"));
    let damages: [&dyn Fn(); 4] = [
        &|| std::fs::write(&path, "evil").expect("written"),
        &|| {
            let file = std::fs::File::options().write(true).open(&path);
            file.and_then(|file| file.set_len(2)).expect("cut short");
        },
        &|| {
            let file = std::fs::File::options().append(true).open(&path);
            std::io::Write::write_all(&mut file.expect("opened"), b"more").expect("appended");
        },
        &|| {
            // Another file with the time of the sealed one.
            let modified = std::fs::metadata(&path).and_then(|sealed| sealed.modified());
            let other = temp.path().join("other");
            std::fs::write(&other, "evil").expect("written");
            let file = std::fs::File::options().write(true).open(&other);
            file.and_then(|file| file.set_modified(modified.expect("a time")))
                .expect("set");
            std::fs::rename(&other, &path).expect("put in its place");
        },
    ];
    for damage in damages {
        put(&store, ENGINE, b"code");
        assert_eq!(content(&store, ENGINE), Some(b"code".to_vec()));
        damage();
        assert_eq!(content(&store, ENGINE), None);
        assert!(!path.exists());
    }
}

#[test]
fn beside_a_damaged_artifact_a_sound_one_is_still_found() {
    let (temp, store) = on_disk();
    put(&store, ENGINE, b"code");
    let folder = folder(temp.path());
    for (name, content) in [
        (format!("{}.cwasm", Digest::of(b"other")), "damaged"),
        (format!("{}.cwasm", "0".repeat(63)), "name too short"),
        ("notes.txt".to_owned(), "a stranger"),
    ] {
        std::fs::write(folder.join(name), content).expect("written");
    }
    std::fs::create_dir(folder.join(format!("{}.cwasm", Digest::of(b"dir")))).expect("made");
    std::fs::write(temp.path().join("artifacts/stray"), "").expect("written");
    let strangers = [
        "paintings",
        "4-x",
        "v1-0123456789abcdef",
        "48.0.8-0123456789abcde+",
    ];
    let strangers = strangers.map(|name| temp.path().join("artifacts").join(name));
    for stranger in &strangers {
        std::fs::create_dir(stranger).expect("made");
    }
    assert_eq!(content(&store, ENGINE), Some(b"code".to_vec()));
    store.retain_engine(ENGINE).expect("retained");
    store.retain_components(|_| true).expect("retained");
    assert!(strangers.iter().all(|stranger| stranger.exists()));
    assert_eq!(content(&store, ENGINE), Some(b"code".to_vec()));
}

#[test]
fn an_empty_folder_holds_no_artifact() {
    let (temp, store) = on_disk();
    std::fs::create_dir_all(folder(temp.path())).expect("made");
    assert_eq!(content(&store, ENGINE), None);
}

#[test]
fn a_source_that_fails_leaves_the_older_artifact() {
    struct Fails(bool);
    impl Read for Fails {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if std::mem::replace(&mut self.0, true) {
                return Err(io::Error::other("the compiler left"));
            }
            buffer[0] = 1;
            Ok(1)
        }
    }
    let (temp, disk) = on_disk();
    for store in [ArtifactStore::in_memory(), disk] {
        put(&store, ENGINE, b"older");
        let error = store
            .put(ENGINE, component(), &mut Fails(false))
            .expect_err("refused");
        assert!(error.to_string().contains("the compiler left"), "{error}");
        assert_eq!(content(&store, ENGINE), Some(b"older".to_vec()));
    }
    let staging = std::fs::read_dir(temp.path().join("staging")).expect("listed");
    assert_eq!(staging.count(), 0);
}

#[test]
fn compiled_code_without_end_is_refused() {
    // Counts without writing a gigabyte: the source says that it has given almost all already.
    let mut source = io::repeat(7);
    let mut bounded = Bounded::new(&mut source);
    bounded.bytes = ARTIFACT_BYTES_MAX - 1;
    let error = bounded.next().expect_err("refused").to_string();
    assert!(error.contains("larger than 1073741824 bytes"), "{error}");
}

#[test]
fn an_engine_key_cannot_lead_out_of_the_folder() {
    let (_temp, disk) = on_disk();
    for store in [ArtifactStore::in_memory(), disk] {
        for key in ["", "..", ".hidden", "a/b", "a\0b", "ü"] {
            let error = store.open(key, component()).expect_err("refused");
            assert!(
                error.to_string().contains("cannot name a folder"),
                "{error}"
            );
        }
    }
}

/// Says what is idle, and notes what it let go of.
#[derive(Default)]
struct Running {
    busy: Vec<Digest>,
    let_go: crate::domain::Lock<Vec<Digest>>,
}

impl LoadedCode for Running {
    fn is_idle(&self, component: Digest) -> bool {
        !self.busy.contains(&component)
    }

    fn let_go(&self, component: Digest) -> bool {
        self.let_go.lock().push(component);
        self.is_idle(component)
    }
}

#[test]
fn what_nothing_runs_gives_way_the_oldest_first() {
    let temp = tempfile::tempdir().expect("a directory");
    let data_dir = DataDir::within(temp.path(), Some(100 * 4_096 + 8 * 1024 * 1024), u64::MAX)
        .expect("opened");
    let store = ArtifactStore::in_dir(&data_dir).expect("a store");
    let component = |number: u8| Digest::of(&[number]);
    let put = |number: u8| {
        let code = vec![number; 30 * 4_096];
        store.put(ENGINE, component(number), &mut &code[..])
    };
    for number in 1..=3 {
        put(number).expect("stored");
    }
    let is_there = |number: u8| {
        let found = store.open(ENGINE, component(number));
        found.expect("looked up").is_some()
    };
    // Nobody says what is in use: nothing goes.
    let refused = put(4).expect_err("refused").to_string();
    assert!(refused.contains("--data-max"), "{refused}");

    let running = Arc::new(Running {
        busy: vec![component(1)],
        ..Running::default()
    });
    let loaded: Weak<Running> = Arc::downgrade(&running);
    store.give_way_but_for(loaded);
    assert!(is_there(2), "and used just now");
    put(4).expect("stored");
    assert_eq!(*running.let_go.lock(), [component(3)]);
    assert_eq!([1, 2, 3, 4].map(is_there), [true, true, false, true]);
    // What is in use stays, whatever else has to go, and whatever that is good for.
    let large = vec![5; 90 * 4_096];
    store
        .put(ENGINE, component(5), &mut &large[..])
        .expect_err("refused");
    assert!(is_there(1));
    assert_eq!(
        data_dir.disk().figures().gave_way,
        1 + u64::from(!is_there(2)) + u64::from(!is_there(4))
    );
}

/// A disk that rots changes no time.
#[test]
fn after_an_unclean_end_what_has_rotten_under_its_seal_is_found() {
    let temp = tempfile::tempdir().expect("a directory");
    let data_dir = DataDir::open(temp.path()).expect("opened");
    let store = ArtifactStore::in_dir(&data_dir).expect("a store");
    put(&store, ENGINE, b"code");
    let path = folder(temp.path()).join(format!("{}.cwasm", Digest::of(b"code")));
    let rot = || {
        let file = std::fs::File::options()
            .write(true)
            .open(&path)
            .expect("opened");
        let modified = file
            .metadata()
            .and_then(|found| found.modified())
            .expect("a time");
        std::os::unix::fs::FileExt::write_all_at(&file, b"rot!", 0).expect("damaged");
        file.set_modified(modified).expect("the time of the seal");
    };
    rot();
    drop((store, data_dir));

    // What is sealed is believed after a clean end.
    let data_dir = DataDir::open(temp.path()).expect("opened");
    let store = ArtifactStore::in_dir(&data_dir).expect("a store");
    assert_eq!(content(&store, ENGINE), Some(b"rot!".to_vec()));
    drop((store, data_dir));

    std::fs::write(temp.path().join("lock"), "4711\n").expect("as a crash leaves it");
    let data_dir = DataDir::open(temp.path()).expect("opened");
    let store = ArtifactStore::in_dir(&data_dir).expect("a store");
    assert_eq!(content(&store, ENGINE), None);
    assert!(!path.exists());
    put(&store, ENGINE, b"code");
    drop((store, data_dir));

    // A clean end before it was loaded does not make up for it.
    rot();
    std::fs::write(temp.path().join("lock"), "4711\n").expect("as a crash leaves it");
    let opened = || {
        let data_dir = DataDir::open(temp.path()).expect("opened");
        ArtifactStore::in_dir(&data_dir).expect("a store")
    };
    drop(opened());
    assert_eq!(content(&opened(), ENGINE), None);
}

#[test]
fn what_is_counted_is_what_is_there_whatever_went_wrong_before() {
    let temp = tempfile::tempdir().expect("a directory");
    let opened = || {
        let data_dir = DataDir::open(temp.path()).expect("opened");
        let store = ArtifactStore::in_dir(&data_dir).expect("a store");
        (store, data_dir)
    };
    let counted = |data_dir: &DataDir| -> u64 {
        let parts = data_dir.disk().figures().parts.into_iter();
        let artifacts = parts.filter(|(part, _)| *part == crate::domain::DataPart::Artifacts);
        artifacts.map(|(_, bytes)| bytes).sum()
    };
    let (store, data_dir) = opened();
    put(&store, ENGINE, &[1; 5_000]);
    drop((store, data_dir));
    // A crash came between a new artifact and the end of the older one, which is damaged.
    let damaged = folder(temp.path()).join(format!("{}.cwasm", Digest::of(b"older")));
    std::fs::write(&damaged, [7; 10_000]).expect("written");
    let (store, data_dir) = opened();
    assert_eq!(counted(&data_dir), 8_192 + 12_288);
    assert_eq!(content(&store, ENGINE), Some(vec![1; 5_000]));
    if damaged.exists() {
        put(&store, ENGINE, &[1; 5_000]);
    }
    assert_eq!(counted(&data_dir), 8_192);
    store.remove(component()).expect("removed");
    assert_eq!(counted(&data_dir), 0);
}
