//! Requests that are signed, and what else may be sent in the place of them.

use std::time::{Duration, SystemTime};

use crate::contract::operations::{Address, Operation};
use crate::sigv4::{self, Credentials, Signable};

pub(super) const HOST: &str = "localhost";
const MINUTE: Duration = Duration::from_secs(60);

pub(super) fn credentials(name: &str) -> Credentials {
    let id = format!("SPKL{:0<15}1", name.to_uppercase());
    let token = ["session", "ended"].contains(&name);
    Credentials {
        access_key_id: id,
        secret_access_key: format!("the-secret-of-{name}-0123456789"),
        session_token: token.then(|| "the-token-of-a-session".to_owned()),
    }
}

/// A request that was signed, and may be changed behind that.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// What is signed, and for what.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    pub(super) service: &'static str,
    pub(super) region: &'static str,
    pub(super) at: SystemTime,
}

impl Wanted {
    pub(super) fn new(method: &str, target: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: method.into(),
            target: target.into(),
            headers: Vec::new(),
            body: body.into(),
            service: "lambda",
            region: "us-east-1",
            at: SystemTime::now(),
        }
    }

    pub(super) fn signed(&self, credentials: &Credentials) -> Sent {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let signable = Signable {
            method: &self.method,
            host: HOST,
            path,
            query,
            service: self.service,
            region: self.region,
            headers: &self.headers,
            body: &self.body,
        };
        let signature = sigv4::headers(&signable, credentials, self.at);
        let all = self.headers.iter().cloned().chain(signature);
        let mut sent = self.unsigned();
        sent.headers = all.map(|(name, value)| (name.to_owned(), value)).collect();
        sent
    }

    /// The same, with the whole ARN of the function in its path; `None` where it has no function there.
    pub(super) fn by_arn(&self) -> Option<Self> {
        let arn = "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Afn";
        let named = self
            .target
            .replace("/functions/fn", &format!("/functions/{arn}"));
        named.contains(arn).then(|| Self {
            target: named,
            ..self.clone()
        })
    }

    pub(super) fn by(&self, name: &str) -> Sent {
        self.signed(&credentials(name))
    }

    pub(super) fn unsigned(&self) -> Sent {
        let headers = self.headers.iter();
        Sent {
            method: self.method.clone(),
            target: self.target.clone(),
            headers: headers
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            body: self.body.clone(),
        }
    }
}

impl Sent {
    pub(super) fn changed(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut changed = self.clone();
        change(&mut changed);
        changed
    }

    pub(super) fn header(&mut self, wanted: &str) -> &mut String {
        let mut all = self.headers.iter_mut();
        let found = all.find(|(name, _)| name == wanted);
        &mut found.expect("it is there").1
    }
}

/// A request for an operation, to be signed.
pub(super) fn wanted(operation: Operation, url: &str) -> Wanted {
    match operation.address() {
        Address::FunctionUrl => Wanted::new("POST", url, "{}"),
        Address::Target => {
            let mut wanted = Wanted::new(
                "POST",
                "/",
                r#"{"logGroupName":"/aws/lambda/fn","logStreamName":"s"}"#,
            );
            let target = format!("Logs_20140328.{operation}");
            wanted.headers.push(("x-amz-target", target));
            wanted.service = "logs";
            wanted
        }
        Address::Action => form(&format!(
            "Action={operation}&Version=2011-06-15&RoleSessionName=me&\
             RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Freader"
        )),
        Address::Path(method, template) => {
            let names = [
                ("{FunctionName}", "fn"),
                ("{Name}", "prod"),
                (
                    "{Resource}",
                    "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Afn",
                ),
                (
                    "{ResourceArn}",
                    "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Afn",
                ),
                ("{UUID}", "91eaeb7e-c976-1234-9451-8709db01f137"),
                ("{StatementId}", "s"),
                ("{LayerName}", "layer"),
                ("{VersionNumber}", "1"),
            ];
            let mut target = (*template).to_owned();
            for (name, value) in names {
                target = target.replace(name, value);
            }
            while let (Some(open), Some(close)) = (target.find('{'), target.find('}')) {
                target.replace_range(open..=close, "thing");
            }
            Wanted::new(method.as_str(), &target, "{}")
        }
    }
}

/// A form for the service of roles, to be signed.
pub(super) fn form(parameters: &str) -> Wanted {
    let mut wanted = Wanted::new("POST", "/", parameters);
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    wanted.headers.push(("content-type", kind.into()));
    wanted.service = "sts";
    wanted
}

/// A request that is not to be let in, and the name of the reason.
pub(super) type Forged = (&'static str, Sent, &'static str);

pub(super) const UNKNOWN: &str = "UnrecognizedClientException";
pub(super) const INVALID: &str = "InvalidSignatureException";
pub(super) const INCOMPLETE: &str = "IncompleteSignatureException";
pub(super) const DENIED: &str = "AccessDeniedException";

pub(super) fn forged(wanted: &Wanted) -> Vec<Forged> {
    let good = wanted.by("admin");
    let other = |change: &dyn Fn(&mut Wanted)| {
        let mut other = wanted.clone();
        change(&mut other);
        other.by("admin")
    };
    let by = |id: &str, secret: &str, token: Option<&str>| {
        wanted.signed(&Credentials {
            access_key_id: id.into(),
            secret_access_key: secret.into(),
            session_token: token.map(Into::into),
        })
    };
    let (id, secret) = ("SPKLADMIN00000000001", "the-secret-of-admin-0123456789");
    let changed = |change: &dyn Fn(&mut Sent)| good.changed(change);
    let query = if good.target.contains('?') {
        "&x=y"
    } else {
        "?x=y"
    };
    let aged = |minutes: u32| other(&|wanted| wanted.at -= MINUTE * minutes);
    let mut all = vec![
        (
            "nothing signed",
            wanted.unsigned(),
            "MissingAuthenticationTokenException",
        ),
        (
            "unknown key",
            by("SPKLNOBODY0000000001", secret, None),
            UNKNOWN,
        ),
        (
            "wrong secret",
            by(id, "the-secret-of-someone-else", None),
            INVALID,
        ),
        ("no secret", by(id, "", None), INVALID),
        ("inactive key", wanted.by("inactive"), UNKNOWN),
        ("expired key", wanted.by("expired"), UNKNOWN),
        ("token of nobody", by(id, secret, Some("token")), UNKNOWN),
        ("ended session", wanted.by("ended"), "ExpiredTokenException"),
        (
            "session without token",
            by(
                "SPKLSESSION000000001",
                "the-secret-of-session-0123456789",
                None,
            ),
            UNKNOWN,
        ),
        (
            "session of another",
            by(
                "SPKLSESSION000000001",
                "the-secret-of-session-0123456789",
                Some("x"),
            ),
            UNKNOWN,
        ),
        ("too old", aged(6), INVALID),
        ("replayed a day later", aged(24 * 60), INVALID),
        (
            "of the future",
            other(&|wanted| wanted.at += MINUTE * 6),
            INVALID,
        ),
        (
            "other region",
            other(&|wanted| wanted.region = "eu-west-1"),
            INVALID,
        ),
        (
            "other service",
            other(&|wanted| wanted.service = "s3"),
            INVALID,
        ),
        ("other body", changed(&|sent| sent.body.push(b' ')), INVALID),
        (
            "other query",
            changed(&|sent| sent.target.push_str(query)),
            INVALID,
        ),
        (
            "other host",
            changed(&|sent| sent.headers.push(("host".into(), "127.0.0.1".into()))),
            INVALID,
        ),
        (
            "header of AWS added",
            changed(&|sent| sent.headers.push(("x-amz-log-type".into(), "Tail".into()))),
            INVALID,
        ),
        (
            "signature cut",
            changed(&|sent| {
                sent.header("authorization").pop();
            }),
            INVALID,
        ),
        (
            "signature altered",
            changed(&|sent| {
                let value = sent.header("authorization");
                let last = value.pop();
                value.push(if last == Some('0') { '1' } else { '0' });
            }),
            INVALID,
        ),
        (
            "host not signed",
            changed(&|sent| {
                let value = sent.header("authorization");
                *value = value.replace("host;", "");
            }),
            INVALID,
        ),
        (
            "other algorithm",
            changed(&|sent| {
                let value = sent.header("authorization");
                *value = value.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256");
            }),
            INCOMPLETE,
        ),
        (
            "bearer",
            changed(&|sent| *sent.header("authorization") = "Bearer the-secret-of-admin=1".into()),
            INCOMPLETE,
        ),
        (
            "no date",
            changed(&|sent| sent.headers.retain(|(name, _)| name != "x-amz-date")),
            INCOMPLETE,
        ),
        (
            "hash of no body",
            other(&|wanted| {
                wanted
                    .headers
                    .push(("x-amz-content-sha256", "UNSIGNED-PAYLOAD".into()))
            }),
            INVALID,
        ),
        (
            "hash of another body",
            other(&|wanted| {
                wanted
                    .headers
                    .push(("x-amz-content-sha256", "0".repeat(64)))
            }),
            INVALID,
        ),
        ("nothing allowed", wanted.by("powerless"), DENIED),
    ];
    if let Some(theirs) = wanted.by_arn() {
        all.push(("other account", theirs.by("stranger"), DENIED));
    }
    all
}
