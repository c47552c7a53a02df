//! The end of an event: who is told, and what of it stays, in one transaction.

use std::sync::Arc;

use bytes::Bytes;

use super::Shared;
use super::decision::Policy;
use super::event::{AccountRoom, Arrival, Condition, Ended, Event, NewEvent, Response};
use super::log::{Ending, Settle};
use super::message::{Attribute, Head, Message};
use super::record;
use super::target::Target;
use crate::domain::{FunctionName, FunctionRecord, Qualifier, RequestId};
use crate::invoker::RunGuest;
use crate::limits::EVENT_PAYLOAD_BYTES_MAX;

/// How much of a function's error the reason of a dead event repeats.
const REASON_CHARS_MAX: usize = 300;

impl<G: RunGuest> Shared<G> {
    /// What comes of the end of an event.
    pub(super) fn end_of(
        &self,
        event: &Event,
        ended: &Ended,
        record: Option<&FunctionRecord>,
        policy: &Policy,
    ) -> Settle {
        let (mut events, mut messages) = (Vec::new(), Vec::new());
        if let Some(arn) = destination(event, ended, record) {
            let (target, body) = (Target::of(arn), record::record(event, ended, &self.account));
            match target.function(&self.account) {
                // A loop that was ended is not begun again.
                Some(_) if ended.condition == Condition::RecursiveInvocation => {}
                // A record holds the event before it: in a loop, each would be larger than the last.
                Some((function, qualifier)) if body.len() <= EVENT_PAYLOAD_BYTES_MAX => {
                    events.push(onward(event, ended, function, qualifier, body));
                }
                Some(_) | None => {
                    let name = event.new.request_id.to_string();
                    messages.push(message(target, name, Vec::new(), body, ended, policy));
                }
            }
        }
        if let Some(arn) = dead_letter_target(event, ended, record) {
            let attributes = record::dead_letter_attributes(event, ended);
            let name = format!("{}-dead-letter", event.new.request_id);
            let (target, body) = (Target::of(arn), event.new.payload.clone());
            messages.push(message(target, name, attributes, body, ended, policy));
        }
        settle(ended, messages, events)
    }
}

fn settle(ended: &Ended, messages: Vec<Message>, events: Vec<Arrival>) -> Settle {
    let is_told = !events.is_empty() || ended.condition == Condition::Success;
    match messages.is_empty() {
        true if is_told => Settle::Done { events },
        true => Settle::Die(ending(ended)),
        false => Settle::Deliver {
            ending: ending(ended),
            messages,
            events,
        },
    }
}

/// The event for a destination that is a function.
fn onward(
    event: &Event,
    ended: &Ended,
    function: FunctionName,
    qualifier: Option<Qualifier>,
    payload: Bytes,
) -> Arrival {
    Arrival {
        account: Arc::clone(&event.account),
        // It comes out of one that was accepted.
        account_room: AccountRoom::ALL,
        new: NewEvent {
            function,
            qualifier,
            request_id: RequestId::random(),
            trace_id: event.new.trace_id.clone(),
            tenant_id: event.new.tenant_id.clone(),
            payload,
        },
        accepted_ms: ended.at_ms,
        hops: event.hops + 1,
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
    target: Target,
    name: String,
    attributes: Vec<Attribute>,
    body: Bytes,
    ended: &Ended,
    policy: &Policy,
) -> Message {
    Message {
        head: Head {
            target,
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
        condition: ended.condition,
        reason: reason(ended),
        runs: ended.runs,
        at_ms: ended.at_ms,
    }
}

/// Why an event is dead, for people.
fn reason(ended: &Ended) -> String {
    let last = match (&ended.response, &ended.refusal) {
        (Some(Response { error, .. }), _) => match error {
            Some(text) => {
                let text: String = text.chars().take(REASON_CHARS_MAX).collect();
                format!(" The last error: {text}")
            }
            None => String::new(),
        },
        (None, Some((_, text))) => format!(" It could not run: {text}"),
        (None, None) => String::new(),
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
