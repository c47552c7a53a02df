//! One delivery of one message.

use std::sync::Arc;

use super::Shared;
use super::delivery::Undelivered;
use super::log::{DeliveryId, LogError, Told};
use super::message::Message;
use super::taking::Taking;
use crate::invoker::RunGuest;
use crate::turns::{Went, backoff_ms};

/// The turn of a message.
type Delivery = Taking<DeliveryId, Arc<str>>;

/// Takes the turn of a message.
pub(super) async fn deliver<G: RunGuest>(shared: Arc<Shared<G>>, mut taking: Delivery) {
    match shared.log.message(taking.lease()).await {
        Ok(message) => shared.deliver(message, &mut taking).await,
        Err(LogError::Lapsed) => taking.done(Went::Failed),
        Err(error) => {
            tracing::error!(%error, "a message waits, since it could not be read");
            taking.failed();
        }
    }
}

impl<G: RunGuest> Shared<G> {
    async fn deliver(&self, message: Arc<Message>, taking: &mut Delivery) {
        let expires_ms = message.expires_ms;
        let (went, reason) = match self.courier.deliver(message).await {
            Ok(()) => return self.told(Told::Delivered, Went::Ran, taking).await,
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
                taking.rest(went);
                return self.told(Told::Later { due_ms, tries }, went, taking).await;
            }
        }
        let event = taking.lease().work.event;
        tracing::warn!(%event, "An event is dead. {reason}");
        let at_ms = self.clock.now_ms();
        self.told(Told::GaveUp { reason, at_ms }, Went::Failed, taking)
            .await;
    }

    async fn told(&self, how: Told, went: Went, taking: &mut Delivery) {
        match self.log.told(taking.lease(), how).await {
            Ok(()) => taking.done(went),
            Err(LogError::Lapsed) => taking.done(Went::Failed),
            Err(error) => {
                tracing::error!(%error, "a message is delivered again, since it could not be noted");
                taking.failed();
            }
        }
    }
}
