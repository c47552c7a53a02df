//! Functions in Python from the command line: from `sparkler new` to an answer, and what is said where the
//! machine or the function is not ready.

use std::fs;
use std::process::Command;

use sparkler_tests::server::{ended, sparkler};
use sparkler_tests::{Server, kits};

use crate::{Workbench, assert_fails, assert_succeeds};

/// The binary, with the tools that the suites share.
fn with_tools() -> Command {
    let mut command = sparkler();
    command.env("SPARKLER_TOOLS", kits::tools());
    command
}

#[test]
fn a_new_function_in_python_builds_and_runs() {
    let (server, bench) = (Server::ephemeral(), Workbench::new());
    let folder = bench.text("greeter");
    assert_succeeds(&ended(
        sparkler().args(["new", "--lang", "python", &folder]),
    ));
    let tested = Command::new("python3")
        .args(["-m", "unittest"])
        .current_dir(&folder)
        .output();
    let tested = tested.expect("run python3, which these suites need");
    assert!(
        tested.status.success(),
        "{}",
        String::from_utf8_lossy(&tested.stderr)
    );

    let built = ended(with_tools().args(["build", &folder]));
    assert_succeeds(&built);
    assert!(
        built.stdout.trim().ends_with("build/greeter.wasm"),
        "{}",
        built.stdout
    );
    assert!(bench.path("greeter/build/greeter.zip").is_file());
    assert_succeeds(&server.run(["deploy", "greeter", &folder]));
    let invoked = server.run(["invoke", "greeter", r#"{"name":"World"}"#]);
    assert_succeeds(&invoked);
    assert_eq!(invoked.stdout.trim(), r#"{"greeting": "Hello, World!"}"#);
}

#[test]
fn a_function_that_cannot_be_imported_is_shown_with_the_users_own_trace() {
    let bench = Workbench::new();
    fs::write(bench.path("pyproject.toml"), "").expect("write a file");
    bench.file(
        "handler.py",
        "import nothing_of_this_name\n\ndef handler(event, context): ...\n",
    );
    let built = ended(with_tools().args(["build", &bench.text("")]));
    assert_fails(
        &built,
        1,
        &[
            "does not compile",
            "File \"handler.py\", line 1, in <module>",
            "No module named 'nothing_of_this_name'",
        ],
    );
    assert!(
        !built.stderr.contains("Stack backtrace"),
        "{}",
        built.stderr
    );

    bench.file("handler.py", "async def handler(event, context): ...\n");
    let built = ended(with_tools().args(["build", &bench.text("")]));
    assert_fails(&built, 1, &["'handler.handler' is an async function"]);
}

#[test]
fn a_package_with_machine_code_is_refused_with_the_reason() {
    let bench = Workbench::new();
    bench.file(
        "pyproject.toml",
        "[project]\nname = 'native'\ndependencies = ['orjson==3.11.4']\n",
    );
    bench.file("handler.py", "def handler(event, context): ...\n");
    let built = ended(with_tools().args(["build", &bench.text("")]));
    assert_fails(
        &built,
        1,
        &["orjson 3.11.4 has machine code", "packages of pure Python"],
    );
}

#[test]
fn packages_are_built_without_their_optional_machine_code_and_an_older_version_is_told() {
    let bench = Workbench::new();
    bench.file(
        "pyproject.toml",
        "[project]\nname = 'several'\ndependencies = ['MarkupSafe==3.0.3', 'pydantic']\n",
    );
    bench.file(
        "handler.py",
        "import markupsafe\nimport pydantic\n\nTEXT = str(markupsafe.escape('<'))\n\n\
         def handler(event, context): ...\n",
    );
    let built = ended(with_tools().args(["build", &bench.text("")]));
    assert_succeeds(&built);
    let told = &built.stderr;
    assert!(told.contains("pydantic 1."), "{told}");
    assert!(told.contains("pydantic-core has machine code"), "{told}");
    assert!(!told.contains("markupsafe"), "{told}");
}

#[test]
fn a_machine_without_python_learns_what_to_install() {
    let bench = Workbench::new();
    bench.file("pyproject.toml", "");
    bench.file("handler.py", "def handler(event, context): ...\n");
    let built = ended(
        sparkler()
            .env("PATH", "/nowhere")
            .args(["build", &bench.text("")]),
    );
    assert_fails(
        &built,
        1,
        &["no python3 on the PATH", "apt install python3 python3-venv"],
    );
}
