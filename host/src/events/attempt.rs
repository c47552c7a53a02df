//! One attempt: resolve, run, decide, and make the decision durable.

use std::sync::Arc;

use super::Shared;
use super::decision::{Next, Policy, after_refusal, after_run};
use super::event::{Condition, Ended, Event, EventId, Response};
use super::log::{LogError, Settle};
use super::taking::Taking;
use crate::domain::function::RecursiveLoop;
use crate::domain::{
    EventJson, FunctionName, FunctionRecord, Invocation, LogType, Refusal, RefusalClass,
};
use crate::invoker::{Completion, How, RunGuest, error_object};
use crate::limits::EVENT_HOPS_MAX;
use crate::turns::Went;

/// What an attempt came to.
enum Decided {
    Ended(Ended),
    /// The function failed and runs again.
    Retry {
        runs: u32,
        due_ms: u64,
    },
    /// It could not run. Not written down: after a crash, it is simply tried again.
    NotRun {
        went: Went,
        due_ms: u64,
        tries: u32,
    },
}

/// The turn of an event.
type Attempt = Taking<EventId, FunctionName>;

/// Takes the turn of an event.
pub(super) async fn attempt<G: RunGuest>(shared: Arc<Shared<G>>, mut taking: Attempt) {
    let lease = taking.lease();
    match shared.log.event(lease).await {
        Ok(event) => shared.take_turn(&event, &mut taking).await,
        Err(LogError::Lapsed) => taking.over(lease, Went::Failed),
        Err(error) => {
            tracing::error!(%error, "an event waits, since it could not be read");
            taking.failed();
        }
    }
}

impl<G: RunGuest> Shared<G> {
    async fn take_turn(&self, event: &Event, taking: &mut Attempt) {
        let record = self.catalog.get(&event.new.function);
        let policy = self.policy(event, record.as_deref());
        let decided = self.decided(event, record.as_deref(), &policy, taking);
        let (next, went) = match decided.await {
            Decided::NotRun {
                went,
                due_ms,
                tries,
            } => {
                taking.rest(went);
                (Settle::Later { due_ms, tries }, went)
            }
            Decided::Retry { runs, due_ms } => (Settle::Retry { runs, due_ms }, Went::Ran),
            Decided::Ended(ended) => {
                let went = match &ended.response {
                    Some(_) => Went::Ran,
                    None => Went::Failed,
                };
                let end = self.end_of(event, &ended, record.as_deref(), &policy);
                (end, went)
            }
        };
        let lease = taking.lease();
        match self.log.settle(lease, next).await {
            Ok(()) => taking.over(lease, went),
            Err(LogError::Lapsed) => taking.over(lease, Went::Failed),
            Err(error) => {
                tracing::error!(%error, "an event runs again, since its end could not be noted");
                taking.failed();
            }
        }
    }

    fn policy(&self, event: &Event, record: Option<&FunctionRecord>) -> Policy {
        let attached = record.map(|record| record.attached(event.new.qualifier.as_ref()));
        let config = attached.and_then(|attached| attached.event_invoke.as_ref());
        Policy::of(config, self.delays)
    }

    async fn decided(
        &self,
        event: &Event,
        record: Option<&FunctionRecord>,
        policy: &Policy,
        taking: &Attempt,
    ) -> Decided {
        let now_ms = self.clock.now_ms();
        if let Some(condition) = without_attempt(event, record, policy, now_ms) {
            return Decided::Ended(Ended {
                condition,
                at_ms: now_ms,
                runs: event.runs,
                response: None,
                refusal: None,
            });
        }
        let ran = self.run(event).await;
        let now_ms = self.clock.now_ms();
        match ran {
            Ok(completion) => decided_after_run(event, policy, &completion, now_ms),
            Err(refusal) => {
                let went = match refusal.class() == RefusalClass::Throttled {
                    true => Went::Refused,
                    false => Went::Failed,
                };
                let tries = taking.turn.tries.saturating_add(1);
                match after_refusal(policy, event.accepted_ms, tries, now_ms) {
                    Next::End(condition) => Decided::Ended(Ended {
                        condition,
                        at_ms: now_ms,
                        runs: event.runs,
                        response: None,
                        refusal: Some((status(&refusal), refusal.to_string())),
                    }),
                    // Its lane waits; it keeps its place there.
                    Next::Again { .. } if went == Went::Refused => Decided::NotRun {
                        went,
                        due_ms: taking.turn.due_ms,
                        tries,
                    },
                    Next::Again { due_ms } => Decided::NotRun {
                        went,
                        due_ms,
                        tries,
                    },
                }
            }
        }
    }

    async fn run(&self, event: &Event) -> Result<Completion, Refusal> {
        let new = &event.new;
        let target = self
            .account
            .function_arn(&new.function, new.qualifier.as_ref());
        let version = self.invoker.resolve(&target)?;
        let invocation = Invocation {
            target,
            request_id: new.request_id,
            payload: EventJson::accepted(new.payload.clone()).into(),
            trace_id: new.trace_id.clone(),
            client_context: None,
            tenant_id: new.tenant_id.clone(),
            log_type: LogType::None,
        };
        self.invoker.run(version, invocation, How::default()).await
    }
}

/// Why an event ends without another attempt, if it does.
fn without_attempt(
    event: &Event,
    record: Option<&FunctionRecord>,
    policy: &Policy,
    now_ms: u64,
) -> Option<Condition> {
    if record.is_some_and(|record| record.reserved_concurrency == Some(0)) {
        return Some(Condition::ZeroReservedConcurrency);
    }
    let ends_loops = record.is_some_and(|record| record.recursive_loop == RecursiveLoop::Terminate);
    if ends_loops && event.hops > EVENT_HOPS_MAX {
        return Some(Condition::RecursiveInvocation);
    }
    policy
        .is_too_old(event.accepted_ms, now_ms)
        .then_some(Condition::EventAgeExceeded)
}

fn decided_after_run(
    event: &Event,
    policy: &Policy,
    completion: &Completion,
    now_ms: u64,
) -> Decided {
    let runs = event.runs + 1;
    let id = event.new.request_id;
    let (payload, error) = match completion.report.outcome.answer() {
        Ok(payload) => (payload.clone(), None),
        Err(error) => (
            error_object::body(error, id, completion.language),
            Some(error_object::message(error, id).into_owned()),
        ),
    };
    match after_run(policy, event.accepted_ms, runs, error.is_some(), now_ms) {
        Next::Again { due_ms } => Decided::Retry { runs, due_ms },
        Next::End(condition) => Decided::Ended(Ended {
            condition,
            at_ms: now_ms,
            runs,
            response: Some(Response {
                executed: completion.executed,
                payload,
                error,
            }),
            refusal: None,
        }),
    }
}

/// The status that callers who wait would have been answered with.
fn status(refusal: &Refusal) -> u16 {
    match refusal.class() {
        RefusalClass::NotFound => 404,
        RefusalClass::Conflict => 409,
        RefusalClass::Outdated => 412,
        RefusalClass::Invalid => 400,
        RefusalClass::Throttled => 429,
        RefusalClass::Unavailable => 503,
        RefusalClass::Internal => 500,
    }
}
