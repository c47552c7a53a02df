//! A host that asks who calls, and requests that are signed as AWS's clients sign them.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::SystemTime;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use sparkler::Credentials;
use sparkler::internals::{Door, Sandboxes, Signable, signed_headers};
use tempfile::TempDir;

use crate::calls::{Calls, caller};
use crate::echo::{self, EVENT};

/// The key of somebody who may invoke the function. It is nobody's: the host lives as long as the benchmark does.
const ID: &str = "SPKLBENCH00000000001";
const SECRET: &str = "a-secret-of-the-benchmarks-alone-40-chars";

/// A file of keys with that one.
fn keys() -> String {
    format!(
        "[account.123456789012.user.bench]\npolicy = [\"invoke\"]\n\
         [[account.123456789012.user.bench.key]]\nid = \"{ID}\"\nsecret = \"{SECRET}\"\n"
    )
}

/// The host, and who calls it.
pub(crate) struct Signed {
    region: String,
    door: Door<Sandboxes>,
    credentials: Credentials,
    /// Where its keys are.
    _folder: TempDir,
}

impl Signed {
    pub(crate) async fn of_new_host() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("keys.toml");
        let mut file = OpenOptions::new();
        let mut file = file.write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(keys().as_bytes())?;
        let host = echo::asking_host(path).await?;
        Ok(Self {
            region: host.account().region.clone(),
            door: host.door().for_caller(caller()),
            credentials: Credentials {
                access_key_id: ID.into(),
                secret_access_key: SECRET.into(),
                session_token: None,
            },
            _folder: folder,
        })
    }

    /// The same request as without a key, signed.
    pub(crate) fn request(&self, kind: &str) -> anyhow::Result<Request> {
        let mut request = Calls::request(kind)?;
        let headers: Vec<_> = ["content-type", "x-amz-invocation-type"]
            .map(|name| {
                (
                    name,
                    request.headers()[name]
                        .to_str()
                        .unwrap_or_default()
                        .to_owned(),
                )
            })
            .into();
        let signable = Signable {
            method: "POST",
            host: "127.0.0.1:9001",
            path: request.uri().path(),
            query: "",
            service: "lambda",
            region: &self.region,
            headers: &headers,
            body: EVENT,
        };
        let added = signed_headers(&signable, &self.credentials, SystemTime::now());
        for (name, value) in added {
            let (name, value) = (HeaderName::from_static(name), HeaderValue::try_from(value)?);
            request.headers_mut().insert(name, value);
        }
        Ok(request)
    }

    /// What the host answers to `request`, all but the connection.
    pub(crate) async fn serve(&self, request: Request) -> Response {
        self.door.clone().answer(request).await
    }
}
