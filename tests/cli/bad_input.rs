//! Bad input: a sentence with the cause and a way out, the right exit code, and nothing half done.

use std::net::TcpListener;

use sparkler_tests::server::run;
use sparkler_tests::{Server, guests, wat};

use crate::{Workbench, assert_fails};

#[test]
fn what_the_command_line_does_not_know_ends_with_two() {
    for arguments in [&["frobnicate"][..], &["serve", "--frobnicate"], &["invoke"]] {
        assert_eq!(run(arguments).code, Some(2), "{arguments:?}");
    }
    assert_fails(&run(["invok"]), 2, &["invoke"]);
}

#[test]
fn files_that_are_no_functions_are_refused_with_the_reason() {
    let (server, bench) = (Server::ephemeral(), Workbench::new());
    let module = bench.file(
        "module.wasm",
        wat::assemble("(module (func (export \"x\")))"),
    );
    let needy = bench.file("needy.wasm", wat::guest("unknown_imports.wat"));
    let silent = bench.file("silent.wasm", wat::guest("no_handler.wat"));
    let text = bench.file("hello.txt", "hello");
    for (file, words) in [
        (&module, &["component"][..]),
        (&needy, &["acme:rockets/launch@1.2.3"]),
        (&silent, &["sparkler:function/handler@0.1.0"]),
        (&text, &["hello.txt"]),
        (&bench.text("missing.wasm"), &["missing.wasm"]),
    ] {
        assert_fails(&server.run(["deploy", "bad", file]), 1, words);
    }
    let state = server.lambda().get("bad");
    let is_active = state.status == 200 && state.json()["Configuration"]["State"] == "Active";
    assert!(!is_active, "{}", state.text());
}

#[test]
fn a_zip_that_was_cut_short_is_refused() {
    let (server, bench) = (Server::ephemeral(), Workbench::new());
    let cut = bench.file("cut.zip", &b"PK\x03\x04 and then the connection broke"[..]);
    assert_fails(&server.run(["deploy", "cut", &cut]), 1, &["zip"]);
}

#[test]
fn a_module_that_is_damaged_is_refused_with_the_place() {
    let bench = Workbench::new();
    // Its code is longer than the file.
    let module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x7f\x01";
    let damaged = bench.file("damaged.wasm", &module[..]);
    for command in ["inspect", "compile"] {
        assert_fails(
            &run([command, &damaged]),
            1,
            &["not valid WebAssembly", "offset"],
        );
    }
}

#[test]
fn a_pipe_is_read_like_a_file() {
    let bench = Workbench::new();
    let pipe = bench.text("pipe.wasm");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &*pipe, rustix::fs::FileType::Fifo, mode, 0)
        .expect("a pipe");
    let place = pipe.clone();
    let writer =
        std::thread::spawn(move || std::fs::write(place, wat::guest("answer_of_size.wat")));
    let inspected = run(["inspect", &pipe]);
    assert_eq!(inspected.code, Some(0), "{}", inspected.stderr);
    assert!(
        inspected.stdout.contains("It can be deployed here"),
        "{}",
        inspected.stdout
    );
    writer.join().expect("ended").expect("written");
}

#[test]
fn an_event_that_is_not_json_is_refused() {
    let server = Server::ephemeral();
    server.deploy("echo", guests::echo(), &[]);
    assert_fails(&server.run(["invoke", "echo", "{'a':1}"]), 1, &["JSON"]);
}

#[test]
fn a_host_that_is_not_there_is_named_with_the_way_to_start_one() {
    let free = TcpListener::bind("127.0.0.1:0").expect("listen");
    let address = free.local_addr().expect("an address").to_string();
    drop(free);
    let endpoint = format!("http://{address}");
    let ended = run(["list", "--endpoint", &endpoint]);
    assert_fails(&ended, 1, &[&address, "sparkler serve"]);
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("listen");
    let address = taken.local_addr().expect("an address").to_string();
    let ended = run(["serve", "--ephemeral", "--listen", &address]);
    assert_fails(&ended, 1, &[&address]);
}

#[test]
fn a_data_directory_that_cannot_be_made_is_named() {
    let bench = Workbench::new();
    let file = bench.file("a-file", "");
    let inside = format!("{file}/data");
    let ended = run(["serve", "--listen", "127.0.0.1:0", "--data-dir", &inside]);
    assert_fails(&ended, 1, &[&inside]);
}

#[test]
fn a_folder_for_messages_that_cannot_be_made_does_not_start_a_server() {
    let bench = Workbench::new();
    let file = bench.file("a-file", "");
    for folder in [file.clone(), format!("{file}/out")] {
        let serve = ["serve", "--ephemeral", "--listen", "127.0.0.1:0"];
        let ended = run(serve.into_iter().chain(["--destinations", &folder]));
        assert_fails(&ended, 1, &[&folder, "--destinations"]);
    }
}

#[test]
fn addresses_that_cannot_be_connected_to_do_not_start_a_server() {
    for flag in ["--sqs-endpoint", "--sns-endpoint"] {
        for (address, word) in [
            ("queues", "http://127.0.0.1:9324"),
            ("http://127.0.0.1:99999", "http://127.0.0.1:9324"),
            ("https://127.0.0.1:9324", "encrypted"),
        ] {
            let serve = ["serve", "--ephemeral", "--listen", "127.0.0.1:0"];
            let ended = run(serve.into_iter().chain([flag, address]));
            assert_fails(&ended, 2, &[flag, address, word]);
        }
    }
}

#[test]
fn a_component_that_cannot_run_does_not_start_a_server() {
    let bench = Workbench::new();
    let needy = bench.file("needy.wasm", wat::guest("unknown_imports.wat"));
    let ended = run(["serve", "--ephemeral", "--listen", "127.0.0.1:0", &needy]);
    assert_fails(&ended, 1, &["acme:rockets/launch@1.2.3"]);
}

#[test]
fn a_manifest_with_a_mistake_names_it() {
    let bench = Workbench::new();
    bench.echo();
    bench.file(
        "sparkler.toml",
        "[functions.echo]\nfile = \"echo.wasm\"\nmemroy = 256\n",
    );
    let folder = crate::text(bench.folder.path());
    let ended = run(["serve", "--ephemeral", "--listen", "127.0.0.1:0", &folder]);
    assert_fails(&ended, 1, &["memroy", "sparkler.toml"]);
}

#[test]
fn deleting_what_is_not_there_fails() {
    let server = Server::ephemeral();
    assert_fails(&server.run(["delete", "nobody"]), 1, &["nobody"]);
}
