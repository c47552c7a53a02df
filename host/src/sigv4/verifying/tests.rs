//! Vectors that were made with AWS's own library for Python, each refusal, and requests that were altered.

use std::time::{Duration, SystemTime};

use super::in_tests::{SECRET, Sent, rules};
use super::{Denial, Rules};
use crate::domain::times;

const AUTHORIZATION: &str = "authorization";
const DATE: &str = "20260102T030405Z";

fn now() -> SystemTime {
    times::parse_compact(DATE).expect("a time")
}

/// A request under the key of AWS's examples, with this signature.
fn signed(line: &str, headers: &[(&str, &str)], signature: &str, body: &str) -> Sent {
    let mut text = format!("{line} HTTP/1.1\nHost:127.0.0.1:9001\nX-Amz-Date:{DATE}\n");
    let mut names: Vec<String> = vec!["host".into(), "x-amz-date".into()];
    for (name, value) in headers {
        text += &format!("{name}:{value}\n");
        names.push(name.to_lowercase());
    }
    names.sort();
    text += &format!(
        "Authorization:AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/lambda/aws4_request, \
         SignedHeaders={}, Signature={signature}\n\n{body}",
        names.join(";")
    );
    Sent::parse(&text)
}

fn invoke() -> Sent {
    signed(
        "POST /2015-03-31/functions/hello/invocations",
        &[],
        "238fcd4de1cd4a6e27df5edc28827ac782a1f00b6822a0eba226ee8cb3165f26",
        r#"{"a":1}"#,
    )
}

fn event() -> Sent {
    signed(
        "POST /2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Ahello/invocations\
         ?Qualifier=%24LATEST",
        &[
            ("X-Amz-Invocation-Type", "Event"),
            ("X-Amz-Security-Token", "TOKENEXAMPLE"),
        ],
        "3bcd58219d97d98fa868bd9e98dd2e39c0da95620677041336e4c935344117fe",
        "",
    )
}

fn checkpoint() -> Sent {
    signed(
        "POST /2025-12-01/durable-executions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Afn%3A1\
         %2Fdurable-execution%2Fn%2Fi/checkpoint",
        &[
            ("Content-Type", "application/json"),
            (
                "X-Amz-Content-Sha256",
                "1f8d110dd5a03faac44bbd4f1625afc39542f6a16a00b6f2c9099e916f1380dd",
            ),
        ],
        "a2ad310dad07b8c1aa417fc0677fc199b2f986c142de622ca3b0bec180ad61f2",
        r#"{"CheckpointToken":"dA==","Updates":[]}"#,
    )
}

const PRESIGNED: &str = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261129%2Fus-east-1%2Flambda%2F\
     aws4_request&X-Amz-Date=20261129T193112Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=\
     8e4f043b565ccf2c7e272a0e701d0521439f53858808e008134a3319ba4673e4";

fn presigned(query: &str) -> Sent {
    Sent::parse(&format!(
        "GET /2015-03-31/functions/hello?{query} HTTP/1.1\nHost:127.0.0.1:9001\n\n"
    ))
}

fn verified(request: &Sent) -> Result<(), Denial> {
    request.verified(&rules("lambda"), SECRET)
}

#[test]
fn what_others_have_signed_is_verified() {
    for request in [invoke(), event(), checkpoint(), presigned(PRESIGNED)] {
        assert_eq!(verified(&request), Ok(()), "{request:?}");
    }
}

/// Each place of a text with another letter there, one at a time.
fn altered(text: &str) -> Vec<String> {
    let bytes = text.bytes().enumerate();
    let all = bytes.map(|(at, byte)| {
        let other = if byte == b'7' { b'8' } else { b'7' };
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] = other;
        String::from_utf8(bytes).expect("the texts are ASCII")
    });
    all.collect()
}

/// What comes of a request where any one byte of what was signed is another.
fn alterations(request: &Sent) -> Vec<Sent> {
    let with = |change: &dyn Fn(&mut Sent)| {
        let mut changed = request.clone();
        change(&mut changed);
        changed
    };
    let mut all = Vec::new();
    for text in altered(&request.method) {
        all.push(with(&|sent| sent.method.clone_from(&text)));
    }
    for text in altered(&request.path) {
        all.push(with(&|sent| sent.path.clone_from(&text)));
    }
    if !request.query.contains("X-Amz") {
        for text in altered(&request.query) {
            all.push(with(&|sent| sent.query.clone_from(&text)));
        }
    }
    for (at, (name, value)) in request.headers.iter().enumerate() {
        let name = name.to_lowercase();
        if name == AUTHORIZATION || name == "x-amz-date" {
            continue;
        }
        for text in altered(value) {
            all.push(with(&|sent| sent.headers[at].1.clone_from(&text)));
        }
        if name != "host" {
            all.push(with(&|sent| drop(sent.headers.remove(at))));
        }
    }
    let body = std::str::from_utf8(&request.body).expect("text");
    for text in altered(body).into_iter().chain([format!("{body} ")]) {
        all.push(with(&|sent| sent.body = text.clone().into_bytes()));
    }
    all.push(with(&|sent| {
        sent.headers.push(("X-Amz-Log-Type".into(), "Tail".into()));
    }));
    all
}

#[test]
fn a_request_of_which_one_byte_was_altered_is_another_one() {
    let mut tried = 0;
    for request in [invoke(), event(), checkpoint(), presigned(PRESIGNED)] {
        for altered in alterations(&request) {
            assert_eq!(verified(&altered), Err(Denial::Mismatch), "{altered:?}");
            tried += 1;
        }
        let secrets = altered(SECRET);
        for secret in &secrets {
            let denied = request.verified(&rules("lambda"), secret);
            assert_eq!(denied, Err(Denial::Mismatch));
        }
        tried += secrets.len();
    }
    assert!(tried > 700, "{tried}");
}

/// `invoke` with another header `Authorization`.
fn authorized(change: impl FnOnce(String) -> String) -> Sent {
    let mut request = invoke();
    let (_, value) = request.headers.last_mut().expect("headers");
    *value = change(std::mem::take(value));
    request
}

#[test]
fn each_byte_of_a_signature_counts() {
    let request = invoke();
    let value = request.header(AUTHORIZATION).expect("it is there");
    let (start, signature) = value.split_once("Signature=").expect("it is there");
    for other in altered(signature).into_iter().chain([
        String::new(),
        signature[1..].to_owned(),
        format!("{signature}0"),
        signature.to_uppercase(),
    ]) {
        let denied = verified(&authorized(|_| format!("{start}Signature={other}")));
        assert_eq!(denied, Err(Denial::Mismatch), "{other}");
    }
}

fn invalid(text: &str) -> Result<(), Denial> {
    Err(Denial::Invalid(text.into()))
}

fn incomplete(text: &str) -> Result<(), Denial> {
    Err(Denial::Incomplete(text.into()))
}

#[test]
fn a_signature_is_good_for_five_minutes_either_way() {
    let at = |seconds: i64| {
        let offset = Duration::from_secs(seconds.unsigned_abs());
        let now = if seconds < 0 {
            now() - offset
        } else {
            now() + offset
        };
        invoke().verified_at(now, &rules("lambda"), SECRET)
    };
    for seconds in [-300, -299, 0, 299, 300] {
        assert_eq!(at(seconds), Ok(()), "{seconds}");
    }
    assert_eq!(
        at(301),
        invalid(
            "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z (20260102T030906Z - 5 min.)"
        )
    );
    assert_eq!(
        at(-301),
        invalid(
            "Signature not yet current: 20260102T030405Z is still later than 20260102T030404Z (20260102T025904Z + \
             5 min.)"
        )
    );
}

#[test]
fn a_presigned_address_is_good_for_as_long_as_it_says() {
    let signed_at = times::parse_compact("20261129T193112Z").expect("a time");
    let at = |now| presigned(PRESIGNED).verified_at(now, &rules("lambda"), SECRET);
    let seconds = Duration::from_secs;
    assert_eq!(at(signed_at + seconds(60)), Ok(()));
    assert_eq!(at(signed_at - seconds(300)), Ok(()));
    assert_eq!(
        at(signed_at + seconds(61)),
        invalid(
            "Signature expired: 20261129T193112Z is now earlier than 20261129T193113Z (20261129T193213Z - 1 min.)"
        )
    );
    assert!(at(signed_at - seconds(301)).is_err());
    for wrong in [
        "0",
        "604801",
        "-1",
        "+60",
        "1e3",
        "60.5",
        "99999999999999999999",
    ] {
        let query = PRESIGNED.replace("Expires=60", &format!("Expires={wrong}"));
        assert_eq!(
            verified(&presigned(&query)),
            invalid("X-Amz-Expires must be a number of seconds from 1 to 604800."),
            "{wrong}"
        );
    }
    // Whoever sends it cannot make it good for longer.
    let longer = PRESIGNED.replace("Expires=60", "Expires=61");
    assert_eq!(verified(&presigned(&longer)), Err(Denial::Mismatch));
    let mut with_body = presigned(PRESIGNED);
    with_body.body = b"{}".to_vec();
    assert_eq!(verified(&with_body), Err(Denial::Mismatch));
}

#[test]
fn all_that_is_wrong_with_a_scope_is_told_at_once() {
    let scoped = |scope: &str| {
        let scope = format!("Credential=AKIDEXAMPLE/{scope},");
        authorized(|value| {
            let end = value.find(" SignedHeaders").expect("it is there");
            format!("AWS4-HMAC-SHA256 {scope}{}", &value[end..])
        })
    };
    let denied = |scope: &str| verified(&scoped(scope));
    assert_eq!(
        denied("20260102/mars-1/lambda/aws4_request"),
        invalid("Credential should be scoped to a valid region, not 'mars-1'. ")
    );
    assert_eq!(
        denied("20260102/us-east-1/s3/aws4_request"),
        invalid("Credential should be scoped to correct service: 'lambda'. ")
    );
    assert_eq!(
        denied("20260102/us-east-1/lambda/aws5"),
        invalid(
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'. "
        )
    );
    assert_eq!(
        denied("20260102/x/y/z"),
        invalid(
            "Credential should be scoped to a valid region, not 'x'. Credential should be scoped to correct service: \
             'lambda'. Credential should be scoped with a valid terminator: 'aws4_request', not 'z'. "
        )
    );
    assert_eq!(
        denied("20260103/us-east-1/lambda/aws4_request"),
        invalid(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260103' != \
             '20260102', from '20260102T030405Z'."
        )
    );
    let elsewhere = Rules {
        region: "eu-west-1",
        ..rules("lambda")
    };
    assert_eq!(
        invoke().verified(&elsewhere, SECRET),
        invalid("Credential should be scoped to a valid region, not 'us-east-1'. ")
    );
    for scope in [
        "",
        "20260102/us-east-1/lambda",
        "20260102/us-east-1/lambda/aws4_request/x",
    ] {
        assert_eq!(
            denied(scope),
            incomplete(&format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got \
                 'AKIDEXAMPLE/{scope}'"
            ))
        );
    }
}

#[test]
fn what_is_missing_is_told_at_once() {
    let denied = |value: &str| verified(&authorized(|_| value.into()));
    assert_eq!(
        denied("AWS4-HMAC-SHA256"),
        incomplete(
            "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' \
             parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256"
        )
    );
    let mut undated = authorized(|_| "AWS4-HMAC-SHA256 Credential=a,Signature=b".into());
    undated.headers.retain(|(name, _)| name != "X-Amz-Date");
    assert_eq!(
        undated.verified_at(now(), &rules("lambda"), SECRET),
        incomplete(
            "Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of \
             either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256 Credential=a,Signature=b"
        )
    );
    assert_eq!(
        denied("AWS4-HMAC-SHA256 secret"),
        incomplete(
            "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded \
             with Base64): 'ri+sqoSeDlaFjesqKlUs5ZIJ0vQgWvzVnhxVpJGeKZE='."
        )
    );
    let query = PRESIGNED
        .replace("X-Amz-Credential", "Y")
        .replace("X-Amz-Date", "Z");
    assert_eq!(
        presigned(&query).verified_at(now(), &rules("lambda"), SECRET),
        incomplete(
            "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include \
             'X-Amz-Date'. Re-examine the query-string parameters."
        )
    );
}

#[test]
fn other_ways_to_say_who_one_is_are_refused() {
    for (value, text) in [
        (
            "Bearer a=b",
            "Algorithm must start with 'AWS4-'; got 'Bearer'",
        ),
        (
            "Basic dGVzdDp0ZXN0",
            "Algorithm must start with 'AWS4-'; got 'Basic'",
        ),
        (
            "AWS4-ECDSA-P256-SHA256 Credential=a",
            "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'. ",
        ),
        ("", "Algorithm must start with 'AWS4-'; got ''"),
    ] {
        assert_eq!(verified(&authorized(|_| value.into())), incomplete(text));
    }
    let both = authorized(|value| value);
    let both = Sent {
        query: PRESIGNED.into(),
        ..both
    };
    assert!(matches!(verified(&both), Err(Denial::Incomplete(_))));
    let mut none = invoke();
    none.headers.pop();
    assert_eq!(
        none.verified_at(now(), &rules("lambda"), SECRET),
        Err(Denial::NothingSigned)
    );
}

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    let twice = |name: &str| {
        let mut request = invoke();
        let value = request.header(name).expect("it is there").to_owned();
        request.headers.push((name.into(), value));
        request.verified_at(now(), &rules("lambda"), SECRET)
    };
    for name in ["Authorization", "X-Amz-Date"] {
        assert!(matches!(twice(name), Err(Denial::Incomplete(_))), "{name}");
    }
    for change in [
        "Credential=a/b/c/d/e,",
        "Signature=0,",
        "SignedHeaders=host,",
        "X=y,",
    ] {
        let denied = verified(&authorized(|value| {
            value.replace("HMAC-SHA256 ", &format!("HMAC-SHA256 {change}"))
        }));
        assert!(matches!(denied, Err(Denial::Incomplete(_))), "{change}");
    }
    let query = format!("{PRESIGNED}&X-Amz-Expires=600");
    assert!(matches!(
        verified(&presigned(&query)),
        Err(Denial::Incomplete(_))
    ));
    // The names of parameters may be encoded, too.
    let query = format!("{PRESIGNED}&X-Amz-%45xpires=600");
    assert!(matches!(
        verified(&presigned(&query)),
        Err(Denial::Incomplete(_))
    ));
}

#[test]
fn the_host_and_all_headers_of_aws_have_to_be_signed() {
    let without_host = authorized(|value| value.replace("host;", ""));
    assert_eq!(
        verified(&without_host),
        invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    );
    let unsigned =
        authorized(|value| value.replace("SignedHeaders=host;x-amz-date", "SignedHeaders=host"));
    assert_eq!(verified(&unsigned), Err(Denial::Mismatch));
    let many = "x;".repeat(64);
    let too_many =
        authorized(|value| value.replace("SignedHeaders=", &format!("SignedHeaders={many}")));
    assert!(matches!(verified(&too_many), Err(Denial::Incomplete(_))));
}

#[test]
fn only_the_hash_of_a_body_can_be_announced() {
    for value in [
        "UNSIGNED-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "",
        "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
    ] {
        let mut request = checkpoint();
        for (name, found) in &mut request.headers {
            if name == "X-Amz-Content-Sha256" {
                *found = value.into();
            }
        }
        assert_eq!(verified(&request), Err(Denial::Mismatch), "{value}");
    }
}

#[test]
fn a_header_that_is_too_long_is_not_taken_apart() {
    let long = authorized(|value| value + &"0".repeat(5_000));
    assert!(matches!(verified(&long), Err(Denial::Incomplete(_))));
}
