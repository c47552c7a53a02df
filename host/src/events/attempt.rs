//! One attempt: resolve, run, decide, and make the decision durable.

use std::sync::Arc;

use super::Shared;
use super::decision::{Next, Policy, after_refusal, after_run};
use super::event::{Condition, Ended, Event, EventId, Response};
use super::lanes::Went;
use super::store::{Change, StoreError};
use super::taking::Taking;
use crate::domain::function::RecursiveLoop;
use crate::domain::{EventJson, FunctionName, FunctionRecord, Invocation, LogType, Refusal};
use crate::invoker::{Completion, How, RunGuest, error_object};
use crate::limits::EVENT_HOPS_MAX;

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

/// Takes the turn of an event.
pub(super) async fn attempt<G: RunGuest>(shared: Arc<Shared<G>>, mut taking: Taking<FunctionName>) {
    match shared.event(EventId(taking.turn.id)).await {
        Ok(Some(event)) => shared.take_turn(event, &mut taking).await,
        // It ended, and somebody brought its number back.
        Ok(None) => taking.done(Went::Failed),
        Err(error) => {
            tracing::error!(%error, "an event waits, since it could not be read");
            taking.failed();
        }
    }
}

impl<G: RunGuest> Shared<G> {
    async fn take_turn(&self, event: Event, taking: &mut Taking<FunctionName>) {
        let record = self.catalog.get(&event.new.function);
        let policy = self.policy(&event, record.as_deref());
        match self
            .decided(&event, record.as_deref(), &policy, taking)
            .await
        {
            Decided::NotRun {
                went,
                due_ms,
                tries,
            } => {
                self.queues.keep(event);
                taking.again(went, due_ms, tries);
            }
            Decided::Retry { runs, due_ms } => {
                let id = event.id;
                let retry = Change::Retry { id, runs, due_ms };
                match self.writer.commit(vec![retry], |_| {}).await {
                    Ok(()) => taking.again(Went::Ran, due_ms, 0),
                    Err(_) => taking.failed(),
                }
            }
            Decided::Ended(ended) => {
                let went = match &ended.response {
                    Some(_) => Went::Ran,
                    None => Went::Failed,
                };
                match self.end(&event, ended, record.as_deref(), &policy).await {
                    Ok(()) => taking.done(went),
                    Err(_) => taking.failed(),
                }
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
        taking: &Taking<FunctionName>,
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
                let went = match &refusal {
                    Refusal::TooManyInvocations(_) => Went::Refused,
                    _ => Went::Failed,
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
            payload: EventJson::kept(new.payload.clone()).into(),
            trace_id: new.trace_id.clone(),
            client_context: None,
            tenant_id: new.tenant_id.clone(),
            log_type: LogType::None,
        };
        self.invoker.run(version, invocation, How::default()).await
    }

    /// An event that waits, from memory or from disk.
    async fn event(&self, id: EventId) -> Result<Option<Event>, StoreError> {
        if let Some(event) = self.queues.cached(id) {
            return Ok(Some(event));
        }
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || store.event(id))
            .await
            .unwrap_or_else(|error| Err(StoreError(error.to_string())))
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
    let (payload, failed) = match completion.report.outcome.answer() {
        Ok(payload) => (payload.clone(), false),
        Err(error) => (error_object::body(error, event.new.request_id), true),
    };
    match after_run(policy, event.accepted_ms, runs, failed, now_ms) {
        Next::Again { due_ms } => Decided::Retry { runs, due_ms },
        Next::End(condition) => Decided::Ended(Ended {
            condition,
            at_ms: now_ms,
            runs,
            response: Some(Response {
                executed: completion.executed,
                payload,
                failed,
            }),
            refusal: None,
        }),
    }
}

/// The status that callers who wait would have been answered with.
fn status(refusal: &Refusal) -> u16 {
    match refusal {
        Refusal::TooManyInvocations(_) => 429,
        Refusal::FunctionNotFound(_) => 404,
        Refusal::FunctionNotActive { .. } | Refusal::SnapshotNotReady => 409,
        _ => 500,
    }
}
