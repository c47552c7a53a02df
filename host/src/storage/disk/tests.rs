use std::sync::Arc;
use std::time::Duration;

use super::promises::Purpose;
use super::*;
use crate::storage::{DataDir, Promise};

const MB: u64 = 1_000_000;

/// A disk whose file system is what a test says, and on which `made_again` can be made again.
struct Fake {
    disk: Arc<Disk>,
    space: Arc<Lock<Space>>,
    made_again: Arc<MadeAgain>,
    _temp: tempfile::TempDir,
}

#[derive(Default)]
struct MadeAgain(Lock<Files>);

#[derive(Default)]
struct Files {
    each: u64,
    count: u64,
    disk: Weak<Disk>,
    space: Arc<Lock<Space>>,
}

impl GivesWay for MadeAgain {
    fn give_way(&self, bytes: u64) -> Option<Gone> {
        let mut files = self.0.lock();
        let gone = bytes.div_ceil(files.each.max(1));
        if gone > files.count {
            return None;
        }
        files.count -= gone;
        let bytes = gone * files.each;
        files.space.lock().free += bytes;
        let disk = files.disk.upgrade().expect("the disk");
        disk.removed(DataPart::Artifacts, bytes);
        Some(Gone { files: gone, bytes })
    }
}

impl Fake {
    /// With so many bytes of 1,000 MB free, a budget, and so many files of 10 MB that can be made again.
    fn with(free: u64, budget: u64, files: u64) -> Self {
        let temp = tempfile::tempdir().expect("a folder");
        let dir = cap_std::fs::Dir::open_ambient_dir(temp.path(), cap_std::ambient_authority());
        let root = Folder::new(dir.expect("opened"), temp.path().to_owned());
        let space = Arc::new(Lock::new(Space {
            total: 1_000 * MB,
            free,
        }));
        let watched = Arc::clone(&space);
        let watch = Box::new(move || Ok(*watched.lock()));
        let mut disk = Disk::watching(&root, Some(budget), watch).expect("a disk");
        disk.look_interval = Duration::MAX;
        let disk = Arc::new(disk);
        let made_again = Arc::new(MadeAgain::default());
        *made_again.0.lock() = Files {
            each: 10 * MB,
            count: files,
            disk: Arc::downgrade(&disk),
            space: Arc::clone(&space),
        };
        disk.added(DataPart::Artifacts, files * 10 * MB);
        let weak: Weak<MadeAgain> = Arc::downgrade(&made_again);
        disk.can_be_made_again(weak);
        Self {
            disk,
            space,
            made_again,
            _temp: temp,
        }
    }

    fn left(&self) -> u64 {
        self.made_again.0.lock().count
    }

    fn part(&self, wanted: DataPart) -> u64 {
        part(&self.disk, wanted)
    }
}

/// What a part of it takes.
fn part(disk: &Disk, wanted: DataPart) -> u64 {
    let parts = disk.figures().parts.into_iter();
    parts
        .filter(|(part, _)| *part == wanted)
        .map(|(_, bytes)| bytes)
        .sum()
}

/// Room for an event, which is promised as long as it is kept.
async fn room(fake: &Fake, bytes: u64) -> Result<Promise, String> {
    fake.disk.event_room(bytes).await.map_err(|NoRoom(why)| why)
}

/// A package that is not there, and what is made of it.
fn code(bytes: u64, beside: u64) -> CodeNeed {
    CodeNeed {
        bytes,
        is_there: false,
        beside,
    }
}

#[tokio::test]
async fn there_is_room_within_the_budget_and_above_what_must_stay_free() {
    let fake = Fake::with(900 * MB, 500 * MB, 0);
    room(&fake, 100 * MB).await.expect("room");
    let refused = room(&fake, 600 * MB).await.expect_err("refused");
    assert!(
        refused.contains("of the 500 MB that it may keep"),
        "{refused}"
    );
    // 5 % of the file system.
    assert_eq!(fake.disk.figures().free_bytes_min, 50 * MB);
    let nearly_full = Fake::with(60 * MB, 500 * MB, 0);
    room(&nearly_full, 5 * MB).await.expect("room");
    let refused = room(&nearly_full, 20 * MB).await.expect_err("refused");
    assert!(refused.contains("nearly full"), "{refused}");
    // Whoever asks for an event says when it has found no room at all.
    assert_eq!(nearly_full.disk.figures().refused, 0);
    let code = nearly_full.disk.code_room(code(20 * MB, 0)).await;
    assert!(code.is_err());
    assert_eq!(nearly_full.disk.figures().refused, 1);
}

#[tokio::test]
async fn what_is_promised_counts_until_it_is_stored_or_given_up_however_often_the_disk_is_looked_at()
 {
    let fake = Fake::with(900 * MB, 500 * MB, 0);
    let mut promised = Vec::new();
    while let Ok(promise) = room(&fake, 10 * MB).await {
        promised.push(promise);
        fake.disk.figures();
    }
    // All but what is set aside.
    assert_eq!(promised.len(), 49);
    assert!(fake.disk.code_room(code(10 * MB, 10 * MB)).await.is_err());
    promised.pop();
    let again = room(&fake, 10 * MB).await.expect("one has given it up");
    assert!(room(&fake, 10 * MB).await.is_err());
    // What was stored takes room that is seen.
    drop((promised, again));
    fake.disk.added(DataPart::Packages, 490 * MB);
    assert!(room(&fake, 10 * MB).await.is_err());
}

#[tokio::test]
async fn what_was_stored_since_the_last_look_is_spent() {
    let fake = Fake::with(900 * MB, 500 * MB, 0);
    for _ in 0..49 {
        let promise = room(&fake, 10 * MB).await.expect("room");
        drop(promise);
    }
    let uncounted = || {
        let look = fake.disk.look.lock();
        look.promises.uncounted(Purpose::Events)
    };
    assert_eq!(uncounted(), 490 * MB);
    room(&fake, 10 * MB).await.expect("none of it was stored");
}

#[tokio::test]
async fn deploys_do_not_share_what_is_free_and_what_waits_to_be_compiled_keeps_none_of_it() {
    let fake = Fake::with(100 * MB, 500 * MB, 0);
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let room = fake.disk.code_room(code(10 * MB, 20 * MB)).await;
        waiting.push(room.expect("room"));
    }
    let refused = fake.disk.code_room(code(10 * MB, 20 * MB)).await;
    let NoRoom(refused) = refused.expect_err("their packages take it");
    assert!(refused.contains("30 MB more are promised"), "{refused}");
}

#[tokio::test]
async fn what_is_compiled_takes_what_is_kept_for_it() {
    let fake = Fake::with(100 * MB, 500 * MB, 0);
    let compiled = fake.disk.compiled_room(30 * MB).await.expect("room");
    assert!(fake.disk.code_room(code(10 * MB, 20 * MB)).await.is_err());
    assert!(fake.disk.compiled_room(30 * MB).await.is_err());
    assert_eq!(fake.disk.figures().refused, 1, "compiled code was not");
    let mut writing = fake.disk.writing();
    assert_eq!(fake.disk.artifact_room(&mut writing, 30 * MB), Ok(()));
    let uncounted = || fake.disk.look.lock().promises.uncounted(Purpose::Code);
    assert_eq!(uncounted(), 60 * MB);
    drop((writing, compiled));
    assert_eq!(uncounted(), 0);
}

#[tokio::test]
async fn what_can_be_made_again_gives_way_where_that_makes_room() {
    let fake = Fake::with(900 * MB, 500 * MB, 40);
    drop(room(&fake, 120 * MB).await.expect("room"));
    let left = fake.left();
    assert!((36..=38).contains(&left), "{left}");
    let gone = 40 - left;
    let figures = fake.disk.figures();
    assert_eq!(
        (figures.gave_way, figures.gave_way_bytes),
        (gone, gone * 10 * MB)
    );
    // More than there is: nothing goes in vain.
    fake.disk.added(DataPart::Packages, 200 * MB);
    assert!(room(&fake, 450 * MB).await.is_err());
    assert_eq!(fake.left(), left);
    fake.disk.removed(DataPart::Packages, 200 * MB);
    // The same where the file system is full.
    fake.space.lock().free = 45 * MB;
    drop(room(&fake, MB).await.expect("room"));
    assert_eq!(fake.left(), left - 1);
    // Nothing does to what refers to code that is there: it might find no room itself.
    fake.space.lock().free = 45 * MB;
    fake.disk.forget_look();
    assert!(fake.disk.code_room(code(0, 0)).await.is_err());
    assert_eq!(fake.left(), left - 1);
}

#[test]
fn compiled_code_may_take_what_must_stay_free_and_no_more_than_there_is() {
    let fake = Fake::with(20 * MB, 500 * MB, 0);
    let mut writing = fake.disk.writing();
    assert_eq!(fake.disk.artifact_room(&mut writing, MB), Ok(()));
    assert_eq!(fake.disk.artifact_room(&mut writing, 18 * MB), Ok(()));
    fake.space.lock().free = MB;
    assert!(fake.disk.artifact_room(&mut writing, 2 * MB).is_err());
    let of_budget = Fake::with(900 * MB, 100 * MB, 0);
    let mut writing = of_budget.disk.writing();
    assert_eq!(of_budget.disk.artifact_room(&mut writing, 80 * MB), Ok(()));
    assert!(of_budget.disk.artifact_room(&mut writing, 20 * MB).is_err());
}

#[test]
fn logs_stop_where_the_rest_must_stay_free_whatever_the_budget() {
    let fake = Fake::with(60 * MB, 20 * MB, 0);
    fake.disk.added(DataPart::Packages, 30 * MB);
    assert_eq!(fake.disk.log_room(MB), Ok(()));
    assert!(fake.disk.log_room(20 * MB).is_err());
}

#[tokio::test]
async fn packages_keep_to_their_share_and_what_is_there_takes_no_more_of_it() {
    let fake = Fake::with(900 * MB, 500 * MB, 0);
    fake.disk.added(DataPart::Packages, 245 * MB);
    drop(
        fake.disk
            .code_room(code(4 * MB, 10 * MB))
            .await
            .expect("room"),
    );
    let refused = fake.disk.code_room(code(6 * MB, 0)).await;
    let NoRoom(refused) = refused.expect_err("refused");
    assert!(refused.contains("of the 250 MB"), "{refused}");
    // What only refers to what is there has room, and what takes its place.
    fake.disk.added(DataPart::Packages, 20 * MB);
    fake.disk.code_room(code(0, 0)).await.expect("room");
    let again = CodeNeed {
        is_there: true,
        ..code(6 * MB, 600 * MB)
    };
    fake.disk.code_room(again).await.expect("room");
}

#[tokio::test]
async fn packages_on_their_way_take_of_their_share() {
    let fake = Fake::with(900 * MB, 500 * MB, 0);
    let first = fake.disk.code_room(code(150 * MB, 0)).await.expect("room");
    let refused = fake.disk.code_room(code(150 * MB, 0)).await;
    let NoRoom(refused) = refused.expect_err("both exceed it");
    assert!(refused.contains("take 150 MB of the 250 MB"), "{refused}");
    // What takes the place of the same is in it already.
    let again = CodeNeed {
        is_there: true,
        ..code(150 * MB, 0)
    };
    let again = fake.disk.code_room(again).await.expect("room");
    fake.disk.code_room(code(100 * MB, 0)).await.expect("room");
    drop((first, again));
    fake.disk.code_room(code(250 * MB, 0)).await.expect("room");
}

#[tokio::test]
async fn what_is_compiled_keeps_no_room_from_events_and_logs() {
    for (free, budget) in [(900 * MB, 500 * MB), (500 * MB, 900 * MB)] {
        let fake = Fake::with(free, budget, 0);
        let compiled = fake.disk.compiled_room(420 * MB).await.expect("room");
        let NoRoom(refused) = fake
            .disk
            .code_room(code(100 * MB, 0))
            .await
            .expect_err("it is promised to other code");
        assert!(refused.contains("420 MB more are promised"), "{refused}");
        room(&fake, 100 * MB).await.expect("it gives way to events");
        assert_eq!(fake.disk.log_room(200 * MB), Ok(()));
        drop(compiled);
    }
}

#[test]
fn a_look_that_is_forgotten_while_it_is_taken_is_not_believed() {
    let fake = Fake::with(900 * MB, 500 * MB, 0);
    let (looked_at, forgets) = (
        Arc::new(OnceLock::<Weak<Disk>>::new()),
        Arc::new(Lock::new(1)),
    );
    let (seen, left) = (Arc::clone(&looked_at), Arc::clone(&forgets));
    let watch = Box::new(move || {
        let disk = seen.get().and_then(Weak::upgrade);
        if let Some(disk) = disk.filter(|_| std::mem::take(&mut *left.lock()) > 0) {
            disk.forget_look();
        }
        Ok(Space {
            total: 1_000 * MB,
            free: 900 * MB,
        })
    });
    let mut disk = Disk::watching(&fake.disk.root, None, watch).expect("a disk");
    disk.look_interval = Duration::MAX;
    let disk = Arc::new(disk);
    looked_at.set(Arc::downgrade(&disk)).expect("once");
    let is_old = || disk.is_old(&disk.look.lock());
    disk.look_anew();
    assert_eq!(*forgets.lock(), 0);
    assert!(is_old(), "it may have seen what is so no longer");
    disk.look_anew();
    assert!(!is_old());
}

#[test]
fn all_that_is_in_a_data_directory_is_counted_and_found_again() {
    use crate::storage::{ArtifactStore, LogFiles};
    let temp = tempfile::tempdir().expect("a folder");
    let part = |data_dir: &DataDir, wanted| part(data_dir.disk(), wanted);
    let data_dir = DataDir::open(temp.path()).expect("opened");
    let artifacts = ArtifactStore::in_dir(&data_dir).expect("a store");
    let component = crate::domain::Digest::of(b"component");
    let mut code: &[u8] = &[1; 10_000];
    artifacts.put("1-a", component, &mut code).expect("stored");
    let logs = LogFiles::open(&data_dir).expect("logs");
    logs.append("a", &[1; 3_000]).expect("written");
    logs.append("a", &[1; 3_000]).expect("written");
    std::fs::write(temp.path().join("events.db"), [1; 4_096]).expect("written");
    std::fs::write(temp.path().join("events.db-wal"), [1; 1]).expect("written");
    let counted = |data_dir: &DataDir| {
        let parts = [DataPart::Artifacts, DataPart::Logs, DataPart::Events];
        parts.map(|wanted| part(data_dir, wanted))
    };
    assert_eq!(counted(&data_dir), [12_288, 8_192, 8_192]);
    assert!(part(&data_dir, DataPart::Reserve) > 0);
    drop((artifacts, logs, data_dir));

    let data_dir = DataDir::open(temp.path()).expect("opened");
    let artifacts = ArtifactStore::in_dir(&data_dir).expect("a store");
    let logs = LogFiles::open(&data_dir).expect("logs");
    assert_eq!(counted(&data_dir), [12_288, 8_192, 8_192]);
    artifacts.remove(component).expect("removed");
    logs.remove("a").expect("removed");
    assert_eq!(counted(&data_dir), [0, 0, 8_192]);
}

#[tokio::test]
async fn a_file_system_without_a_size_has_room() {
    let unknown = Space::of(0, 0, 4_096);
    let fake = Fake::with(0, 0, 0);
    let disk = Disk::watching(&fake.disk.root, None, Box::new(move || Ok(unknown)));
    let disk = Arc::new(disk.expect("a disk"));
    disk.event_room(MB).await.expect("room");
    disk.event_room(MB).await.expect("with what is set aside");
    assert_eq!(
        Space::of(3, 2, 10),
        Space {
            total: 30,
            free: 20
        }
    );
}

/// A folder that lies in memory: Linux has one for memory that programs share.
#[cfg(target_os = "linux")]
#[test]
fn what_lies_in_memory_takes_no_more_than_its_share_of_that() {
    for (folder, bytes_max, in_memory) in [
        ("/dev/shm", Some(20 * MB), 20 * MB),
        ("/dev/shm", Some(60 * MB), 50 * MB),
        ("/dev/shm", None, 50 * MB),
        (env!("CARGO_MANIFEST_DIR"), Some(60 * MB), 0),
    ] {
        let temp = tempfile::tempdir_in(folder).expect("a folder");
        let data_dir = DataDir::within(temp.path(), bytes_max, 50 * MB).expect("opened");
        let disk = data_dir.disk();
        assert_eq!(disk.memory_bytes_max(), in_memory, "{folder}");
        if in_memory > 0 {
            assert_eq!(disk.figures().bytes_max, in_memory);
        }
    }
}

#[test]
fn a_start_on_a_full_disk_takes_what_was_set_aside() {
    let fake = Fake::with(900 * MB, 500 * MB, 0);
    assert_eq!(fake.part(DataPart::Reserve), RESERVE_BYTES);
    let full = || {
        Ok(Space {
            total: 1_000 * MB,
            free: 0,
        })
    };
    let root = fake.disk.root.clone();
    let disk = Disk::watching(&root, None, Box::new(full)).expect("a disk");
    assert_eq!(disk.reserve.lock().bytes(), 0);
    assert!(root.file_bytes("reserve").expect("looked").is_none());
}

#[test]
fn what_a_change_was_written_with_is_set_aside_again_before_anybody_looks() {
    let fake = Fake::with(900 * MB, 500 * MB, 0);
    let set_aside = || fake.disk.reserve.lock().bytes();
    assert_eq!(fake.part(DataPart::Reserve), RESERVE_BYTES);
    let (one, other) = (fake.disk.reserve(), fake.disk.reserve());
    assert_eq!(set_aside(), 0);
    drop(one);
    assert_eq!(set_aside(), 0, "somebody needs it");
    drop(other);
    assert_eq!(set_aside(), RESERVE_BYTES);
}
