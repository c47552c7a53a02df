//! An invocation inside the process: resolve, admit, a fresh sandbox, call, report, reset.

use std::sync::Arc;
use std::time::Instant;

use anyhow::bail;
use bytes::Bytes;
use sparkler::app::Host;
use sparkler::domain::{FunctionArn, LogType, Outcome, RequestId};
use sparkler::invoker::Call;

use crate::function::{EVENT, host_with_echo};
use crate::median;

pub(crate) async fn run(invocations: u32, rounds: usize) -> anyhow::Result<()> {
    let (host, name) = host_with_echo().await?;
    let target = Arc::new(host.account().function_arn(&name, None));
    let cores = std::thread::available_parallelism()?.get();
    round(&host, &target, invocations, 1).await?;
    for tasks in [1, cores] {
        let mut costs = Vec::new();
        for _ in 0..rounds {
            costs.push(round(&host, &target, invocations, tasks).await?);
        }
        let per_second = 1_000_000.0 / median(costs.clone());
        show(tasks, median(costs), per_second);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is the benchmark's result")]
fn show(tasks: usize, microseconds: f64, per_second: f64) {
    println!("{tasks} at once: {microseconds:.2} µs per invocation, {per_second:.0} per second");
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
        payload: Bytes::from_static(EVENT),
        trace_id: None,
        client_context: None,
        tenant_id: None,
        log_type: LogType::None,
    };
    match host.invoker().run(resolved, call).await?.report.outcome {
        Outcome::Returned(answer) if answer == EVENT => Ok(()),
        other => bail!("the echo answered {other:?}"),
    }
}
