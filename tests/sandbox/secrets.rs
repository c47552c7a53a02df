//! Secrets of the host: a function uses them, and nobody is shown them.

use serde_json::{Value, json};
use sparkler_tests::files::{answers, secret, steps};
use sparkler_tests::{TestHost, guests};

const VALUE: &str = "correct-horse-battery";

fn host() -> TestHost {
    TestHost::configured(|config| {
        config.secrets = vec![
            secret("api-key", VALUE),
            secret("somebody-else/token", "nobody's business"),
            secret(
                "certificate",
                "-----BEGIN-----\nMIIBszCCAVmg\n-----END-----",
            ),
        ];
    })
}

#[test]
fn a_function_finds_its_secret_in_its_variable_and_in_its_configuration() {
    let host = host();
    let function = host
        .function(guests::files())
        .variable("API_KEY", "{{secret:api-key}}")
        .variable("COLOUR", "blue")
        .variable("SPARKLER_REUSE", "1")
        .deploy();
    let work = json!([
        { "do": "variable", "name": "API_KEY" },
        { "do": "configuration", "key": "API_KEY" },
        { "do": "configuration", "key": "AWS_REGION" },
        { "do": "whole-configuration" },
    ]);
    let expected = json!([VALUE, VALUE, null, { "API_KEY": VALUE, "COLOUR": "blue" }]);
    assert_eq!(Value::from(steps(&function, work)), expected);
}

#[test]
fn only_the_reference_is_shown() {
    let host = host();
    let function = host
        .function(guests::files())
        .variable("API_KEY", "{{secret:api-key}}")
        .deploy();
    let lambda = host.lambda();
    for reply in [lambda.get(function.name()), lambda.list("")] {
        assert!(
            reply.text().contains("{{secret:api-key}}"),
            "{}",
            reply.text()
        );
        assert!(!reply.text().contains(VALUE), "{}", reply.text());
    }
}

#[test]
fn a_secret_that_is_printed_is_masked_however_it_is_printed() {
    let host = host();
    for format in ["Text", "JSON"] {
        let function = host
            .function(guests::files())
            .variable("API_KEY", "{{secret:api-key}}")
            .variable("CERTIFICATE", "{{secret:certificate}}")
            .deploy();
        let change = json!({ "LoggingConfig": { "LogFormat": format } });
        let changed = host.lambda().update_settings(function.name(), &change);
        assert_eq!(changed.status, 200, "{}", changed.text());
        host.settled(function.name());
        let (begin, end) = VALUE.split_at(7);
        let reply = function.invoke(json!({ "steps": [
            { "do": "print", "pieces": ["the key is ", begin, end, ".\n"] },
            { "do": "print", "pieces": ["-----BEGIN-----\nMIIBszCCAVmg\n-----END-----\n"] },
        ]}));
        assert_eq!(answers(&reply), [Value::Null, Value::Null]);
        let log = reply.log().text();
        assert!(log.contains("the key is ***."), "{log}");
        for hidden in [VALUE, "MIIBszCCAVmg"] {
            assert!(!log.contains(hidden), "{log}");
        }
    }
}

#[test]
fn a_secret_is_masked_in_the_log_of_a_function_that_fails_and_in_the_log_that_stays() {
    let host = host();
    let function = host
        .function(guests::files())
        .variable("API_KEY", "{{secret:api-key}}")
        .deploy();
    let reply = function.invoke(json!({
        "steps": [{ "do": "print", "pieces": [VALUE, "\n"] }], "end": "panic",
    }));
    assert!(reply.function_error().is_some(), "{}", reply.text());
    assert!(reply.log().text().contains("***"), "{}", reply.log().text());
    let group = json!({ "logGroupName": format!("/aws/lambda/{}", function.name()) });
    let kept = sparkler_tests::Request::new("POST", "/")
        .header("Content-Type", "application/x-amz-json-1.1")
        .header("X-Amz-Target", "Logs_20140328.FilterLogEvents")
        .body(group.to_string())
        .send(host.address());
    assert_eq!(kept.status, 200, "{}", kept.text());
    assert!(kept.text().contains("***"), "{}", kept.text());
    assert!(!kept.text().contains(VALUE), "{}", kept.text());
}

#[test]
fn a_secret_that_is_not_for_the_function_is_not_there_for_it() {
    let host = host();
    for name in ["token", "unknown"] {
        let function = host
            .function(guests::files())
            .variable("TOKEN", &format!("{{{{secret:{name}}}}}"))
            .deploy();
        let reply = function.invoke(json!({ "steps": [] }));
        assert!(reply.function_error().is_some(), "{}", reply.text());
        let words = format!("the secret '{name}', which this host does not have for it");
        assert!(reply.text().contains(&words), "{}", reply.text());
    }
}

#[test]
fn a_reference_that_cannot_be_understood_is_refused_when_it_is_configured() {
    let refusal = host()
        .function(guests::files())
        .variable("TOKEN", "Bearer {{secret:token}}")
        .attempt()
        .err()
        .expect("it is refused");
    assert!(refusal.contains("The variable TOKEN"), "{refusal}");
}

#[test]
fn a_function_without_secrets_has_its_own_variables_as_configuration() {
    let function = TestHost::shared()
        .function(guests::files())
        .variable("COLOUR", "blue")
        .deploy();
    let work = json!([{ "do": "configuration", "key": "COLOUR" }, { "do": "whole-configuration" }]);
    let expected = json!(["blue", { "COLOUR": "blue" }]);
    assert_eq!(Value::from(steps(&function, work)), expected);
}
