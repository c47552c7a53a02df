//! How messages get to queues, topics and folders.
//!
//! SQS and SNS are spoken to over their real HTTP APIs, where an endpoint is configured: plain HTTP, as
//! local queues speak it. A folder stands for everything else, where one is named.

mod folder;
mod http_client;
mod signature;
mod sns;
mod sqs;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::target::{Resource, Target};
use crate::domain::Account;
use crate::limits::EVENT_PAYLOAD_BYTES_MAX;
use http_client::HttpClient;
pub use signature::Credentials;

/// Where messages to destinations go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destinations {
    /// The address of SQS, such as `http://127.0.0.1:9324`.
    pub sqs_endpoint: Option<String>,
    /// The address of SNS.
    pub sns_endpoint: Option<String>,
    /// The folder that messages are written to which have no other way.
    pub folder: Option<PathBuf>,
    /// What requests are signed with.
    pub credentials: Credentials,
}

/// A message for one destination of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) head: Head,
    pub(super) body: Bytes,
    /// Unix time; after it, the message is given up.
    pub(super) expires_ms: u64,
}

/// A message, but for its body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// The ARN of the destination.
    pub(super) target: String,
    /// What tells the message from others to the same destination.
    pub(super) name: String,
    /// Unix time of the event's end.
    pub(super) at_ms: u64,
    pub(super) attributes: Vec<Attribute>,
}

/// An attribute of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attribute {
    pub(super) name: String,
    /// `String` or `Number`.
    pub(super) data_type: String,
    pub(super) value: String,
}

impl Attribute {
    pub(super) fn string(name: &str, value: String) -> Self {
        Self {
            name: name.into(),
            data_type: "String".into(),
            value,
        }
    }

    pub(super) fn number(name: &str, value: u16) -> Self {
        Self {
            name: name.into(),
            data_type: "Number".into(),
            value: value.to_string(),
        }
    }
}

/// Why a message was not delivered; the text is a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Undelivered {
    /// It may be, later, as may others for the same destination.
    ForNow(String),
    /// The destination does not take this message as it is; others may go through.
    Refused(String),
    /// It cannot be, as this host is configured.
    ForGood(String),
}

/// Delivers messages.
#[derive(Clone)]
pub(super) struct Courier {
    destinations: Arc<Destinations>,
    client: HttpClient,
    account: Account,
}

impl Courier {
    pub(super) fn new(destinations: Destinations, account: Account) -> Self {
        Self {
            destinations: Arc::new(destinations),
            client: HttpClient::default(),
            account,
        }
    }

    /// Delivers a message. Blocks.
    pub(super) fn deliver(&self, message: &Message) -> Result<(), Undelivered> {
        let Head { target, .. } = &message.head;
        let resource = match Target::parse(target, &self.account) {
            Some(Target::Elsewhere(resource)) => resource,
            Some(Target::Function { .. }) => {
                return Err(Undelivered::ForGood(format!(
                    "The record for the function {target} has {} bytes, and an event may have \
                     {EVENT_PAYLOAD_BYTES_MAX}. Send such records to a queue or a topic, or return less.",
                    message.body.len()
                )));
            }
            None => {
                return Err(Undelivered::ForGood(format!(
                    "The destination {target} is not an ARN."
                )));
            }
        };
        let Destinations {
            sqs_endpoint,
            sns_endpoint,
            folder,
            credentials,
        } = &*self.destinations;
        let request = match (resource.service.as_str(), sqs_endpoint, sns_endpoint) {
            ("sqs", Some(endpoint), _) => sqs::request(endpoint, &resource, message),
            ("sns", _, Some(endpoint)) => sns::request(endpoint, &resource, message),
            _ => {
                return match folder {
                    Some(folder) => folder::write(folder, &resource, message),
                    None => Err(Undelivered::ForGood(no_way_to(&resource, target))),
                };
            }
        };
        self.client.send(&request, credentials)
    }
}

fn no_way_to(resource: &Resource, target: &str) -> String {
    let endpoint = match resource.service.as_str() {
        "sqs" => "Start the host with --sqs-endpoint URL, or with --destinations DIR",
        "sns" => "Start the host with --sns-endpoint URL, or with --destinations DIR",
        _ => "Start the host with --destinations DIR",
    };
    format!(
        "This host has no way to the destination {target}. {endpoint}, and run \
         `sparkler events redrive` then."
    )
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// What becomes of a message that a queue answers with this status.
    fn delivered(status: &str) -> Result<(), Undelivered> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let queue = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                let mut some = [0; 4096];
                let read = stream.read(&mut some).expect("a request");
                request.extend_from_slice(&some[..read]);
            }
            stream.write_all(answer.as_bytes()).expect("answered");
        });
        let destinations = Destinations {
            sqs_endpoint: Some(format!("http://{address}")),
            ..Destinations::default()
        };
        let message = Message {
            head: Head {
                target: "arn:aws:sqs:us-east-1:123456789012:q".into(),
                name: "n".into(),
                at_ms: 0,
                attributes: Vec::new(),
            },
            body: "{}".into(),
            expires_ms: 0,
        };
        let delivered = Courier::new(destinations, Account::default()).deliver(&message);
        queue.join().expect("it answered");
        delivered
    }

    #[test]
    fn a_message_that_is_refused_is_told_from_a_queue_that_fails() {
        assert_eq!(delivered("200 OK"), Ok(()));
        for status in ["400 Bad Request", "413 Payload Too Large"] {
            let refused = delivered(status);
            assert!(
                matches!(refused, Err(Undelivered::Refused(_))),
                "{refused:?}"
            );
        }
        for status in ["403 Forbidden", "429 Too Many Requests", "503 Unavailable"] {
            let failed = delivered(status);
            assert!(matches!(failed, Err(Undelivered::ForNow(_))), "{failed:?}");
        }
    }
}
