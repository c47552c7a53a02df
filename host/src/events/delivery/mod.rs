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
    /// It may be, later.
    ForNow(String),
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
        let Some(Target::Elsewhere(resource)) = Target::parse(target, &self.account) else {
            return Err(Undelivered::ForGood(format!(
                "The destination {target} is not the ARN of a queue or a topic."
            )));
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
