//! The same in JavaScript.

use serde_json::json;
use sparkler_tests::lambda::streaming_invocation;
use sparkler_tests::{Deploying, EventStream};

use super::{answer, interpreting, starts_afresh, zip_of};

fn sources(files: &[(&str, &str)]) -> Deploying<'static> {
    interpreting()
        .function(zip_of(files))
        .memory_mb(256)
        .runs("nodejs22.x", "index.handler")
}

#[test]
fn a_function_of_node_finds_its_package_and_starts_afresh_each_time() {
    let text = r#"
const fs = require("node:fs");
const words = require("./lib/words");
const pad = require("left-pad");
let calls = 0;
const drawn = Math.random();
exports.handler = async (event, context) => ({
  calls: ++calls,
  word: words.WORD,
  padded: pad("a"),
  data: fs.readFileSync("lib/data.txt", "utf8"),
  cwd: process.cwd(),
  root: process.env.LAMBDA_TASK_ROOT,
  greeting: process.env.GREETING,
  drawn,
  fresh: Math.random(),
  name: context.functionName,
  echoed: event,
});
"#;
    let function = sources(&[
        ("index.js", text),
        ("lib/words.js", "exports.WORD = 'early'"),
        ("lib/data.txt", "data"),
        (
            "node_modules/left-pad/package.json",
            r#"{"main": "pad.js"}"#,
        ),
        (
            "node_modules/left-pad/pad.js",
            "module.exports = (text) => `  ${text}`",
        ),
    ])
    .variable("GREETING", "Hello")
    .deploy();
    let event = r#"{"a": [1, "ü"]}"#;
    for answer in starts_afresh(&function, event) {
        assert_eq!(answer["padded"], "  a");
        assert_eq!(answer["name"], function.name());
        assert_eq!(answer["echoed"], json!({"a": [1, "ü"]}));
    }
}

#[test]
fn modules_of_either_kind_and_types_are_read_as_they_are() {
    for (file, text) in [
        (
            "index.mjs",
            "import path from 'node:path'; export const handler = async () => path.join('a', 'b')",
        ),
        (
            "index.cjs",
            "exports.handler = (event, context, callback) => callback(null, 'a/b')",
        ),
        (
            "index.ts",
            "enum Word { A = 'a/b' }\nexport const handler = async (): Promise<string> => Word.A",
        ),
    ] {
        let function = sources(&[(file, text)]).deploy();
        assert_eq!(answer(&function.invoke("{}")), "a/b", "{file}");
    }
}

#[test]
fn an_error_in_javascript_is_written_as_on_lambda() {
    let text = "exports.handler = async () => {\n  throw new RangeError('too far');\n};\n";
    let function = sources(&[("index.js", text)]).deploy();
    let reply = function.invoke("{}");
    assert_eq!(reply.header("x-amz-function-error"), Some("Unhandled"));
    let error = reply.json();
    assert_eq!(
        (&error["errorType"], &error["errorMessage"]),
        (&json!("RangeError"), &json!("too far"))
    );
    let trace = error["trace"].as_array().expect("a trace");
    assert_eq!(trace[0], "RangeError: too far");
    let place = trace[1].as_str().expect("a frame");
    assert!(place.contains("/var/task/index.js:2"), "{place}");
    assert_eq!(error.get("stackTrace"), None);
}

#[test]
fn what_node_could_not_load_is_said_at_deploy() {
    for (files, said) in [
        (
            &[("index.js", "require('left-pad')")][..],
            "Runtime.ImportModuleError: Error: Cannot find module 'left-pad'",
        ),
        (
            &[("index.js", "exports.handler = (")],
            "Runtime.UserCodeSyntaxError",
        ),
        (
            &[("index.js", "exports.other = 1")],
            "Runtime.HandlerNotFound: index.handler is undefined or not exported",
        ),
        (
            &[
                ("index.js", "require('./build/a.node')"),
                ("build/a.node", "\u{7f}ELF"),
            ],
            "cannot run in a sandbox: build/a.node",
        ),
    ] {
        let reason = sources(files).attempt().err();
        let reason = reason.unwrap_or_else(|| panic!("it does not fail: {said}"));
        assert!(reason.contains(said), "{reason}");
    }
}

#[test]
fn a_streaming_handler_writes_its_response_piece_by_piece() {
    let text = "exports.handler = awslambda.streamifyResponse(async (event, stream) => {\n  \
                stream.write('one ');\n  stream.write('two');\n  stream.end();\n});\n";
    let function = sources(&[("index.js", text)]).deploy();
    let request = streaming_invocation(function.name(), "{}");
    let (payload, _) = EventStream::open(interpreting().address(), &request).finish();
    assert_eq!(payload, b"one two");
}
