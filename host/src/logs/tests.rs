use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use uuid::Uuid;

use super::writer::Writer;
use super::*;
use crate::domain::samples;
use crate::domain::settings::LogFormat;
use crate::domain::{FunctionName, Named as _, State, Version, VersionId};
use crate::storage::{DataDir, LogFiles};

const GROUP: &str = "/aws/lambda/greet";

fn version(group: &str, format: LogFormat, revision: u128) -> Arc<Version> {
    let mut settings = samples::settings();
    settings.logging.group = group.into();
    settings.logging.format = format;
    Arc::new(Version {
        function: FunctionName::parse("greet").expect("a name"),
        id: VersionId::Latest,
        settings,
        code: samples::code("greet"),
        snapshot: None,
        state: State::Active,
        last_update: None,
        revision: Uuid::from_u128(revision),
        last_modified: UNIX_EPOCH,
    })
}

/// An entry of the group that the samples have.
pub(super) fn entry(text: &str) -> Entry {
    at(&version(GROUP, LogFormat::Text, 1), 0, text)
}

/// An entry in this format, in a group of its own.
pub(super) fn entry_of(format: LogFormat, text: &str) -> Entry {
    at(&version(format.name(), format, 1), 0, text)
}

fn at(version: &Arc<Version>, time_ms: u64, text: &str) -> Entry {
    let time = UNIX_EPOCH + Duration::from_millis(time_ms);
    Entry {
        version: Arc::clone(version),
        started: time,
        ended: time,
        text: Bytes::copy_from_slice(text.as_bytes()),
        head_bytes: 0,
    }
}

fn all<'a>(group: &'a str) -> Query<'a> {
    Query {
        group,
        streams: Streams::All,
        from_ms: 0,
        until_ms: u64::MAX,
        direction: Direction::Forward,
        position: None,
        events_max: 10_000,
        duration_max: Duration::MAX,
        is_wanted: &|_| true,
    }
}

fn messages(page: &Page) -> Vec<&str> {
    let events = page.events.iter();
    events.map(|event| event.message.trim_end()).collect()
}

#[track_caller]
fn read(writer: &Writer, query: &Query<'_>) -> Page {
    reading::page(&writer.archive, query).expect("it is read")
}

fn small(segment_bytes: u64) -> Bounds {
    Bounds {
        segment_bytes,
        group_bytes_max: 4 * segment_bytes,
        total_bytes_max: 8 * segment_bytes,
        age_max: Duration::from_secs(60),
    }
}

fn in_memory(segment_bytes: u64) -> Writer {
    Writer::new(Arc::new(Archive::new(
        Box::new(InMemory::default()),
        small(segment_bytes),
    )))
}

#[track_caller]
fn append(writer: &mut Writer, entries: &[Entry]) {
    let failed = writer.append_all(entries);
    assert!(failed.is_empty(), "{failed:?}");
}

fn on_disk(data_dir: &DataDir) -> Writer {
    let files = LogFiles::open(data_dir).expect("opened");
    let archive = Archive::new(
        Box::new(files),
        Bounds::on_disk(crate::limits::LOG_TOTAL_BYTES_MAX),
    );
    let mut writer = Writer::new(Arc::new(archive));
    writer.load().expect("looked through");
    writer
}

#[test]
fn what_was_kept_is_read_by_group_stream_and_time() {
    let keeper = LogKeeper::in_memory().expect("it starts");
    let (mine, newer) = (
        version(GROUP, LogFormat::Text, 1),
        version(GROUP, LogFormat::Text, 2),
    );
    keeper.keep(at(&mine, 10, "one\ntwo\n"));
    keeper.keep(at(&newer, 20, "three\n"));
    keeper.keep(at(&version("other", LogFormat::Text, 1), 30, "four\n"));
    let page = keeper.read(&all(GROUP)).expect("there is such a group");
    assert_eq!(messages(&page), ["one", "two", "three"]);
    assert!(page.is_complete);
    assert_eq!(page.events[0].message, "one\n");
    assert_eq!(page.events[0].time_ms, 10);
    assert_eq!(
        page.events[0].stream,
        "1970/01/01/[$LATEST]00000000000000000000000000000001"
    );
    let named = Query {
        streams: Streams::Named(vec![page.events[2].stream.clone()]),
        ..all(GROUP)
    };
    assert_eq!(messages(&keeper.read(&named).expect("read")), ["three"]);
    let timed = Query {
        from_ms: 11,
        until_ms: 21,
        ..all(GROUP)
    };
    assert_eq!(messages(&keeper.read(&timed).expect("read")), ["three"]);
    let until = Query {
        until_ms: 20,
        ..all(GROUP)
    };
    assert_eq!(
        messages(&keeper.read(&until).expect("read")),
        ["one", "two"]
    );
    let filtered = Query {
        is_wanted: &|message| message.contains('w'),
        ..all(GROUP)
    };
    assert_eq!(messages(&keeper.read(&filtered).expect("read")), ["two"]);
}

#[test]
fn groups_and_streams_are_listed_and_deleted() {
    let keeper = LogKeeper::in_memory().expect("it starts");
    keeper.keep(at(&version(GROUP, LogFormat::Text, 1), 10, "one\n"));
    keeper.keep(at(&version(GROUP, LogFormat::Text, 1), 30, "two\n"));
    keeper.keep(at(&version("other", LogFormat::Text, 1), 30, "three\n"));
    let groups = keeper.groups();
    let names: Vec<_> = groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, [GROUP, "other"]);
    assert_eq!(groups[0].created_ms, 10);
    let streams = keeper.streams(GROUP).expect("there is such a group");
    let expected = StreamSummary {
        first_event_ms: 10,
        last_event_ms: 30,
    };
    assert_eq!(streams.len(), 1);
    assert_eq!(streams[0].1, expected);
    keeper.delete_group(GROUP).expect("it was there");
    assert_eq!(keeper.groups().len(), 1);
    for missing in [
        keeper.delete_group(GROUP).err(),
        keeper.streams(GROUP).err(),
        keeper.read(&all(GROUP)).err(),
    ] {
        assert!(matches!(missing, Some(ReadError::NoSuchGroup)));
    }
    keeper.keep(at(&version(GROUP, LogFormat::Text, 1), 40, "again\n"));
    assert_eq!(
        messages(&keeper.read(&all(GROUP)).expect("read")),
        ["again"]
    );
}

#[test]
fn pages_going_forward_and_backward_meet_every_event_once() {
    let mut writer = in_memory(2_000);
    let source = version(GROUP, LogFormat::Text, 1);
    let entries: Vec<_> = (0..30)
        .map(|n| at(&source, n, &format!("{n}a\n{n}b\n{n}c\n")))
        .collect();
    for entry in entries {
        append(&mut writer, &[entry]);
    }
    let whole = read(&writer, &all(GROUP));
    assert!(writer.archive.views(GROUP).expect("views").len() > 1);
    for size in [1, 2, 4, 7, 100] {
        let mut forward = Vec::new();
        let mut position = None;
        loop {
            let query = Query {
                events_max: size,
                position,
                ..all(GROUP)
            };
            let page = read(&writer, &query);
            assert!(page.events.len() <= size);
            forward.extend(page.events);
            position = Some(page.end);
            if page.is_complete {
                break;
            }
        }
        assert_eq!(forward, whole.events, "pages of {size}");
        let mut backward = Vec::new();
        let mut position = None;
        loop {
            let query = Query {
                events_max: size,
                position,
                direction: Direction::Backward,
                ..all(GROUP)
            };
            let page = read(&writer, &query);
            backward.extend(page.events.into_iter().rev());
            position = Some(page.start);
            if page.is_complete {
                break;
            }
        }
        backward.reverse();
        assert_eq!(backward, whole.events, "pages of {size}");
    }
}

#[test]
fn at_an_end_the_position_stays_and_new_events_are_found_from_there() {
    let mut writer = in_memory(2_000);
    let source = version(GROUP, LogFormat::Text, 1);
    append(&mut writer, &[at(&source, 1, "one\n")]);
    let end = read(&writer, &all(GROUP)).end;
    let from_end = Query {
        position: Some(end),
        ..all(GROUP)
    };
    let page = read(&writer, &from_end);
    assert!(page.events.is_empty() && page.is_complete);
    assert_eq!((page.start, page.end), (end, end));
    append(&mut writer, &[at(&source, 2, "two\n")]);
    assert_eq!(messages(&read(&writer, &from_end)), ["two"]);
    let before = Query {
        position: Some(end),
        direction: Direction::Backward,
        ..all(GROUP)
    };
    let page = read(&writer, &before);
    assert_eq!(messages(&page), ["one"]);
    let older = read(
        &writer,
        &Query {
            position: Some(page.start),
            ..before
        },
    );
    assert!(older.events.is_empty());
    assert_eq!(older.start, page.start);
}

#[test]
fn a_page_is_bounded_in_bytes_and_one_event_always_fits() {
    let mut writer = in_memory(64 * 1024 * 1024);
    let source = version(GROUP, LogFormat::Text, 1);
    let large = "x".repeat(300 * 1024);
    let entries: Vec<_> = (0..5).map(|n| at(&source, n, &large)).collect();
    append(&mut writer, &entries);
    let page = read(&writer, &all(GROUP));
    assert_eq!((page.events.len(), page.is_complete), (3, false));
}

#[test]
fn a_search_that_finds_nothing_stops_and_says_where_to_go_on() {
    let mut writer = in_memory(64 * 1024 * 1024);
    let source = version(GROUP, LogFormat::Text, 1);
    let large = "x".repeat(300 * 1024);
    let entries: Vec<_> = (0..60).map(|n| at(&source, n, &large)).collect();
    append(&mut writer, &entries);
    append(&mut writer, &[at(&source, 99, "needle\n")]);
    for direction in [Direction::Forward, Direction::Backward] {
        let mut query = Query {
            is_wanted: &|message| message.starts_with("needle"),
            direction,
            ..all(GROUP)
        };
        let mut pages = 0;
        let mut found = Vec::new();
        loop {
            let page = read(&writer, &query);
            pages += 1;
            found.extend(page.events);
            query.position = Some(match direction {
                Direction::Forward => page.end,
                Direction::Backward => page.start,
            });
            if page.is_complete {
                break;
            }
        }
        assert_eq!((found.len(), pages), (1, 2), "{direction:?}");
    }
}

#[test]
fn the_oldest_goes_when_a_group_has_too_much() {
    let mut writer = in_memory(2_000);
    let source = version(GROUP, LogFormat::Text, 1);
    let text = "x".repeat(400);
    for n in 0..100 {
        append(&mut writer, &[at(&source, n, &format!("{n} {text}\n"))]);
    }
    let groups = writer.archive.groups_by_name();
    assert!(groups[0].stored_bytes <= 4 * 2_000, "{groups:?}");
    let page = read(&writer, &all(GROUP));
    assert!(page.events.len() > 10);
    assert!(messages(&page)[page.events.len() - 1].starts_with("99 "));
    // A position in what is gone leads to what is left.
    let gone = Query {
        position: Some(Position::default()),
        ..all(GROUP)
    };
    assert_eq!(read(&writer, &gone).events, page.events);
}

#[test]
fn the_oldest_goes_when_all_groups_together_have_too_much() {
    let mut writer = in_memory(2_000);
    let text = "x".repeat(1_900);
    for n in 0..20 {
        let source = version(&format!("group-{n:02}"), LogFormat::Text, 1);
        append(&mut writer, &[at(&source, n, &text)]);
    }
    let groups = writer.archive.groups_by_name();
    let total: u64 = groups.iter().map(|group| group.stored_bytes).sum();
    assert!(total <= 8 * 2_000, "{groups:?}");
    let names: Vec<_> = groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names[names.len() - 1], "group-19");
    assert!(!names.contains(&"group-00"));
}

#[test]
fn what_is_too_old_goes() {
    let mut writer = in_memory(2_000);
    let source = version(GROUP, LogFormat::Text, 1);
    append(&mut writer, &[at(&source, 1_000, &"x".repeat(2_000))]);
    append(&mut writer, &[at(&source, 50_000, "young\n")]);
    let at_second = |second| UNIX_EPOCH + Duration::from_secs(second);
    writer.expire(at_second(60));
    assert_eq!(read(&writer, &all(GROUP)).events.len(), 2);
    writer.expire(at_second(70));
    assert_eq!(messages(&read(&writer, &all(GROUP))), ["young"]);
    writer.expire(at_second(200));
    assert!(writer.archive.groups_by_name().is_empty());
}

#[test]
fn logs_are_there_after_a_restart_and_go_on_in_the_same_segment() {
    let temp = tempfile::tempdir().expect("a directory");
    let data_dir = DataDir::open(temp.path()).expect("opened");
    let long = "long/".repeat(100);
    for text in ["one\n", "two\n"] {
        let keeper = LogKeeper::in_dir(&data_dir).expect("it starts");
        for group in [GROUP, &long] {
            let source = version(group, LogFormat::Text, 1);
            keeper.keep(Entry {
                ended: SystemTime::now(),
                ..at(&source, 5, text)
            });
        }
    }
    let keeper = LogKeeper::in_dir(&data_dir).expect("it starts");
    for group in [GROUP, &long] {
        let page = keeper.read(&all(group)).expect("there is such a group");
        assert_eq!(messages(&page), ["one", "two"]);
        assert_eq!(page.end.segment, 1);
    }
    assert_eq!(keeper.groups()[0].created_ms, 5);
}

#[test]
fn a_torn_end_is_passed_over_and_what_comes_later_is_read() {
    let temp = tempfile::tempdir().expect("a directory");
    let data_dir = DataDir::open(temp.path()).expect("opened");
    let source = version(GROUP, LogFormat::Text, 1);
    append(
        &mut on_disk(&data_dir),
        &[at(&source, 1, "one\n"), at(&source, 2, "torn\n")],
    );
    let file = temp.path().join("logs").join(segment_name::name(GROUP, 1));
    let bytes = std::fs::read(&file).expect("the segment");
    std::fs::write(&file, &bytes[..bytes.len() - 3]).expect("cut");

    let mut writer = on_disk(&data_dir);
    assert_eq!(messages(&read(&writer, &all(GROUP))), ["one"]);
    append(&mut writer, &[at(&source, 3, "three\n")]);
    assert_eq!(messages(&read(&writer, &all(GROUP))), ["one", "three"]);
    let writer = on_disk(&data_dir);
    assert_eq!(messages(&read(&writer, &all(GROUP))), ["one", "three"]);
}

#[test]
fn files_of_others_and_damaged_ones_do_no_harm() {
    let temp = tempfile::tempdir().expect("a directory");
    let data_dir = DataDir::open(temp.path()).expect("opened");
    let source = version(GROUP, LogFormat::Text, 1);
    append(&mut on_disk(&data_dir), &[at(&source, 1, "one\n")]);
    let folder = temp.path().join("logs");
    let write = |name: &str, content: &[u8]| {
        std::fs::write(folder.join(name), content).expect("written");
    };
    write("notes.txt", b"mine");
    write("empty@0000000001", b"");
    write("other@0000000001", &segment_name::header("not-other", 1));
    write(&segment_name::name(GROUP, 2), b"nothing of ours\n");
    let mut writer = on_disk(&data_dir);
    let names: Vec<_> = writer.archive.groups_by_name();
    assert_eq!(names.len(), 1, "{names:?}");
    append(&mut writer, &[at(&source, 2, "two\n")]);
    assert_eq!(messages(&read(&writer, &all(GROUP))), ["one", "two"]);
    assert!(folder.join("notes.txt").exists());
}

#[test]
fn a_first_line_that_was_torn_spoils_only_its_own_file() {
    let temp = tempfile::tempdir().expect("a directory");
    let data_dir = DataDir::open(temp.path()).expect("opened");
    let source = version(GROUP, LogFormat::Text, 1);
    let torn = temp.path().join("logs").join(segment_name::name(GROUP, 3));
    drop(on_disk(&data_dir));
    std::fs::write(&torn, b"sparkler-log 1 17").expect("written");
    let other = version("other", LogFormat::Text, 1);
    for expected in [&["one"][..], &["one", "two"]] {
        let mut writer = on_disk(&data_dir);
        let text = format!("{}\n", expected.last().expect("one"));
        append(&mut writer, &[at(&source, 1, &text), at(&other, 1, &text)]);
        for group in [GROUP, "other"] {
            assert_eq!(messages(&read(&writer, &all(group))), expected);
        }
        assert_eq!(messages(&read(&on_disk(&data_dir), &all(GROUP))), expected);
    }
    let left = std::fs::read(&torn).expect("it is there");
    assert_eq!(left, b"sparkler-log 1 17", "nothing was appended");
}

#[test]
fn a_search_that_takes_too_long_stops_and_goes_on_from_there() {
    let mut writer = in_memory(1024 * 1024);
    let source = version(GROUP, LogFormat::Text, 1);
    let text = "x".repeat(60 * 1024);
    let entries: Vec<_> = (0..6).map(|time| at(&source, time, &text)).collect();
    append(&mut writer, &entries);
    for direction in [Direction::Forward, Direction::Backward] {
        let mut query = Query {
            duration_max: Duration::ZERO,
            direction,
            ..all(GROUP)
        };
        let (mut pages, mut times) = (0, Vec::new());
        loop {
            let page = read(&writer, &query);
            pages += 1;
            times.extend(page.events.iter().map(|event| event.time_ms));
            if page.is_complete {
                break;
            }
            query.position = Some(match direction {
                Direction::Forward => page.end,
                Direction::Backward => page.start,
            });
        }
        times.sort_unstable();
        assert_eq!(times, [0, 1, 2, 3, 4, 5]);
        assert!(pages > 2, "{pages}");
    }
}

#[test]
fn a_page_looks_at_no_more_lines_than_it_needs() {
    let mut writer = in_memory(1024 * 1024);
    append(&mut writer, &[entry(&"\n".repeat(1_000))]);
    for direction in [Direction::Forward, Direction::Backward] {
        let seen = std::cell::Cell::new(0);
        let query = Query {
            events_max: 10,
            direction,
            is_wanted: &|_| {
                seen.set(seen.get() + 1);
                true
            },
            ..all(GROUP)
        };
        assert_eq!(read(&writer, &query).events.len(), 10);
        assert_eq!(seen.get(), 11);
    }
}

#[test]
fn a_hostile_position_is_no_harm() {
    let mut writer = in_memory(2_000);
    append(
        &mut writer,
        &[at(&version(GROUP, LogFormat::Text, 1), 1, "one\ntwo\n")],
    );
    for (segment, offset, line) in [
        (0, u64::MAX, u32::MAX),
        (1, 3, 7),
        (1, u64::MAX, 0),
        (u64::MAX, u64::MAX, u32::MAX),
    ] {
        for direction in [Direction::Forward, Direction::Backward] {
            let query = Query {
                position: Some(Position {
                    segment,
                    offset,
                    line,
                }),
                direction,
                ..all(GROUP)
            };
            let page = read(&writer, &query);
            assert!(page.is_complete && page.events.len() <= 2);
        }
    }
}

#[test]
fn what_cannot_be_written_leaves_nothing_behind_and_writing_goes_on_afterwards() {
    let temp = tempfile::tempdir().expect("a directory");
    let data_dir = DataDir::open(temp.path()).expect("opened");
    let mut writer = on_disk(&data_dir);
    let source = version(GROUP, LogFormat::Text, 1);
    // A directory stands where the segment is to be.
    let place = temp.path().join("logs").join(segment_name::name(GROUP, 1));
    std::fs::create_dir(&place).expect("made");
    for _ in 0..3 {
        let errors = writer.append_all(&[at(&source, 1, "one\n")]);
        assert!(
            errors[0].to_string().contains("could not write"),
            "{errors:?}"
        );
    }
    assert!(writer.archive.groups_by_name().is_empty());
    std::fs::remove_dir(&place).expect("removed");
    append(&mut writer, &[at(&source, 2, "two\n")]);
    assert_eq!(messages(&read(&writer, &all(GROUP))), ["two"]);
}
