//! Sources as packages: they run on an interpreter that all of them share, each from a state of its own.

mod javascript;

use std::fs;
use std::io::{Cursor, Write as _};
use std::sync::OnceLock;

use serde_json::{Value, json};
use sparkler::internals::{Language, Runtimes};
use sparkler_tests::{Deploying, Function, Reply, TestHost, guests, kits, wat};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::assert_refused;

fn zip_of(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default())
            .expect("begin a file");
        zip.write_all(text.as_bytes()).expect("write a file");
    }
    zip.finish().expect("end a zip").into_inner()
}

/// A host whose interpreter of Python is what counts how often it was initialized.
fn counting() -> (TestHost, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let runtimes = Runtimes::in_folder(folder.path());
    let interpreter = wat::guest("interpreter.wat");
    runtimes
        .put(Language::Python, ("3.0.0", ""), &interpreter)
        .expect("kept");
    let place = folder.path().to_owned();
    let host = TestHost::configured(|config| config.runtimes = Some(place));
    (host, folder)
}

/// A host with Python and JavaScript, which the tests of this module share.
fn interpreting() -> &'static TestHost {
    static HOST: OnceLock<TestHost> = OnceLock::new();
    HOST.get_or_init(|| {
        let folder = kits::runtimes();
        TestHost::configured(|config| config.runtimes = Some(folder))
    })
}

fn sources<'host>(host: &'host TestHost, files: &[(&str, &str)]) -> Deploying<'host> {
    host.function(zip_of(files))
        .memory_mb(256)
        .runs("python3.13", "app.handler")
}

#[track_caller]
fn answer(reply: &Reply) -> Value {
    assert_eq!(reply.function_error(), None, "{}", reply.text());
    reply.json()
}

/// Two answers to `event` of a function that says in them what it finds: each starts from the memory that one import
/// left, beside the files of its package, and finds nothing of the other.
#[track_caller]
fn starts_afresh(function: &Function<'_>, event: &str) -> [Value; 2] {
    let answers = [(); 2].map(|()| answer(&function.invoke(event)));
    for answer in &answers {
        assert_eq!(answer["calls"], 1);
        assert_eq!(
            (&answer["data"], &answer["word"]),
            (&json!("data"), &json!("early"))
        );
        assert_eq!(
            (&answer["cwd"], &answer["root"]),
            (&json!("/var/task"), &json!("/var/task"))
        );
        assert_eq!(answer["greeting"], "Hello");
    }
    let [one, other] = &answers;
    assert_eq!(one["drawn"], other["drawn"], "what the import drew is kept");
    assert_ne!(one["fresh"], other["fresh"]);
    let log = function.invoke("{}").log().text();
    assert!(!log.contains("Not started from a kept state"), "{log}");
    answers
}

#[test]
fn every_sandbox_starts_from_the_state_that_one_import_left() {
    let (host, _folder) = counting();
    let function = sources(&host, &[("app.py", "")]).deploy();
    for _ in 0..3 {
        assert_eq!(
            function.invoke("{}").text(),
            "11",
            "initialized and restored once"
        );
    }
    let change = json!({ "Environment": { "Variables": { "NAME": "value" } } });
    assert_eq!(
        host.lambda()
            .update_settings(function.name(), &change)
            .status,
        200
    );
    host.settled(function.name());
    assert_eq!(function.invoke("{}").text(), "11");
}

#[test]
fn a_package_with_the_module_of_its_handler_is_sources_whatever_wasm_is_in_it() {
    let (host, _folder) = counting();
    let wasm = String::from_utf8_lossy(b"\0asm").into_owned();
    let function = sources(&host, &[("app.py", ""), ("lib/x.wasm", &wasm)]).deploy();
    assert_eq!(function.invoke("{}").text(), "11");
    let component = host
        .function(guests::echo())
        .runs("python3.13", "app.handler")
        .deploy();
    assert_eq!(
        component.invoke("7").text(),
        "7",
        "bare wasm is a component"
    );
}

#[test]
fn without_an_interpreter_it_is_said_which_command_brings_it() {
    let refused = sources(TestHost::shared(), &[("app.py", "")])
        .attempt()
        .err()
        .expect("refused");
    for words in ["sparkler runtimes prepare python", "--runtimes python"] {
        assert!(refused.contains(words), "{refused}");
    }
}

#[test]
fn a_package_without_the_module_of_its_handler_says_which_files_it_could_be() {
    let (host, _folder) = counting();
    let refused = sources(&host, &[("other.py", "")])
        .attempt()
        .err()
        .expect("refused");
    assert!(
        refused.contains("app.py and no app/__init__.py"),
        "{refused}"
    );
}

#[test]
fn paths_that_lead_out_of_a_package_are_refused() {
    let (host, _folder) = counting();
    for name in ["../x.py", "/etc/x", "a\\b"] {
        let refused = sources(&host, &[("app.py", ""), (name, "")]).attempt();
        assert!(refused.is_err(), "{name}");
    }
}

#[test]
fn a_python_function_finds_its_package_and_starts_afresh_each_time() {
    let text = r#"
import os, random
from lib import words
CALLS = []
DRAWN = random.random()
def handler(event, context):
    from lib import late
    CALLS.append(event)
    with open("lib/data.txt") as file:
        data = file.read()
    try:
        open("/var/task/new", "w")
        written = True
    except OSError:
        written = False
    with open("/tmp/own", "x") as file:
        file.write("x")
    return {"calls": len(CALLS), "data": data, "word": words.WORD, "late": late.WORD, "written": written,
            "cwd": os.getcwd(), "root": os.environ["LAMBDA_TASK_ROOT"], "files": sorted(os.listdir()),
            "drawn": DRAWN, "fresh": random.random(), "greeting": os.environ.get("GREETING")}
"#;
    let files = [
        ("app.py", text),
        ("lib/words.py", "WORD = 'early'"),
        ("lib/late.py", "WORD = 'late'"),
        ("lib/data.txt", "data"),
    ];
    let function = sources(interpreting(), &files)
        .variable("GREETING", "Hello")
        .deploy();
    for answer in starts_afresh(&function, "{}") {
        assert_eq!(answer["late"], "late");
        assert_eq!(answer["written"], false);
        assert_eq!(answer["files"], json!(["app.py", "lib"]));
    }
}

#[test]
fn the_state_of_one_function_is_not_that_of_another() {
    let text =
        |word: &str| format!("WORD = '{word}'\ndef handler(event, context):\n    return WORD\n");
    let deploy = |word: &str| -> Function<'static> {
        sources(interpreting(), &[("app.py", text(word).as_str())]).deploy()
    };
    let functions = ["one", "two", "three"].map(|word| (word, deploy(word)));
    for _ in 0..2 {
        for (word, function) in &functions {
            assert_eq!(answer(&function.invoke("{}")), *word);
        }
    }
}

#[test]
fn a_published_version_goes_on_from_the_state_of_latest() {
    let files = [(
        "app.py",
        "def handler(event, context):\n    return context.function_version\n",
    )];
    let function = sources(interpreting(), &files).deploy();
    let path = format!("{}/versions", function.name());
    let reply = interpreting().lambda().call("POST", &path, &json!({}));
    assert_eq!(
        (reply.status, &reply.json()["State"]),
        (201, &json!("Active"))
    );
    let reply = interpreting()
        .lambda()
        .invoke(&format!("{}:1", function.name()), "{}");
    assert_eq!(answer(&reply), "1");
}

#[test]
fn what_cannot_be_imported_is_said_at_deploy() {
    for (files, said) in [
        (
            &[("app.py", "import nothing_of_this_name")][..],
            "Runtime.ImportModuleError: Unable to import module 'app': No module named 'nothing_of_this_name'",
        ),
        (
            &[
                ("app.py", "import native"),
                ("native/__init__.py", "from . import _x"),
                ("native/_x.so", ""),
            ],
            "cannot run in a sandbox: native/_x.so",
        ),
        (
            &[("app.py", "def handler(:")],
            "Runtime.UserCodeSyntaxError: Syntax error in module 'app'",
        ),
        (
            &[("app.py", "")],
            "Runtime.HandlerNotFound: Handler 'handler' missing on module 'app'",
        ),
    ] {
        let reason = sources(interpreting(), files)
            .attempt()
            .err()
            .expect("it fails");
        assert!(reason.contains(said), "{reason}");
    }
}

#[test]
fn an_import_that_uses_tmp_is_made_in_each_sandbox_and_the_log_says_so() {
    let text = "import os\nopen('/tmp/x', 'w').close()\nNAMES = os.listdir('/tmp')\n\
                def handler(event, context):\n    return NAMES\n";
    let function = sources(interpreting(), &[("app.py", text)]).deploy();
    let reply = function.invoke("{}");
    assert_eq!(answer(&reply), json!(["x"]));
    let log = reply.log().text();
    assert!(
        log.contains("Not started from a kept state: Importing the function uses /tmp"),
        "{log}"
    );
}

#[test]
fn an_import_that_needs_what_is_not_there_yet_fails_its_calls_until_it_is() {
    let text =
        "import os\nTABLE = os.environ['TABLE']\ndef handler(event, context):\n    return TABLE\n";
    let function = sources(interpreting(), &[("app.py", text)]).deploy();
    let failed = function.invoke("{}");
    assert!(failed.text().contains("TABLE"), "{}", failed.text());
    assert!(failed.function_error().is_some());
    let change = json!({ "Environment": { "Variables": { "TABLE": "orders" } } });
    assert_eq!(
        interpreting()
            .lambda()
            .update_settings(function.name(), &change)
            .status,
        200
    );
    interpreting().settled(function.name());
    assert_eq!(answer(&function.invoke("{}")), "orders");
}

#[test]
fn an_update_whose_module_is_missing_fails_and_what_ran_before_goes_on() {
    let files = [("app.py", "def handler(event, context):\n    return 1\n")];
    let function = sources(interpreting(), &files).deploy();
    let package = zip_of(&[("app.py", "import nothing_of_this_name")]);
    assert_eq!(
        interpreting()
            .lambda()
            .update_code(function.name(), &package)
            .status,
        200
    );
    let version = interpreting().settled(function.name());
    assert!(format!("{:?}", version.last_update).contains("nothing_of_this_name"));
    assert_eq!(answer(&function.invoke("{}")), 1);
    assert_refused(
        &interpreting()
            .lambda()
            .update_code(function.name(), &zip_of(&[("other.py", "")])),
        400,
        "InvalidParameterValueException",
        "app.py",
    );
}

#[test]
fn an_interpreter_that_is_there_stays_when_its_functions_go() {
    let (host, folder) = counting();
    let function = sources(&host, &[("app.py", "")]).deploy();
    assert_eq!(host.lambda().delete(function.name()).status, 204);
    let again = sources(&host, &[("app.py", "")]).deploy();
    assert_eq!(again.invoke("{}").text(), "11");
    assert!(
        fs::read_dir(folder.path().join("python"))
            .expect("there")
            .count()
            >= 2
    );
}

#[test]
fn an_error_in_python_is_written_as_on_lambda() {
    let text = "def handler(event, context):\n    raise ValueError('no ' + event['what'])\n";
    let function = sources(interpreting(), &[("app.py", text)]).deploy();
    let reply = function.invoke(r#"{"what": "name"}"#);
    assert_eq!(reply.header("x-amz-function-error"), Some("Unhandled"));
    let id = reply.header("x-amzn-requestid").expect("an id").to_owned();
    let trace = "  File \"/var/task/app.py\", line 2, in handler\n    raise ValueError('no ' + event['what'])\n";
    assert_eq!(
        reply.json(),
        json!({"errorMessage": "no name", "errorType": "ValueError", "requestId": id, "stackTrace": [trace]})
    );
    assert!(reply.text().starts_with("{\"errorMessage\":"));
}

#[test]
fn a_handler_is_changed_before_the_code_that_has_it() {
    let files = [("app.py", "def handler(event, context):\n    return 1\n")];
    let function = sources(interpreting(), &files).deploy();
    let lambda = interpreting().lambda();
    let change = json!({ "Handler": "other.run" });
    assert_eq!(lambda.update_settings(function.name(), &change).status, 200);
    let version = interpreting().settled(function.name());
    assert!(format!("{:?}", version.last_update).contains("Successful"));
    let failed = function.invoke("{}");
    assert_eq!(failed.json()["errorType"], "Runtime.ImportModuleError");
    let package = zip_of(&[("other.py", "def run(event, context):\n    return 2\n")]);
    assert_eq!(lambda.update_code(function.name(), &package).status, 200);
    interpreting().settled(function.name());
    assert_eq!(answer(&function.invoke("{}")), 2);
}
