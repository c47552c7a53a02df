//! What destinations are told: the record of an event that has ended, and the dead letter.
//!
//! The order of the members is AWS's. Payloads are embedded as the JSON that they are, byte for byte.

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use serde::de::IgnoredAny;

use super::event::{Condition, Ended, Event};
use super::message::Attribute;
use crate::domain::{Account, Qualifier, times};

/// How much of an error's text a dead letter carries, as AWS documents it.
const ERROR_MESSAGE_BYTES_MAX: usize = 1024;

/// The record for the destinations `OnSuccess` and `OnFailure`.
pub(super) fn record(event: &Event, ended: &Ended, account: &Account) -> Bytes {
    let qualifier = event.new.qualifier.as_ref().unwrap_or(&Qualifier::LATEST);
    let arn = account.function_arn(&event.new.function, Some(qualifier));
    let mut text = Vec::with_capacity(event.new.payload.len() + 512);
    let head = format!(
        "{{\"version\":\"1.0\",\"timestamp\":\"{}\",\"requestContext\":{{\"requestId\":\"{}\",\
         \"functionArn\":\"{arn}\",\"condition\":\"{}\",\"approximateInvokeCount\":{}}},\
         \"requestPayload\":",
        timestamp(ended.at_ms),
        event.new.request_id,
        ended.condition.name(),
        ended.runs,
    );
    text.extend_from_slice(head.as_bytes());
    text.extend_from_slice(&event.new.payload);
    if let Some(response) = &ended.response {
        let failed = if response.error.is_some() {
            ",\"functionError\":\"Unhandled\""
        } else {
            ""
        };
        let context = format!(
            ",\"responseContext\":{{\"statusCode\":200,\"executedVersion\":\"{}\"{failed}}},\
             \"responsePayload\":",
            response.executed
        );
        text.extend_from_slice(context.as_bytes());
        embed(&mut text, &response.payload);
    }
    text.push(b'}');
    text.into()
}

/// Adds JSON as it is, and anything else as a JSON string: what functions answer is not checked.
fn embed(text: &mut Vec<u8>, payload: &[u8]) {
    match serde_json::from_slice::<IgnoredAny>(payload) {
        Ok(_) if std::str::from_utf8(payload).is_ok() => text.extend_from_slice(payload),
        _ => {
            let shown = serde_json::Value::from(String::from_utf8_lossy(payload));
            text.extend_from_slice(shown.to_string().as_bytes());
        }
    }
}

/// The attributes of a message to a dead-letter queue, whose body is the event itself.
pub(super) fn dead_letter_attributes(event: &Event, ended: &Ended) -> Vec<Attribute> {
    let (code, text) = match (&ended.response, &ended.refusal) {
        (Some(response), _) => (200, response.error.as_deref().unwrap_or_default()),
        (None, Some((code, text))) => (*code, text.as_str()),
        (None, None) => (status(ended.condition), ended.condition.name()),
    };
    let text: String = text.chars().map(taken_by_queues).collect();
    let mut end = text.len().min(ERROR_MESSAGE_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut attributes = vec![
        Attribute::string("RequestID", event.new.request_id.to_string()),
        Attribute::number("ErrorCode", code),
    ];
    // Queues refuse attributes that are empty.
    if end > 0 {
        attributes.push(Attribute::string("ErrorMessage", text[..end].to_owned()));
    }
    attributes
}

/// Stands for characters that SQS and SNS refuse, as AWS documents it: with one of them, such as the
/// colours that some write for terminals, no message would ever arrive.
fn taken_by_queues(c: char) -> char {
    match c {
        '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'.. => c,
        _ => char::REPLACEMENT_CHARACTER,
    }
}

/// The status of an event that never ran.
fn status(condition: Condition) -> u16 {
    match condition {
        Condition::ZeroReservedConcurrency => 429,
        Condition::RecursiveInvocation => 400,
        Condition::Success | Condition::RetriesExhausted | Condition::EventAgeExceeded => 500,
    }
}

/// A point in time as records show it: `2025-11-24T23:11:08.123Z`.
pub(crate) fn timestamp(unix_ms: u64) -> String {
    times::rfc_3339(UNIX_EPOCH + Duration::from_millis(unix_ms))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::VersionId;
    use crate::events::event::Response;
    use crate::events::tests::event;

    fn response(payload: &'static str, error: Option<&str>) -> Response {
        Response {
            executed: VersionId::Latest,
            payload: payload.into(),
            error: error.map(str::to_owned),
        }
    }

    fn ended(condition: Condition, runs: u32, response: Option<Response>) -> Ended {
        Ended {
            condition,
            at_ms: 1_764_025_868_123,
            runs,
            response,
            refusal: None,
        }
    }

    fn text(ended: &Ended) -> String {
        let event = event(1, "{\"raise\": 1}");
        let record = record(&event, ended, &Account::default());
        let text = String::from_utf8(record.into()).expect("UTF-8");
        text.replace(&event.new.request_id.to_string(), "ID")
    }

    #[test]
    fn a_failure_has_the_members_and_the_order_of_aws() {
        let ended = ended(
            Condition::RetriesExhausted,
            3,
            Some(response("{\"errorMessage\":\"no\"}", Some("no"))),
        );
        assert_eq!(
            text(&ended),
            "{\"version\":\"1.0\",\"timestamp\":\"2025-11-24T23:11:08.123Z\",\"requestContext\":{\
             \"requestId\":\"ID\",\"functionArn\":\
             \"arn:aws:lambda:us-east-1:123456789012:function:greet:$LATEST\",\
             \"condition\":\"RetriesExhausted\",\"approximateInvokeCount\":3},\
             \"requestPayload\":{\"raise\": 1},\"responseContext\":{\"statusCode\":200,\
             \"executedVersion\":\"$LATEST\",\"functionError\":\"Unhandled\"},\
             \"responsePayload\":{\"errorMessage\":\"no\"}}"
        );
    }

    #[test]
    fn a_success_names_no_error_and_an_answer_that_is_no_json_is_a_string() {
        let record = text(&ended(
            Condition::Success,
            1,
            Some(response("a \"b\"", None)),
        ));
        assert!(!record.contains("functionError"), "{record}");
        assert!(
            record.ends_with("\"responsePayload\":\"a \\\"b\\\"\"}"),
            "{record}"
        );
        serde_json::from_str::<serde_json::Value>(&record).expect("JSON");
    }

    #[test]
    fn what_never_ran_has_no_response() {
        let record = text(&ended(Condition::ZeroReservedConcurrency, 0, None));
        assert!(
            record.ends_with("\"approximateInvokeCount\":0},\"requestPayload\":{\"raise\": 1}}")
        );
    }

    #[test]
    fn a_dead_letter_carries_no_character_that_queues_refuse() {
        let mut ended = ended(Condition::RetriesExhausted, 1, None);
        ended.response = Some(response("{}", Some("\u{1b}[31mno\0\u{ffff}\n\tü😀")));
        let attributes = dead_letter_attributes(&event(1, "1"), &ended);
        let expected = "\u{FFFD}[31mno\u{FFFD}\u{FFFD}\n\tü😀";
        assert_eq!(attributes[2].value, expected);
    }

    #[test]
    fn a_dead_letter_carries_the_first_kilobyte_of_the_error() {
        let event = event(1, "1");
        let long = format!("x{}", "ü".repeat(1_000));
        let mut ended = ended(Condition::RetriesExhausted, 1, None);
        ended.response = Some(response("{}", Some(&long)));
        let attributes = dead_letter_attributes(&event, &ended);
        let shown: Vec<_> = attributes
            .iter()
            .map(|attribute| (attribute.name.as_str(), attribute.data_type.as_str()))
            .collect();
        let expected = [
            ("RequestID", "String"),
            ("ErrorCode", "Number"),
            ("ErrorMessage", "String"),
        ];
        assert_eq!(shown, expected);
        assert_eq!(attributes[0].value, event.new.request_id.to_string());
        assert_eq!(attributes[1].value, "200");
        assert_eq!(attributes[2].value, format!("x{}", "ü".repeat(511)));
    }
}
