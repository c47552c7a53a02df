//! The example that embeds the host: a text goes through plugins that mean well, and past those that do not.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use sparkler_tests::guests;

const PLUGINS: [&str; 5] = ["glossary", "endless", "greedy", "broken", "shout"];

/// Runs the example over `text` with plugins that lie in `folder`.
fn run(folder: &Path, text: &str) -> Output {
    let program = std::env::var("CARGO_BIN_EXE_embed-plugins-under-test")
        .expect("run the suites with cargo: it tells them where the example is");
    let mut child = Command::new(program)
        .args(PLUGINS.map(|plugin| folder.join(plugin).with_extension("wasm")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("start the example");
    let mut input = child.stdin.take().expect("its input");
    input.write_all(text.as_bytes()).expect("it reads");
    drop(input);
    child.wait_with_output().expect("it ends")
}

#[test]
fn a_text_goes_through_good_plugins_and_past_bad_ones() {
    let folder = tempfile::tempdir().expect("make a temporary folder");
    for plugin in PLUGINS {
        let place = folder.path().join(plugin).with_extension("wasm");
        std::fs::write(place, guests::plugin(plugin)).expect("write a plugin");
    }
    let output = run(folder.path(), "a plugin in a sandbox\n");
    let (text, table) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{table}");
    assert_eq!(
        text,
        "A PLUGIN (SOMEBODY ELSE'S CODE) IN A SANDBOX (A PLACE WHERE NOTHING CAN BREAK)\n"
    );
    let row = |plugin: &str| {
        let mut lines = table.lines().skip_while(|line| !line.starts_with(plugin));
        let row = lines.next().unwrap_or_else(|| panic!("{plugin}: {table}"));
        let words = lines.next().filter(|line| line.starts_with(' '));
        format!("{row}\n{}", words.unwrap_or_default())
    };
    for (plugin, outcome, words) in [
        ("glossary", "ok", "explained 2 words"),
        ("endless", "still running after 200ms", "thinking about"),
        ("greedy", "more than the 16 MB", ""),
        ("broken", "a thousand lines", "a thousand lines"),
        ("shout", "ok", "shouting 14 words"),
    ] {
        let row = row(plugin);
        assert!(row.contains(outcome) && row.contains(words), "{table}");
    }
}
