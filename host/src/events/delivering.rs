//! One delivery of one message.

use std::sync::Arc;

use super::Shared;
use super::decision::backoff_ms;
use super::delivery::{Message, Undelivered};
use super::lanes::Went;
use super::store::{Change, DeliveryId, StoreError};
use super::taking::Taking;
use crate::invoker::RunGuest;

/// Takes the turn of a message.
pub(super) async fn deliver<G: RunGuest>(shared: Arc<Shared<G>>, mut taking: Taking<String>) {
    let id = DeliveryId::of(taking.turn.id);
    match shared.message(id).await {
        Ok(Some(message)) => shared.deliver(id, message, &mut taking).await,
        Ok(None) => taking.done(Went::Failed),
        Err(error) => {
            tracing::error!(%error, "a message waits, since it could not be read");
            taking.failed();
        }
    }
}

impl<G: RunGuest> Shared<G> {
    async fn deliver(&self, id: DeliveryId, message: Message, taking: &mut Taking<String>) {
        let expires_ms = message.expires_ms;
        let courier = self.courier.clone();
        let delivered = tokio::task::spawn_blocking(move || courier.deliver(&message));
        let Ok(delivered) = delivered.await else {
            // A bug of the host, which its log tells of.
            return taking.failed();
        };
        let (went, reason) = match delivered {
            Ok(()) => {
                return self
                    .told(id, Change::Delivered(id), Went::Ran, taking)
                    .await;
            }
            Err(Undelivered::ForGood(reason)) => (None, reason),
            Err(Undelivered::ForNow(reason)) => (Some(Went::Refused), reason),
            Err(Undelivered::Refused(reason)) => (Some(Went::Failed), reason),
        };
        if let Some(went) = went {
            let tries = taking.turn.tries.saturating_add(1);
            let due_ms = self.clock.now_ms() + backoff_ms(tries);
            if due_ms <= expires_ms {
                if tries == 1 {
                    tracing::warn!("A message about an event waits. {reason}");
                }
                return taking.again(went, due_ms, tries);
            }
        }
        tracing::warn!(event = %id.event, "An event is dead. {reason}");
        let change = Change::GiveUp {
            delivery: id,
            reason,
            at_ms: self.clock.now_ms(),
        };
        self.told(id, change, Went::Failed, taking).await;
    }

    async fn told(&self, id: DeliveryId, change: Change, went: Went, taking: &mut Taking<String>) {
        let queues = self.queues.clone();
        let written = self.writer.commit(vec![change], move |written| {
            if written.is_ok() {
                queues.told(id.event);
            }
        });
        match written.await {
            Ok(()) => taking.done(went),
            Err(_) => taking.failed(),
        }
    }

    async fn message(&self, id: DeliveryId) -> Result<Option<Message>, StoreError> {
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || store.message(id))
            .await
            .unwrap_or_else(|error| Err(StoreError(error.to_string())))
    }
}
