//! The end of an event: who is told, and what of it stays, in one transaction.

use bytes::Bytes;

use super::Shared;
use super::decision::Policy;
use super::delivery::{Attribute, Head, Message};
use super::event::{Condition, Ended, Event, NewEvent};
use super::queues::Posted;
use super::record;
use super::store::{Change, DeliveryId, Ending, StoreError};
use super::target::Target;
use crate::domain::{FunctionRecord, RequestId};
use crate::limits::EVENT_PAYLOAD_BYTES_MAX;

/// What an end makes.
struct Made {
    changes: Vec<Change>,
    /// Events for other functions of this host.
    events: Vec<Event>,
    posted: Vec<Posted>,
}

impl<G: crate::invoker::RunGuest> Shared<G> {
    /// Ends an event: returns when that, and what comes of it, is durable.
    pub(super) async fn end(
        &self,
        event: &Event,
        ended: Ended,
        record: Option<&FunctionRecord>,
        policy: &Policy,
    ) -> Result<(), StoreError> {
        let Made {
            changes,
            events,
            posted,
        } = self.made(event, &ended, record, policy);
        let queues = self.queues.clone();
        let (id, bytes) = (event.id, event.bytes());
        self.writer
            .commit(changes, move |written| {
                if written.is_ok() {
                    queues.end(id, bytes, posted);
                    queues.admit_all(events);
                }
            })
            .await
    }

    fn made(
        &self,
        event: &Event,
        ended: &Ended,
        record: Option<&FunctionRecord>,
        policy: &Policy,
    ) -> Made {
        let mut events = Vec::new();
        let mut messages = Vec::new();
        if let Some(arn) = destination(event, ended, record) {
            let body = record::record(event, ended, &self.account);
            match Target::parse(arn, &self.account) {
                // A loop that was ended is not begun again.
                Some(Target::Function { .. })
                    if ended.condition == Condition::RecursiveInvocation => {}
                // A record holds the event before it: in a loop, each would be larger than the last.
                Some(Target::Function { name, qualifier })
                    if body.len() <= EVENT_PAYLOAD_BYTES_MAX =>
                {
                    events.push(Event {
                        id: self.new_id(),
                        new: NewEvent {
                            function: name,
                            qualifier,
                            request_id: RequestId::random(),
                            trace_id: event.new.trace_id.clone(),
                            tenant_id: event.new.tenant_id.clone(),
                            payload: body,
                        },
                        accepted_ms: ended.at_ms,
                        runs: 0,
                        hops: event.hops + 1,
                    });
                }
                Some(Target::Function { .. } | Target::Elsewhere(_)) | None => {
                    let name = event.new.request_id.to_string();
                    messages.push(message(arn, name, Vec::new(), body, ended, policy));
                }
            }
        }
        if let Some(arn) = dead_letter_target(event, ended, record) {
            let attributes = record::dead_letter_attributes(event, ended);
            let name = format!("{}-dead-letter", event.new.request_id);
            let body = event.new.payload.clone();
            messages.push(message(arn, name, attributes, body, ended, policy));
        }
        Made::of(event, ended, events, messages)
    }
}

impl Made {
    fn of(event: &Event, ended: &Ended, events: Vec<Event>, messages: Vec<Message>) -> Self {
        let id = event.id;
        let posted = messages.iter().zip(0_u8..).map(|(message, part)| Posted {
            id: DeliveryId { event: id, part },
            target: message.head.target.clone(),
            bytes: message.body.len() as u64,
        });
        let posted = posted.collect();
        let is_told = !events.is_empty() || ended.condition == Condition::Success;
        let change = match messages.is_empty() {
            true if is_told => Change::Remove(id),
            true => Change::Die {
                id,
                ending: ending(ended),
            },
            false => Change::Deliver {
                id,
                ending: ending(ended),
                messages,
            },
        };
        let mut changes = vec![change];
        changes.extend(events.iter().cloned().map(Change::Accept));
        Self {
            changes,
            events,
            posted,
        }
    }
}

/// The destination of the record.
fn destination<'a>(
    event: &Event,
    ended: &Ended,
    record: Option<&'a FunctionRecord>,
) -> Option<&'a str> {
    let attached = record?.attached(event.new.qualifier.as_ref());
    let config = attached.event_invoke.as_ref()?;
    let target = match ended.condition {
        Condition::Success => &config.on_success,
        Condition::RetriesExhausted
        | Condition::EventAgeExceeded
        | Condition::ZeroReservedConcurrency
        | Condition::RecursiveInvocation => &config.on_failure,
    };
    target.as_deref()
}

/// The dead-letter queue of the version that ran, or that would have.
fn dead_letter_target<'a>(
    event: &Event,
    ended: &Ended,
    record: Option<&'a FunctionRecord>,
) -> Option<&'a str> {
    if ended.condition == Condition::Success {
        return None;
    }
    let record = record?;
    let version = match &ended.response {
        Some(response) => record.version(response.executed),
        None => record.shown(event.new.qualifier.as_ref()),
    };
    version?.settings.dead_letter_target.as_deref()
}

fn message(
    target: &str,
    name: String,
    attributes: Vec<Attribute>,
    body: Bytes,
    ended: &Ended,
    policy: &Policy,
) -> Message {
    Message {
        head: Head {
            target: target.to_owned(),
            name,
            at_ms: ended.at_ms,
            attributes,
        },
        body,
        // Trying to tell may take as long as the event itself might have.
        expires_ms: ended.at_ms + policy.age_ms_max,
    }
}

fn ending(ended: &Ended) -> Ending {
    Ending {
        condition: ended.condition.name(),
        reason: reason(ended),
        runs: ended.runs,
        at_ms: ended.at_ms,
    }
}

/// Why an event is dead, for people.
fn reason(ended: &Ended) -> String {
    let last = match (&ended.response, &ended.refusal) {
        (Some(response), _) if response.failed => {
            format!(" The last error: {}", record::error_text(&response.payload))
        }
        (_, Some((_, text))) => format!(" It could not run: {text}"),
        _ => String::new(),
    };
    let what = match ended.condition {
        Condition::Success => "The function returned.",
        Condition::RetriesExhausted => "The function failed in every attempt.",
        Condition::EventAgeExceeded => "The event is too old for another attempt.",
        Condition::ZeroReservedConcurrency => {
            "The function may not run: its reserved concurrency is 0."
        }
        Condition::RecursiveInvocation => {
            "It came over too many destinations, as in a loop of functions."
        }
    };
    format!("{what}{last}")
}
