//! How addresses are made, shown, changed and removed.

use std::sync::Arc;

use serde_json::{Value, json};
use sparkler::internals::{Alias, AliasName, FunctionRecord, Qualifier, VersionId};
use sparkler_tests::{Request, TestHost};

use super::{FORBIDDEN, Site, amend, answering, assert_refused, configure, permit};

#[test]
fn the_address_of_a_function_is_made_shown_changed_and_removed() {
    let function = TestHost::shared().deploy(answering(b"1"));
    let path = format!("{}/url", function.name());
    let missing = "The resource you requested does not exist.";
    let get = || configure("GET", &path, &Value::Null);
    assert_refused(&get(), 404, "ResourceNotFoundException", missing);
    let update = configure("PUT", &path, &json!({}));
    assert_refused(&update, 404, "ResourceNotFoundException", missing);
    let cors = json!({"AllowOrigins": ["*"]});
    let created = configure("POST", &path, &json!({"AuthType": "NONE", "Cors": cors})).json();
    assert_eq!(created["Cors"], cors);
    for absent in ["LastModifiedTime", "InvokeMode"] {
        assert_eq!(created[absent], Value::Null);
    }
    let again = configure("POST", &path, &json!({"AuthType": "NONE"}));
    assert_refused(
        &again,
        409,
        "ResourceConflictException",
        "Error message:  FunctionUrlConfig exists",
    );
    let shown = get().json();
    assert_eq!(
        (&shown["InvokeMode"], &shown["Cors"]),
        (&json!("BUFFERED"), &cors)
    );
    assert_eq!(shown["FunctionUrl"], created["FunctionUrl"]);
    let changed = configure("PUT", &path, &json!({"AuthType": "AWS_IAM"})).json();
    assert_eq!(
        (&changed["AuthType"], &changed["InvokeMode"]),
        (&json!("AWS_IAM"), &Value::Null)
    );
    assert!(changed["LastModifiedTime"].is_string());
    let list = configure("GET", &format!("{}/urls", function.name()), &Value::Null).json();
    assert_eq!(list["FunctionUrlConfigs"][0]["AuthType"], "AWS_IAM");
    assert_eq!(configure("DELETE", &path, &Value::Null).status, 204);
    assert_eq!(configure("DELETE", &path, &Value::Null).status, 404);
}

#[test]
fn what_cannot_have_an_address_is_refused() {
    let function = TestHost::shared().deploy(answering(b"1"));
    let url = json!({"AuthType": "NONE"});
    let path = |query: &str| format!("{}/url{query}", function.name());
    let missing = "Function does not exist";
    let not_found = "ResourceNotFoundException";
    assert_refused(
        &configure("POST", "absent/url", &url),
        404,
        not_found,
        missing,
    );
    assert_refused(
        &configure("PUT", "absent/url", &url),
        404,
        not_found,
        missing,
    );
    assert_refused(
        &configure("GET", "absent/urls", &url),
        404,
        not_found,
        missing,
    );
    let alias = configure("POST", &path("?Qualifier=alias"), &url);
    assert_refused(&alias, 404, not_found, missing);
    let version = configure("POST", &path("?Qualifier=1"), &url);
    assert_refused(
        &version,
        400,
        "ValidationException",
        "Value '1' at 'qualifier' failed",
    );
    let nothing = configure("POST", &path(""), &json!({}));
    assert_refused(
        &nothing,
        400,
        "ValidationException",
        "Value null at 'authType' failed",
    );
}

/// The function with an alias `prod` of its latest version.
fn with_alias(record: &FunctionRecord) -> FunctionRecord {
    let name = AliasName::parse("prod").expect("a name");
    let alias = Alias {
        name: name.clone(),
        version: VersionId::Latest,
        description: String::new(),
        routing: None,
        revision: record.latest.revision,
    };
    let mut after = record.clone();
    after.aliases.insert(name, Arc::new(alias));
    after
}

#[test]
fn an_alias_has_an_address_of_its_own_that_outlives_it() {
    let site = Site::of(answering(b"1"), json!({}));
    let function = site.function.name();
    amend(function, with_alias);
    let path = format!("{function}/url?Qualifier=prod");
    let created = configure("POST", &path, &json!({"AuthType": "NONE"})).json();
    let arn = created["FunctionArn"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(arn.ends_with(&format!(":{function}:prod")), "{arn}");
    permit(function, Some(&Qualifier::parse("prod")));

    let list = |query: &str| {
        let path = format!("{function}/urls{query}");
        configure("GET", &path, &Value::Null).json()
    };
    let all = list("");
    assert_eq!(all["FunctionUrlConfigs"].as_array().map(Vec::len), Some(2));
    let first = list("?MaxItems=1");
    assert_eq!(first["FunctionUrlConfigs"][0], all["FunctionUrlConfigs"][0]);
    let marker = first["NextMarker"].as_str().expect("there is more");
    let second = list(&format!("?MaxItems=1&Marker={marker}"));
    assert_eq!(second["FunctionUrlConfigs"][0]["FunctionArn"], arn);
    assert_eq!(second["NextMarker"], Value::Null);

    amend(function, |record| {
        let mut after = record.clone();
        after.aliases.clear();
        after
    });
    let url = created["FunctionUrl"].as_str().unwrap_or_default();
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let request = Request::new("GET", "/").header("Host", host);
    let reply = request.send(TestHost::shared().address());
    assert_refused(&reply, 403, "AccessDeniedException", FORBIDDEN);
    assert_eq!(
        configure("GET", &path, &Value::Null).json()["FunctionArn"],
        arn
    );
    assert_eq!(site.get().text(), "1");
}
