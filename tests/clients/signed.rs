//! A server that asks who calls, and the clients that people have, with keys that are right and that are wrong.

use std::path::{Path, PathBuf};
use std::process::Command;

use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_lambda::error::ProvideErrorMetadata as _;
use aws_sdk_lambda::primitives::Blob;
use sparkler_tests::Server;
use sparkler_tests::certificates::{Authority, put};
use sparkler_tests::key::Key;
use sparkler_tests::node::Node;
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
        Self::starting(|_| Vec::new())
    }

    /// The same, over HTTPS.
    fn encrypted() -> Self {
        Self::starting(|folder| {
            let authority = Authority::new();
            put(&folder.join("ca.pem"), &authority.pem(), 0o644);
            let [certificate, key] = ["cert.pem", "key.pem"].map(|name| folder.join(name));
            authority.host().put(&certificate, &key);
            let options = ["--tls-cert".into(), certificate, "--tls-key".into(), key];
            options.to_vec()
        })
    }

    /// With more options, which may name files of its folder.
    fn starting(options: impl FnOnce(&Path) -> Vec<PathBuf>) -> Self {
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
            "boto3-*,rust-*,js-*",
        ]);
        Self {
            server: Server::start(
                ["--ephemeral", "--keys", file]
                    .map(PathBuf::from)
                    .into_iter()
                    .chain(options(folder.path())),
            ),
            admin,
            guest,
            folder,
        }
    }

    /// Has a client sign as the admin, and gives it the guest's key besides.
    fn give_both_keys(&self, command: &mut Command) {
        let command = self.admin.sign(command);
        command.env("GUEST_KEY", &self.guest.id);
        command.env("GUEST_SECRET", &self.guest.secret);
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
    asking.give_both_keys(&mut command);
    succeed(command.arg(behaviours_zip()).arg(echo_zip()));
    asking.ends_without_telling();
}

#[test]
fn the_sdk_for_javascript_is_believed_with_the_right_key_for_every_operation_and_told_why_with_wrong_ones()
 {
    let asking = Asking::start();
    let mut command = Node::aws_sdk().script("signed.mjs", asking.server.address);
    asking.give_both_keys(&mut command);
    succeed(command.arg(echo_zip()));
    asking.ends_without_telling();
}

#[test]
fn boto3_and_the_aws_cli_verify_the_certificate_of_a_server_and_sign_as_ever() {
    let asking = Asking::encrypted();
    let address = asking.server.address;
    let authorities = asking.folder.path().join("ca.pem");
    let over_https = |mut command: Command| {
        for service in ["LAMBDA", "CLOUDWATCH_LOGS"] {
            let variable = format!("AWS_ENDPOINT_URL_{service}");
            command.env(variable, format!("https://{address}"));
        }
        asking.give_both_keys(&mut command);
        command
    };
    let mut script = over_https(Python::environment().script("signed.py", address));
    let script = script
        .env("AWS_CA_BUNDLE", &authorities)
        // What the script downloads without an SDK.
        .env("SSL_CERT_FILE", &authorities);
    succeed(script.arg(behaviours_zip()).arg(echo_zip()));
    let aws = || {
        let mut command = over_https(Python::environment().aws(address));
        command.args(["lambda", "list-functions"]);
        command
    };
    let listed = succeed(aws().arg("--ca-bundle").arg(&authorities));
    assert!(listed.contains("\"Functions\""), "{listed}");
    let refused = aws().output().expect("run the AWS CLI");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("SSL"), "{said}");
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
