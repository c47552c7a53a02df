//! What a page in a real browser gets of a host on the same machine, whose address a foreign name leads to.
//!
//! The browser is Chromium, which `cargo xtask browser` finds and hands over; this suite is no part of the others,
//! since most machines have none.

use std::io::{BufRead as _, BufReader, Write as _, copy};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use serde_json::Value;
use sparkler_tests::{Server, guests};

/// The program that `cargo xtask browser` has found.
const CHROMIUM: &str = "SPARKLER_CHROMIUM";

/// A name that somebody else owns, and one that is the host's own; both lead to this machine.
const FOREIGN: &str = "evil.example";
const OWN: &str = "functions.example";

/// What nobody but the owner of the host may see.
const SECRET: &str = "hunter2secret";

/// What of the host a page asks for.
const ASKED: [&str; 8] = [
    "/2015-03-31/functions/",
    "/2015-03-31/functions/secretive",
    "/2015-03-31/functions/secretive/configuration",
    "/2015-03-31/functions/secretive/versions",
    "/2017-03-31/tags/arn:aws:lambda:us-east-1:123456789012:function:secretive",
    "/sparkler/events",
    "/metrics",
    "/_sparkler/packages/00",
];

#[test]
fn a_page_under_a_foreign_name_reads_nothing() {
    let server = server();
    for (path, status, text) in seen(server.address, FOREIGN) {
        assert_eq!(status, 403, "{path}: {text}");
        assert!(text.contains("--host-name evil.example"), "{path}: {text}");
        assert!(!text.contains(SECRET), "{path}: {text}");
    }
}

/// What shows that the page asks as it should, and that the browser lets it: under a name of the host's own, it
/// sees everything.
#[test]
fn a_page_under_a_name_of_the_hosts_own_is_of_its_origin() {
    let server = server();
    let seen = seen(server.address, OWN);
    let whole = &seen[1];
    assert_eq!(whole.1, 200, "{whole:?}");
    assert!(whole.2.contains(SECRET), "{whole:?}");
}

fn server() -> Server {
    let server = Server::start(["--ephemeral", "--host-name", OWN]);
    let variable = format!("DB_PASSWORD={SECRET}");
    server.deploy("secretive", guests::echo(), &["--env", &variable]);
    server
}

/// What a page under `name` sees of the host at `address`: path, status and text of each.
fn seen(address: SocketAddr, name: &str) -> Vec<(String, u16, String)> {
    let front = in_front_of(address);
    let profile = tempfile::tempdir().expect("make a folder");
    let output = Command::new(chromium())
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
        ])
        .args(["--virtual-time-budget=60000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--host-resolver-rules=MAP {name} 127.0.0.1"))
        .arg(format!("http://{name}:{}/", front.port()))
        .output()
        .expect("run Chromium");
    let page = String::from_utf8_lossy(&output.stdout);
    let found = page
        .split_once("<pre>")
        .and_then(|(_, rest)| rest.split_once("</pre>"));
    let (found, _) = found.unwrap_or_else(|| {
        let said = String::from_utf8_lossy(&output.stderr);
        panic!("the page shows nothing: {page}\n{said}")
    });
    let found = found
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    let found: Value = serde_json::from_str(&found).expect("what the page has written is JSON");
    let found = found.as_array().expect("a list").iter();
    let seen: Vec<_> = found
        .map(|one| {
            let text = |at: usize| one[at].as_str().unwrap_or_default().to_owned();
            let status = one[1]
                .as_u64()
                .and_then(|status| u16::try_from(status).ok());
            (text(0), status.unwrap_or_default(), text(2))
        })
        .collect();
    assert_eq!(seen.len(), ASKED.len(), "{seen:?}");
    seen
}

fn chromium() -> String {
    std::env::var(CHROMIUM)
        .expect("run this suite with `cargo xtask browser`, which finds Chromium")
}

/// A server that shows the page at `/` and hands everything else on as it came: as what a name leads to is the
/// page's own server first and the host behind that.
fn in_front_of(host: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listen on a free port");
    let address = listener.local_addr().expect("the address of the listener");
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || answer(stream, host));
        }
    });
    address
}

/// Answers one request; whether the browser hears it out shows in what the page has written.
fn answer(stream: TcpStream, host: SocketAddr) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let mut stream = stream;
    if head.starts_with("GET / ") {
        let page = page();
        let length = page.len();
        let begin = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        );
        return stream.write_all([begin, page].concat().as_bytes()).ok();
    }
    let mut onwards = TcpStream::connect(host).ok()?;
    let head = head.replace("Connection: keep-alive", "Connection: close");
    onwards.write_all(head.as_bytes()).ok()?;
    onwards.shutdown(Shutdown::Write).ok()?;
    copy(&mut onwards, &mut stream).ok()?;
    stream.shutdown(Shutdown::Both).ok()
}

fn page() -> String {
    let asked = serde_json::to_string(&ASKED).expect("texts have a JSON form");
    format!(
        "<!doctype html><title>page</title><script>
(async () => {{
  const seen = [];
  for (const path of {asked}) {{
    try {{
      const answer = await fetch(path);
      seen.push([path, answer.status, await answer.text()]);
    }} catch (error) {{
      seen.push([path, 0, String(error)]);
    }}
  }}
  const pre = document.createElement('pre');
  pre.textContent = JSON.stringify(seen);
  document.body.append(pre);
}})();
</script><body></body>"
    )
}
