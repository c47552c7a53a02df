//! SendMessage of SQS, in AWS JSON 1.0.

use serde_json::{Map, Value, json};

use super::http_client::Request;
use crate::events::message::Message;
use crate::events::target::Resource;

/// The request for `message`, to the queue's own URL.
pub(super) fn request(endpoint: &str, queue: &Resource, message: &Message) -> Request {
    let endpoint = endpoint.trim_end_matches('/');
    let url = format!("{endpoint}/{}/{}", queue.account, queue.name());
    let mut body = json!({
        "QueueUrl": url,
        "MessageBody": String::from_utf8_lossy(&message.body),
    });
    if !message.head.attributes.is_empty() {
        let attributes = message.head.attributes.iter().map(|attribute| {
            let value = json!({
                "DataType": attribute.data_type,
                "StringValue": attribute.value,
            });
            (attribute.name.clone(), value)
        });
        body["MessageAttributes"] = Value::Object(attributes.collect::<Map<_, _>>());
    }
    Request {
        url,
        service: "sqs",
        region: queue.region.clone(),
        headers: vec![
            ("content-type", "application/x-amz-json-1.0".into()),
            ("x-amz-target", "AmazonSQS.SendMessage".into()),
        ],
        body: body.to_string().into_bytes().into(),
    }
}
