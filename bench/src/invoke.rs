//! An invocation inside the process: resolve, admit, a fresh sandbox, call, report, reset; beside it one
//! in a sandbox that is reused, and one in a sandbox that was prepared ahead.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use sparkler::app::Host;
use sparkler::domain::{FunctionArn, FunctionName, Invocation, LogType, Outcome, RequestId};
use sparkler::invoker::{Call, Gate, PrepareGuest as _, RunGuest as _};

use crate::function::{EVENT, REUSED, host_with_echo};
use crate::median;

pub(crate) async fn run(invocations: u32, rounds: usize) -> anyhow::Result<()> {
    let (host, name) = host_with_echo().await?;
    let reused = FunctionName::parse(REUSED).context("a good name")?;
    let cores = std::thread::available_parallelism()?.get();
    for (kind, name) in [("fresh", &name), ("reused", &reused)] {
        let target = Arc::new(host.account().function_arn(name, None));
        round(&host, &target, invocations, 1).await?;
        for tasks in [1, cores] {
            let mut costs = Vec::new();
            for _ in 0..rounds {
                costs.push(round(&host, &target, invocations, tasks).await?);
            }
            show(&format!("{kind}, {tasks} at once"), median(costs));
        }
    }
    let target = host.account().function_arn(&name, None);
    let mut costs = Vec::new();
    for _ in 0..rounds {
        costs.push(prepared_round(&host, &target, invocations / 10).await?);
    }
    show("prepared, 1 at once", median(costs));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is the benchmark's result")]
fn show(what: &str, microseconds: f64) {
    let per_second = 1_000_000.0 / microseconds;
    println!("{what}: {microseconds:.2} µs per invocation, {per_second:.0} per second");
}

/// Microseconds of an invocation that takes a prepared sandbox, without the time for which the next one
/// is waited for.
async fn prepared_round(
    host: &Host,
    target: &FunctionArn,
    invocations: u32,
) -> anyhow::Result<f64> {
    let version = host.invoker().resolve(target)?.version;
    let gate = Gate::new(1);
    let mut spent = Duration::ZERO;
    for _ in 0..invocations {
        host.guests().prepare(&version, 1).await?;
        let started = Instant::now();
        let invocation = Invocation {
            request_id: RequestId::random(),
            invoked_arn: target.to_string(),
            payload: Bytes::from_static(EVENT).into(),
            trace_id: None,
            client_context: None,
            tenant_id: None,
            terms: Default::default(),
        };
        let admission = gate.enter()?.provisioned();
        let run = host
            .guests()
            .run(Arc::clone(&version), invocation, admission);
        check(run.await?.outcome)?;
        spent += started.elapsed();
    }
    host.guests().prepare(&version, 0).await?;
    Ok(spent.as_secs_f64() * 1_000_000.0 / f64::from(invocations))
}

/// Microseconds of wall-clock time per invocation, with so many tasks at it.
async fn round(
    host: &Host,
    target: &Arc<FunctionArn>,
    invocations: u32,
    tasks: usize,
) -> anyhow::Result<f64> {
    let each = invocations / u32::try_from(tasks)?;
    let started = Instant::now();
    let running: Vec<_> = (0..tasks)
        .map(|_| {
            let (host, target) = (host.clone(), Arc::clone(target));
            tokio::spawn(async move {
                for _ in 0..each {
                    invoke(&host, &target).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for task in running {
        task.await??;
    }
    let total = f64::from(each) * tasks as f64;
    Ok(started.elapsed().as_secs_f64() * 1_000_000.0 / total)
}

async fn invoke(host: &Host, target: &FunctionArn) -> anyhow::Result<()> {
    let resolved = host.invoker().resolve(target)?;
    let call = Call {
        target: target.clone(),
        request_id: RequestId::random(),
        payload: Bytes::from_static(EVENT).into(),
        trace_id: None,
        client_context: None,
        tenant_id: None,
        log_type: LogType::None,
    };
    check(host.invoker().run(resolved, call).await?.report.outcome)
}

fn check(outcome: Outcome) -> anyhow::Result<()> {
    match outcome {
        Outcome::Returned(answer) if answer == EVENT => Ok(()),
        other => bail!("the echo answered {other:?}"),
    }
}
