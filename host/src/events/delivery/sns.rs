//! Publish of SNS, in the query protocol.

use super::http_client::Request;
use crate::events::message::Message;
use crate::events::target::Resource;

/// The request for `message`.
pub(super) fn request(endpoint: &str, topic: &Resource, message: &Message) -> Request {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", "Publish")
        .append_pair("Version", "2010-03-31")
        .append_pair("TopicArn", message.head.target.arn())
        .append_pair("Message", &String::from_utf8_lossy(&message.body));
    for (index, attribute) in message.head.attributes.iter().enumerate() {
        let entry = format!("MessageAttributes.entry.{}", index + 1);
        form.append_pair(&format!("{entry}.Name"), &attribute.name)
            .append_pair(&format!("{entry}.Value.DataType"), &attribute.data_type)
            .append_pair(&format!("{entry}.Value.StringValue"), &attribute.value);
    }
    Request {
        url: format!("{}/", endpoint.trim_end_matches('/')),
        service: "sns",
        region: topic.region.clone(),
        headers: vec![(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8".into(),
        )],
        body: form.finish().into_bytes().into(),
    }
}
