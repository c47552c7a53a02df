//! How messages get to queues, topics and folders.
//!
//! SQS and SNS are spoken to over their real HTTP APIs, where an endpoint is configured: plain HTTP, as
//! local queues speak it. A folder stands for everything else, where one is named.

mod folder;
mod http_client;
mod sns;
mod sqs;

use std::path::PathBuf;
use std::sync::Arc;

use super::message::Message;
use super::target::Resource;
use crate::domain::Account;
use crate::limits::EVENT_PAYLOAD_BYTES_MAX;
use crate::sigv4::Credentials;
use http_client::Request;

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
    account: Account,
}

/// How a message gets to its target.
enum Way {
    Request(Request),
    Folder(PathBuf),
}

impl Courier {
    pub(super) fn new(destinations: Destinations, account: Account) -> Self {
        Self {
            destinations: Arc::new(destinations),
            account,
        }
    }

    /// Delivers a message.
    pub(super) async fn deliver(&self, message: Arc<Message>) -> Result<(), Undelivered> {
        match self.way(&message)? {
            Way::Request(request) => request.send(&self.destinations.credentials).await,
            Way::Folder(folder) => {
                let written = tokio::task::spawn_blocking(move || folder::write(&folder, &message));
                // A bug of the host, which its log tells of.
                let broken = |_| Undelivered::ForNow("The host could not write a file.".into());
                written.await.map_err(broken)?
            }
        }
    }

    fn way(&self, message: &Message) -> Result<Way, Undelivered> {
        let target = &message.head.target;
        if target.function(&self.account).is_some() {
            return Err(Undelivered::ForGood(too_large(message)));
        }
        let Some(resource) = target.resource() else {
            let arn = target.arn();
            let reason = format!("The destination {arn} is not an ARN.");
            return Err(Undelivered::ForGood(reason));
        };
        let to = &*self.destinations;
        match (
            resource.service.as_str(),
            &to.sqs_endpoint,
            &to.sns_endpoint,
        ) {
            ("sqs", Some(endpoint), _) => {
                Ok(Way::Request(sqs::request(endpoint, resource, message)))
            }
            ("sns", _, Some(endpoint)) => {
                Ok(Way::Request(sns::request(endpoint, resource, message)))
            }
            _ => match &to.folder {
                Some(folder) => folder::place(folder, resource, target.arn()).map(Way::Folder),
                None => Err(Undelivered::ForGood(no_way_to(resource, target.arn()))),
            },
        }
    }
}

fn too_large(message: &Message) -> String {
    format!(
        "The record for the function {} has {} bytes, and an event may have \
         {EVENT_PAYLOAD_BYTES_MAX}. Send such records to a queue or a topic, or return less.",
        message.head.target.arn(),
        message.body.len()
    )
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
    use std::net::{SocketAddr, TcpListener};

    use super::*;
    use crate::events::message::Head;
    use crate::events::target::Target;
    use crate::limits::DELIVERY_ANSWER_BYTES_MAX;

    fn message() -> Message {
        Message {
            head: Head {
                target: Target::of("arn:aws:sqs:us-east-1:123456789012:q"),
                name: "n".into(),
                at_ms: 0,
                attributes: Vec::new(),
            },
            body: "{}".into(),
            expires_ms: 0,
        }
    }

    fn courier(address: SocketAddr) -> Courier {
        let destinations = Destinations {
            sqs_endpoint: Some(format!("http://{address}")),
            ..Destinations::default()
        };
        Courier::new(destinations, Account::default())
    }

    /// What becomes of a message that a queue answers with this status and body.
    async fn delivered(status: &str, body: &str) -> Result<(), Undelivered> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let bytes = body.len();
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {bytes}\r\n\r\n{body}");
        let queue = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                let mut some = [0; 4096];
                let read = stream.read(&mut some).expect("a request");
                request.extend_from_slice(&some[..read]);
            }
            // What is larger than anybody reads may not get through.
            let _ = stream.write_all(answer.as_bytes());
            // Ends when the connection does.
            let _ = stream.read(&mut [0; 1]);
        });
        let delivered = courier(address).deliver(Arc::new(message())).await;
        queue.join().expect("no connection is left");
        delivered
    }

    #[tokio::test]
    async fn a_message_that_is_refused_is_told_from_a_queue_that_fails() {
        assert_eq!(delivered("200 OK", "").await, Ok(()));
        for status in ["400 Bad Request", "413 Payload Too Large"] {
            let refused = delivered(status, "no").await;
            assert!(
                matches!(refused, Err(Undelivered::Refused(_))),
                "{refused:?}"
            );
        }
        for status in ["403 Forbidden", "429 Too Many Requests", "503 Unavailable"] {
            let failed = delivered(status, "no").await;
            assert!(matches!(failed, Err(Undelivered::ForNow(_))), "{failed:?}");
        }
    }

    #[tokio::test]
    async fn of_a_long_answer_the_beginning_is_read() {
        let body = "x".repeat(4 * DELIVERY_ANSWER_BYTES_MAX);
        assert_eq!(delivered("200 OK", &body).await, Ok(()));
        let Err(Undelivered::ForNow(reason)) = delivered("500 Broken", &body).await else {
            panic!("it was not delivered");
        };
        let told = reason.rsplit(' ').next().unwrap_or_default();
        assert_eq!(told, "x".repeat(300));
    }

    #[tokio::test]
    async fn a_queue_that_is_not_there_cannot_be_reached() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let Err(Undelivered::ForNow(reason)) = courier(address).deliver(Arc::new(message())).await
        else {
            panic!("it was delivered");
        };
        let expected =
            format!("http://{address}/123456789012/q cannot be reached: Connection refused");
        assert!(reason.starts_with(&expected), "{reason}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_that_does_not_answer_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let Err(Undelivered::ForNow(reason)) = courier(address).deliver(Arc::new(message())).await
        else {
            panic!("it was delivered");
        };
        assert!(
            reason.ends_with("it did not answer within 10 seconds."),
            "{reason}"
        );
    }
}
