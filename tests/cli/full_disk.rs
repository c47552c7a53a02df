//! A data directory on a disk that has no room: what would grow is refused with the reason, what is there runs, and
//! everything can be deleted.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sparkler_tests::lambda::event;
use sparkler_tests::server::run;
use sparkler_tests::small_disk::SmallDisk;
use sparkler_tests::{Connection, NewFunction, Request, Server, guests, metric, wat};

use crate::{Workbench, assert_fails};

/// The disk of these tests, of which a twentieth must stay free.
const DISK_BYTES: u64 = 24 << 20;
const FREE_BYTES_MIN: u64 = DISK_BYTES / 100 * 5;

fn request(server: &Server, method: &str, path: &str, body: &Value) -> (u16, String) {
    let reply = server.lambda().call(method, path, body);
    (reply.status, reply.text().to_owned())
}

/// A component like `wasm` that is another one, and larger by so many bytes.
fn larger(wasm: &[u8], bytes: usize, seed: u8) -> Vec<u8> {
    let name = b"padding";
    let content = 1 + name.len() + bytes;
    let mut size = content;
    let mut section = vec![0];
    let byte = |bits: usize| u8::try_from(bits).expect("a byte");
    while size >= 0x80 {
        section.push(byte(size & 0x7f | 0x80));
        size >>= 7;
    }
    section.extend([byte(size), byte(name.len())]);
    section.extend(name);
    section.extend(std::iter::repeat_n(seed, bytes));
    [wasm, &section].concat()
}

#[test]
fn on_a_disk_that_is_full_to_the_last_byte_nothing_is_begun_and_everything_can_be_deleted() {
    let disk = SmallDisk::new(DISK_BYTES);
    let server = disk.serve(&["--event-retry-delays", "0ms,0ms"]);
    let echo = guests::echo();
    // More than all compiled code that could give way to it.
    let large = larger(echo, 2 << 20, 1);
    server.deploy("echo", echo, &[]);
    server.deploy("sad", guests::behaviours(), &[]);
    let lambda = server.lambda();
    let version = lambda.call("POST", "echo/versions", &json!({}));
    assert_eq!(version.status, 201, "{}", version.text());
    let alias = json!({ "Name": "live", "FunctionVersion": "1" });
    let aliases = "echo/aliases";
    assert_eq!(request(&server, "POST", aliases, &alias).0, 201);
    let failing = json!({ "do": "fail", "type": "Sad", "message": "no luck" }).to_string();
    let mut connection = Connection::open(server.address);
    assert_eq!(connection.exchange(&event("sad", failing)).status, 202);
    let dead = Request::new("GET", "/sparkler/events?state=dead");
    let give_up_at = Instant::now() + Duration::from_secs(60);
    while connection.exchange(&dead).json()["counts"]["dead"] != 1 {
        assert!(Instant::now() < give_up_at, "the event does not end");
        std::thread::yield_now();
    }
    disk.fill();
    assert_eq!(metric(server.address, "sparkler_data_free_bytes"), 0);

    let refused = lambda.create(&NewFunction::new("new", large));
    assert_eq!(
        refused.refusal(),
        (400, "CodeStorageExceededException"),
        "{}",
        refused.text()
    );
    assert!(refused.text().contains("nearly full"), "{}", refused.text());
    assert_eq!(lambda.get("new").status, 404);
    assert_eq!(lambda.invoke("echo", "[1]").text(), "[1]");
    assert!(metric(server.address, "sparkler_data_refused_total") >= 1);

    let alias = format!("{aliases}/live");
    assert_eq!(request(&server, "DELETE", &alias, &json!({})).0, 204);
    let purge = Request::new("DELETE", "/sparkler/events?all=true");
    let purged = connection.exchange(&purge);
    assert_eq!(purged.status, 200, "{}", purged.text());
    let version = "echo?Qualifier=1";
    assert_eq!(request(&server, "DELETE", version, &json!({})).0, 204);
    assert_eq!(lambda.delete("sad").status, 204);
    drop(connection);

    // Whatever that has made room for, others have taken; and the host crashes.
    disk.empty();
    disk.fill();
    server.kill();
    let server = disk.serve(&[]);
    let lambda = server.lambda();
    // Compiled code has not given way to anything small.
    assert_eq!(lambda.invoke("echo", "[2]").text(), "[2]");
    let refused = lambda.update_settings("echo", &json!({ "Description": "d".repeat(200) }));
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(refused.text().contains("nearly full"), "{}", refused.text());
    let refused = event("echo", "1").send(server.address);
    assert_eq!(refused.refusal(), (429, "TooManyRequestsException"));
    assert!(refused.text().contains("nearly full"), "{}", refused.text());
    let refused = lambda.call("POST", "echo/versions", &json!({}));
    assert_eq!(refused.refusal(), (400, "CodeStorageExceededException"));
    let deleted = lambda.delete("echo");
    assert_eq!(deleted.status, 204, "{}", server.said());
    assert_eq!(lambda.get("echo").status, 404);
    assert_eq!(lambda.get("sad").status, 404);

    disk.empty();
    assert!(metric(server.address, "sparkler_data_free_bytes") > FREE_BYTES_MIN);
    server.deploy("echo", echo, &[]);
    assert_eq!(lambda.invoke("echo", "[3]").text(), "[3]");
    assert!(metric(server.address, "sparkler_data_bytes{part=\"reserve\"}") > 0);
}

#[test]
fn compiled_code_gives_way_to_a_deploy_and_is_made_again_when_it_is_called() {
    let disk = SmallDisk::new(DISK_BYTES);
    let server = disk.serve(&[]);
    // It is memory, and so is what functions write into /tmp there.
    assert!(
        server.said().contains("lies in memory"),
        "{}",
        server.said()
    );
    let value = |name: &str| metric(server.address, name);
    let artifacts = || value("sparkler_data_bytes{part=\"artifacts\"}");
    let echo = guests::echo();
    for (name, seed) in [("one", 1), ("two", 2)] {
        server.deploy(name, &larger(echo, 10, seed), &[]);
        assert_eq!(server.lambda().invoke(name, "[1]").text(), "[1]");
    }
    let parts = [
        "packages",
        "artifacts",
        "logs",
        "catalog",
        "events",
        "reserve",
    ];
    let used: u64 = parts
        .map(|part| value(&format!("sparkler_data_bytes{{part=\"{part}\"}}")))
        .iter()
        .sum();
    // With the room for what is compiled of it, twice its size, a little more than there is.
    let room = value("sparkler_data_bytes_limit") - used;
    let bytes = usize::try_from(room / 3).expect("a size") + (64 << 10);
    let large = larger(echo, bytes - echo.len(), 3);
    let before = artifacts();
    server.deploy("large", &large, &[]);
    assert!(value("sparkler_data_artifacts_gave_way_total") >= 1);
    assert!(server.said().contains("gives way"), "{}", server.said());
    let without = artifacts();
    for name in ["large", "one", "two"] {
        assert_eq!(server.lambda().invoke(name, "[2]").text(), "[2]");
    }
    assert!(artifacts() > without, "it is made again");
    assert!(artifacts() > before);

    // The package is there: it takes no more of the share that it would not fit in twice.
    let share = value("sparkler_data_bytes_limit") / 2;
    assert!(2 * large.len() as u64 > share, "{} of {share}", large.len());
    server.deploy("again", &large, &[]);
    let other = server
        .lambda()
        .create(&NewFunction::new("other", larger(&large, 10, 4)));
    assert_eq!(other.refusal(), (400, "CodeStorageExceededException"));
    for name in ["large", "again", "one", "two"] {
        assert_eq!(server.lambda().delete(name).status, 204, "{name}");
    }
    server.deploy("other", &larger(&large, 10, 4), &[]);
}

#[test]
fn a_budget_bounds_what_the_data_directory_takes() {
    let bench = Workbench::new();
    let data = bench.text("data");
    let server = Server::start(["--data-dir", &data, "--data-max", "16MiB"]);
    assert_eq!(
        metric(server.address, "sparkler_data_bytes_limit"),
        16 << 20
    );
    let small = wat::guest("answer_of_size.wat");
    // Half of it is for packages.
    let large = NewFunction::new("large", larger(&small, 9 << 20, 1));
    let refused = server.lambda().create(&large);
    assert_eq!(refused.refusal(), (400, "CodeStorageExceededException"));
    assert!(refused.text().contains("--data-max"), "{}", refused.text());
    server.deploy("small", &small, &[]);
    assert!(metric(server.address, "sparkler_data_bytes{part=\"packages\"}") > 0);
}

#[test]
fn a_budget_that_is_none_is_refused() {
    let bench = Workbench::new();
    let data = bench.text("data");
    let serve = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data-dir",
        &data,
        "--data-max",
    ];
    let ended = |size: &str| run(serve.iter().chain([&size]));
    assert_fails(&ended("1MB"), 1, &["1000000", "16777216"]);
    assert_fails(&ended("lots"), 2, &["such as 20GB"]);
}
