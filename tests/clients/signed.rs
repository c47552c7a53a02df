//! A server that asks who calls, and the clients that people have, with keys that are right and that are wrong.

use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_lambda::error::ProvideErrorMetadata as _;
use aws_sdk_lambda::primitives::Blob;
use sparkler_tests::Server;
use sparkler_tests::key::Key;
use sparkler_tests::python::{Python, succeed};
use sparkler_tests::server::{ended, sparkler};
use tempfile::TempDir;

use crate::rust_sdk;
use crate::{behaviours_zip, echo_zip};
use sparkler_tests::guests;

/// A server with two users, and their keys.
struct Asking {
    server: Server,
    admin: Key,
    guest: Key,
    folder: TempDir,
}

impl Asking {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("keys.toml");
        let file = file.to_str().expect("a path of UTF-8");
        let new = |more: &[&str]| {
            let mut command = sparkler();
            command.args(["keys", "new", "--keys", file]).args(more);
            Key::printed(&ended(&mut command))
        };
        let admin = new(&[
            "--user", "admin", "--policy", "admin", "--policy", "operator",
        ]);
        let guest = new(&[
            "--user",
            "guest",
            "--policy",
            "invoke",
            "--functions",
            "boto3-*,rust-*",
        ]);
        Self {
            server: Server::start(["--ephemeral", "--keys", file]),
            admin,
            guest,
            folder,
        }
    }

    /// Whatever the server has said, no secret was in it.
    fn ends_without_telling(self) {
        let said = self.server.said();
        for key in [&self.admin, &self.guest] {
            assert!(!said.contains(&key.secret), "{said}");
        }
        drop(self.folder);
    }
}

#[test]
fn boto3_is_believed_with_the_right_key_for_every_operation_and_told_why_with_wrong_ones() {
    let asking = Asking::start();
    let mut command = Python::environment().script("signed.py", asking.server.address);
    let command = asking
        .admin
        .sign(&mut command)
        .env("GUEST_KEY", &asking.guest.id)
        .env("GUEST_SECRET", &asking.guest.secret);
    succeed(command.arg(behaviours_zip()).arg(echo_zip()));
    asking.ends_without_telling();
}

#[test]
fn the_aws_cli_and_the_programs_own_commands_sign_with_the_key_in_the_environment() {
    let asking = Asking::start();
    let aws = |key: &Key| {
        let mut command = Python::environment().aws(asking.server.address);
        key.sign(&mut command).args(["lambda", "list-functions"]);
        command
    };
    assert!(succeed(&mut aws(&asking.admin)).contains("\"Functions\""));
    let wrong = Key {
        id: asking.admin.id.clone(),
        secret: "another-secret".into(),
    };
    for (key, name) in [
        (&wrong, "InvalidSignatureException"),
        (&asking.guest, "AccessDeniedException"),
    ] {
        let output = aws(key).output().expect("run the AWS CLI");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(name), "{said}");
    }
    let own = |arguments: &[&str], key: Option<&Key>| {
        let mut command = sparkler();
        command.args(arguments).arg("--endpoint");
        command.arg(format!("http://{}", asking.server.address));
        if let Some(key) = key {
            key.sign(&mut command);
        }
        ended(&mut command)
    };
    for arguments in [&["list"][..], &["events", "list"]] {
        let known = own(arguments, Some(&asking.admin));
        assert_eq!(known.code, Some(0), "{}", known.stderr);
        let unknown = own(arguments, None);
        assert_eq!(unknown.code, Some(1));
        assert!(
            unknown
                .stderr
                .contains("MissingAuthenticationTokenException"),
            "{}",
            unknown.stderr
        );
        assert_eq!(own(arguments, Some(&asking.guest)).code, Some(1));
    }
    asking.ends_without_telling();
}

#[tokio::test]
async fn the_sdk_for_rust_is_believed_with_the_right_key_and_told_why_with_a_wrong_one() {
    let asking = Asking::start();
    let client = |key: &Key| {
        let http = aws_smithy_http_client::Builder::new().build_http();
        let config = aws_sdk_lambda::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(format!("http://{}", asking.server.address))
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new(&key.id, &key.secret, None, None, "tests"))
            .http_client(http)
            .build();
        aws_sdk_lambda::Client::from_conf(config)
    };
    let admin = client(&asking.admin);
    rust_sdk::create(&admin, "rust-signed", guests::behaviours()).await;
    let invoke = |client: &aws_sdk_lambda::Client| {
        let call = client.invoke().function_name("rust-signed");
        call.payload(Blob::new(r#"{"do":"echo","event":1}"#)).send()
    };
    for key in [&asking.admin, &asking.guest] {
        let answer = invoke(&client(key)).await.expect("an answer");
        assert_eq!(answer.payload().expect("a payload").as_ref(), b"1");
    }
    let wrong = Key {
        id: asking.admin.id.clone(),
        secret: "another-secret".into(),
    };
    let refused = invoke(&client(&wrong)).await.expect_err("it is refused");
    assert_eq!(refused.code(), Some("InvalidSignatureException"));
    let denied = client(&asking.guest).list_functions().send().await;
    assert_eq!(
        denied.expect_err("it is refused").code(),
        Some("AccessDeniedException")
    );
    asking.ends_without_telling();
}
