//! Works through a batch of messages from a queue, and says which of them have to come again.
//!
//! The event and the answer are those of the crate `aws_lambda_events`, as in a function for AWS.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use serde::Deserialize;
use sparkler_guest::{Error, LambdaEvent, handler};

/// What is in the body of a message.
#[derive(Deserialize)]
struct Order {
    item: String,
    pieces: u32,
}

/// Takes the orders of a batch. A message that fails comes again, and the others do not.
#[handler]
#[expect(clippy::print_stdout, reason = "what a function prints is its log")]
pub async fn take_orders(event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
    let mut response = SqsBatchResponse::default();
    for message in &event.payload.records {
        if let Err(error) = take_order(message).await {
            let id = message.message_id.as_deref().unwrap_or_default();
            println!("message {id} has to come again: {error}");
            response.add_failure(id);
        }
    }
    Ok(response)
}

#[expect(clippy::print_stdout, reason = "what a function prints is its log")]
async fn take_order(message: &SqsMessage) -> Result<(), Error> {
    let body = message.body.as_deref().ok_or("it has no body")?;
    let order: Order = serde_json::from_str(body)?;
    if order.pieces == 0 {
        return Err(format!("an order of no {}", order.item).into());
    }
    println!("{} × {}", order.pieces, order.item);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context as Task, Poll, Waker};

    use sparkler_guest::Context;

    use super::*;

    /// Polls once: nothing here waits. A function that does uses its executor's own test attribute.
    fn now<F: Future>(future: F) -> F::Output {
        match pin!(future).poll(&mut Task::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("the handler waits"),
        }
    }

    #[test]
    fn only_what_failed_comes_again() {
        let batch: SqsEvent = serde_json::from_value(serde_json::json!({ "Records": [
            { "messageId": "good", "body": "{\"item\":\"tea\",\"pieces\":2}" },
            { "messageId": "none", "body": "{\"item\":\"tea\",\"pieces\":0}" },
            { "messageId": "torn", "body": "{\"item\":" },
        ]}))
        .expect("an SQS event");
        let response = now(take_orders(LambdaEvent::new(batch, Context::default())));
        let failed: Vec<_> = response
            .expect("a response")
            .batch_item_failures
            .into_iter()
            .map(|failure| failure.item_identifier)
            .collect();
        assert_eq!(failed, ["none", "torn"]);
    }
}
