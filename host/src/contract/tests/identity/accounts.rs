//! Several accounts on one host: none sees anything of another, and each has what it was given.

use serde_json::json;

use super::requests::{Wanted, wanted};
use super::{Asking, FUNCTIONS};
use crate::contract::operations::{Operation, Resource};

/// A function of this name, with this text in its description.
fn function(name: &str, description: &str) -> Wanted {
    let body = json!({
        "FunctionName": name,
        "Role": "arn:aws:iam::123456789012:role/r",
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Description": description,
        "Code": {"ZipFile": super::zip_file(description)},
    });
    Wanted::new("POST", FUNCTIONS, body.to_string())
}

#[tokio::test]
async fn no_operation_shows_or_changes_anything_of_another_account() {
    let asking = Asking::start().await;
    let url = asking.url().await;
    let before = asking
        .admin("GET", &format!("{FUNCTIONS}/fn"), &json!({}))
        .await;
    for operation in Operation::ALL.iter().copied() {
        if operation.action().is_none() {
            continue;
        }
        let answer = asking.send(&wanted(operation, &url).by("stranger")).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let is_named =
            text.contains("user/stranger is not authorized") || text.contains("999999999999");
        assert!(
            is_named || !text.contains("123456789012"),
            "{operation}: {answer:?}"
        );
        if operation.resource() == Resource::Host {
            assert_eq!(answer.status, 403, "{operation}: {answer:?}");
        }
    }
    let after = asking
        .admin("GET", &format!("{FUNCTIONS}/fn"), &json!({}))
        .await;
    assert_eq!(
        before.json()["Configuration"],
        after.json()["Configuration"],
        "nothing of it has changed"
    );
}

#[tokio::test]
async fn functions_of_one_name_are_two_in_two_accounts() {
    let asking = Asking::start().await;
    let made = asking
        .send(&function("fn", "the stranger's").by("stranger"))
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    let arn = made.json()["FunctionArn"].as_str().map(str::to_owned);
    let expected = "arn:aws:lambda:us-east-1:999999999999:function:fn";
    assert_eq!(arn.as_deref(), Some(expected));
    let shown = asking
        .admin("GET", &format!("{FUNCTIONS}/fn"), &json!({}))
        .await;
    assert_eq!(shown.json()["Configuration"]["Description"], "");
    let listed = asking
        .send(&Wanted::new("GET", FUNCTIONS, "").by("stranger"))
        .await;
    let listed = listed.json();
    let functions = listed["Functions"].as_array().expect("a list");
    assert_eq!(functions.len(), 1, "{listed}");
    assert_eq!(functions[0]["Description"], "the stranger's");
    let delete = Wanted::new("DELETE", &format!("{FUNCTIONS}/fn"), "");
    assert_eq!(asking.send(&delete.by("stranger")).await.status, 204);
    let left = asking
        .admin("GET", &format!("{FUNCTIONS}/fn"), &json!({}))
        .await;
    assert_eq!(left.status, 200, "{left:?}");
}

#[tokio::test]
async fn an_account_that_is_not_there_is_told_like_one_that_allows_nothing() {
    let asking = Asking::start().await;
    let get = |account: &str| {
        let arn = format!("arn%3Aaws%3Alambda%3Aus-east-1%3A{account}%3Afunction%3Afn");
        Wanted::new("GET", &format!("{FUNCTIONS}/{arn}"), "")
    };
    let there = asking.send(&get("123456789012").by("stranger")).await;
    let nowhere = asking.send(&get("555555555555").by("stranger")).await;
    assert_eq!((there.status.as_u16(), nowhere.status.as_u16()), (403, 403));
    let text = |answer: &super::Answer| answer.json()["Message"].to_string();
    assert_eq!(
        text(&there).replace("123456789012", "555555555555"),
        text(&nowhere)
    );
}
