//! Who may call a server: keys that are made, exchanged and revoked while it runs.

use rustix::process::Signal;
use sparkler_tests::key::Key;
use sparkler_tests::lambda::NewFunction;
use sparkler_tests::server::{Ended, ended, run, sparkler};
use sparkler_tests::{Request, Server, guests};

use crate::{Workbench, files_below, text};

const FUNCTIONS: &str = "/2015-03-31/functions";

/// What the server says to `sparkler list` with this key.
fn list(key: &Key, server: &Server) -> Ended {
    let mut command = sparkler();
    command
        .args(["list", "--endpoint"])
        .arg(format!("http://{}", server.address));
    ended(key.sign(&mut command))
}

/// Asks until the server knows the key, or knows it no more.
fn until(key: &Key, server: &Server, is_known: bool) {
    while (list(key, server).code == Some(0)) != is_known {}
}

#[test]
fn keys_are_exchanged_and_revoked_while_a_server_runs() {
    let bench = Workbench::new();
    let file = bench.text("keys.toml");
    let keys = |arguments: &[&str]| {
        let mut all = vec!["keys", arguments[0], "--keys", &file];
        all.extend(&arguments[1..]);
        run(all)
    };
    let first = Key::printed(&keys(&["new", "--user", "ci", "--policy", "deploy"]));
    let server = Server::start(["--ephemeral", "--keys", &file]);
    assert_eq!(list(&first, &server).code, Some(0));
    let health = Request::new("GET", "/health").send(server.address);
    assert_eq!(health.status, 200);
    let unsigned = Request::new("GET", "/2015-03-31/functions").send(server.address);
    assert_eq!(
        unsigned.refusal(),
        (403, "MissingAuthenticationTokenException")
    );
    let date = unsigned.header("date");
    assert!(
        date.is_some_and(|date| date.ends_with(" GMT")),
        "{unsigned:?}"
    );

    let second = Key::printed(&keys(&["rotate", "--user", "ci"]));
    until(&second, &server, true);
    assert_eq!(list(&first, &server).code, Some(0));
    let third = keys(&["rotate", "--user", "ci"]);
    assert!(third.stderr.contains("2 keys already"), "{}", third.stderr);

    assert_eq!(keys(&["revoke", &first.id]).code, Some(0));
    until(&first, &server, false);
    let refused = list(&first, &server).stderr;
    assert!(refused.contains("UnrecognizedClientException"), "{refused}");
    assert_eq!(list(&second, &server).code, Some(0));
    let listed = keys(&["list"]).stdout;
    assert!(
        listed.contains(&format!("{}  inactive  ci", first.id)),
        "{listed}"
    );

    // A broken file changes nothing, and a signal to read it ends nothing.
    std::fs::write(&file, "[account").expect("write");
    server.signal(Signal::HUP);
    while !server.said().contains("stay as they were") {
        assert_eq!(list(&second, &server).code, Some(0));
    }
    assert_eq!(list(&second, &server).code, Some(0));
    let said = server.last_words();
    for secret in [&first.secret, &second.secret] {
        assert!(!said.contains(secret) && !listed.contains(secret), "{said}");
    }
}

/// All that is in the files of a folder.
fn bytes_below(folder: &std::path::Path) -> Vec<u8> {
    let files = files_below(folder).into_iter();
    files
        .flat_map(|path| std::fs::read(path).expect("a file"))
        .collect()
}

#[test]
fn with_a_master_key_nothing_secret_is_read_off_the_disk() {
    const VARIABLE: &str = "SPARKLER_MASTER_KEY";
    const BEFORE: &str = "SPARKLER_MASTER_KEY_BEFORE";
    const VALUE: &str = "a-value-that-nobody-may-read-off-the-disk";
    let bench = Workbench::new();
    let (file, data) = (bench.text("keys.toml"), bench.text("data"));
    let made = || run(["keys", "master"]).stdout.trim().to_owned();
    let (first, second) = (made(), made());
    assert_ne!(first, second);
    let mut new = sparkler();
    let new = new.args([
        "keys", "new", "--keys", &file, "--user", "ci", "--policy", "admin",
    ]);
    let key = Key::printed(&ended(new.env(VARIABLE, &first)));
    let written = std::fs::read_to_string(&file).expect("read");
    assert!(
        !written.contains(&key.secret) && written.contains("\"enc:"),
        "{written}"
    );
    let serve = |variables: &[(&str, &str)]| {
        let mut command = sparkler();
        command.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--data-dir",
            &data,
            "--keys",
            &file,
        ]);
        command.envs(variables.iter().copied());
        command
    };

    let server = Server::of(&mut serve(&[(VARIABLE, &first)]));
    let mut function = NewFunction::new("hidden", guests::behaviours());
    function.environment.insert("NAME".into(), VALUE.into());
    let to = server.address;
    let send = |request: Request, to| request.signed(&key, "lambda", to).send(to);
    let create = Request::new("POST", FUNCTIONS).body(function.request().to_string());
    assert_eq!(send(create, to).status, 201);
    let path = format!("{FUNCTIONS}/hidden/configuration");
    let shown = |to| send(Request::new("GET", &path), to).json();
    while shown(to)["State"] != "Active" {}
    assert!(server.stop().success());
    let holds = |value: &str| {
        let bytes = bytes_below(&bench.path("data"));
        bytes
            .windows(value.len())
            .any(|some| some == value.as_bytes())
    };
    assert!(!holds(VALUE) && !holds(&key.secret));

    for (variables, told) in [
        (&[][..], "master key"),
        (&[(VARIABLE, second.as_str())][..], "another master key"),
        (&[(VARIABLE, "short")][..], "32 random bytes"),
        (
            &[(BEFORE, first.as_str())][..],
            "takes, and there is no other",
        ),
    ] {
        let refused = ended(&mut serve(variables));
        assert_ne!(refused.code, Some(0));
        assert!(refused.stderr.contains(told), "{}", refused.stderr);
    }
    let both = [(VARIABLE, second.as_str()), (BEFORE, first.as_str())];
    let server = Server::of(&mut serve(&both));
    assert_eq!(
        shown(server.address)["Environment"]["Variables"]["NAME"],
        VALUE
    );
    assert!(server.stop().success());
    assert!(!holds(VALUE));
}

#[test]
fn an_address_that_others_reach_is_refused_without_keys_or_a_word() {
    let refused = run(["serve", "--ephemeral", "--listen", "0.0.0.0:0"]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("--insecure-no-auth"),
        "{}",
        refused.stderr
    );
    let refused = run([
        "serve",
        "--ephemeral",
        "--listen",
        "127.0.0.1:0",
        "--auth",
        "sigv4",
    ]);
    assert!(
        refused.stderr.contains("sparkler keys new"),
        "{}",
        refused.stderr
    );
    let mut command = sparkler();
    let arguments = [
        "serve",
        "--ephemeral",
        "--insecure-no-auth",
        "--listen",
        "0.0.0.0:0",
    ];
    let server = Server::of(command.args(arguments));
    assert!(server.address.ip().is_unspecified());
}

#[test]
fn a_file_of_keys_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Workbench::new();
    let file = bench.path("keys.toml");
    std::fs::write(&file, "").expect("write");
    let mode = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(&file, mode).expect("change the mode");
    let refused = run(["serve", "--ephemeral", "--keys", &text(&file)]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("chmod 600"), "{}", refused.stderr);
}
