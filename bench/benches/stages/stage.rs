//! The stages of an invocation, each run as often as somebody wants to measure it.

use std::pin::pin;
use std::sync::Arc;
use std::task::{self, Poll, Waker};

use anyhow::{Context as _, bail};
use axum::http::StatusCode;
use sparkler::internals::{Gate, Parts as _};
use sparkler::stages::ReplyTrace;
use sparkler::{Host, RequestId, Storage, stages};
use tokio::runtime::Runtime;

use crate::calls::{Calls, check_status};
use crate::signed::Signed;
use crate::{echo, web};

/// From a request to an invocation that is checked and resolved; and the empty answer of one that is to go no
/// further.
pub(crate) const PARSE: &str = "parse";
pub(crate) const RESOLVE: &str = "resolve";
pub(crate) const ADMIT: &str = "admit";
pub(crate) const INSTANTIATE: &str = "instantiate";
pub(crate) const CALL: &str = "call";
pub(crate) const RESET: &str = "reset";
/// From what the function answered to a response.
pub(crate) const REPLY: &str = "reply";
pub(crate) const FRESH: &str = "whole invocation, fresh";
pub(crate) const REUSED: &str = "whole invocation, reused";
pub(crate) const PREPARED: &str = "whole invocation, prepared";
/// From a request to a response, all but the connection.
pub(crate) const SERVED: &str = "Invoke without a socket";
/// The same of a host that asks who calls: verified, and allowed by a policy.
pub(crate) const SIGNED: &str = "signed Invoke without a socket";
/// From a request for a server for HTTP to the whole body of its response, all but the connection.
pub(crate) const WEB: &str = "web call behind a URL";

/// Sees what is to be measured, and runs it.
pub(crate) trait Meter {
    fn measure<T>(&mut self, part: impl FnOnce() -> T) -> T;
}

/// Runs what is not to be measured, to warm up.
pub(crate) struct Unmeasured;

impl Meter for Unmeasured {
    fn measure<T>(&mut self, part: impl FnOnce() -> T) -> T {
        part()
    }
}

/// A host that runs stages of invocations.
pub(crate) struct Stages {
    pub(crate) calls: Calls,
    pub(crate) runtime: Runtime,
    /// Where that is measured, too.
    signed: Option<Signed>,
}

impl Stages {
    /// Those of a host that is made for them.
    pub(crate) fn of_new_host(runtime: Runtime) -> anyhow::Result<Self> {
        let host = runtime.block_on(echo::host_with_functions(Storage::Ephemeral))?;
        let signed = runtime.block_on(Signed::of_new_host())?;
        let stages = Self::of(host, runtime)?;
        Ok(Self {
            signed: Some(signed),
            ..stages
        })
    }

    pub(crate) fn of(host: Host, runtime: Runtime) -> anyhow::Result<Self> {
        let calls = runtime.block_on(Calls::to(host))?;
        Ok(Self {
            calls,
            runtime,
            signed: None,
        })
    }

    /// Runs `stage` so many times; `meter` sees it and nothing of what goes before and after it.
    pub(crate) fn run(
        &mut self,
        stage: &str,
        times: u64,
        meter: &mut impl Meter,
    ) -> anyhow::Result<()> {
        match stage {
            PARSE => self.serve("DryRun", StatusCode::NO_CONTENT, times, meter),
            SERVED => self.serve("RequestResponse", StatusCode::OK, times, meter),
            SIGNED => self.serve_signed(times, meter),
            WEB => self.serve_web(times, meter),
            RESOLVE => self.resolve(times, meter),
            ADMIT => self.admit(times, meter),
            INSTANTIATE | CALL | RESET => self.live(stage, times, meter),
            REPLY => self.reply(times, meter),
            FRESH | REUSED => self.invoke(stage, times, meter),
            PREPARED => self.invoke_prepared(times, meter),
            unknown => bail!("there is no stage {unknown}"),
        }
    }

    fn serve(
        &mut self,
        kind: &str,
        status: StatusCode,
        times: u64,
        meter: &mut impl Meter,
    ) -> anyhow::Result<()> {
        let Self { calls, runtime, .. } = self;
        for _ in 0..times {
            let request = Calls::request(kind)?;
            let response = meter.measure(|| runtime.block_on(calls.serve(request)));
            check_status(&response, status)?;
        }
        Ok(())
    }

    fn serve_signed(&self, times: u64, meter: &mut impl Meter) -> anyhow::Result<()> {
        let signed = self.signed.as_ref().context("no host that asks")?;
        for _ in 0..times {
            let request = signed.request("RequestResponse")?;
            let response = meter.measure(|| self.runtime.block_on(signed.serve(request)));
            check_status(&response, StatusCode::OK)?;
        }
        Ok(())
    }

    fn serve_web(&self, times: u64, meter: &mut impl Meter) -> anyhow::Result<()> {
        let Self { calls, runtime, .. } = self;
        for _ in 0..times {
            let request = web::request(&calls.web)?;
            let answered = async { web::body(calls.serve(request).await).await };
            web::check(&meter.measure(|| runtime.block_on(answered))?)?;
        }
        Ok(())
    }

    fn resolve(&self, times: u64, meter: &mut impl Meter) -> anyhow::Result<()> {
        let (invoker, target) = (self.calls.host.invoker(), &self.calls.fresh);
        meter.measure(|| {
            for _ in 0..times {
                std::hint::black_box(invoker.resolve(target)?);
            }
            Ok(())
        })
    }

    fn admit(&self, times: u64, meter: &mut impl Meter) -> anyhow::Result<()> {
        let invoker = self.calls.host.invoker();
        let resolved = invoker.resolve(&self.calls.fresh)?;
        let (record, version) = (&resolved.record, &resolved.version);
        meter.measure(|| {
            for _ in 0..times {
                std::hint::black_box(invoker.gate().enter_for(record, version, None)?);
            }
            Ok(())
        })
    }

    /// A sandbox comes, is called and goes; one of these is measured.
    fn live(&self, stage: &str, times: u64, meter: &mut impl Meter) -> anyhow::Result<()> {
        // Loads the function, where that was not done before.
        self.runtime
            .block_on(self.calls.completion(&self.calls.fresh))?;
        let _entered = self.runtime.enter();
        let version = self.calls.fresh_version()?;
        for _ in 0..times {
            let instantiate = || at_once(self.calls.instantiate(&version));
            let sandbox = part(stage == INSTANTIATE, meter, instantiate)??;
            let called = part(stage == CALL, meter, || at_once(sandbox.call()))?;
            called.check()?;
            part(stage == RESET, meter, || drop(called));
        }
        Ok(())
    }

    fn reply(&self, times: u64, meter: &mut impl Meter) -> anyhow::Result<()> {
        let completion = self.calls.completion(&self.calls.fresh);
        let completion = self.runtime.block_on(completion)?;
        for _ in 0..times {
            let (completion, trace) = (completion.clone(), ReplyTrace::begun());
            let id = RequestId::random();
            let response = meter.measure(|| stages::reply(completion, trace, id));
            check_status(&response, StatusCode::OK)?;
        }
        Ok(())
    }

    fn invoke(&self, stage: &str, times: u64, meter: &mut impl Meter) -> anyhow::Result<()> {
        let target = match stage == REUSED {
            true => &self.calls.reused,
            false => &self.calls.fresh,
        };
        meter.measure(|| {
            self.runtime.block_on(async {
                for _ in 0..times {
                    self.calls.invoke(target).await?;
                }
                Ok(())
            })
        })
    }

    fn invoke_prepared(&self, times: u64, meter: &mut impl Meter) -> anyhow::Result<()> {
        let version = self.calls.fresh_version()?;
        let gate = Gate::new(1);
        for _ in 0..times {
            self.runtime.block_on(self.calls.prepare(&version))?;
            let invoked = self.calls.invoke_prepared(Arc::clone(&version), &gate);
            meter.measure(|| self.runtime.block_on(invoked))?;
        }
        Ok(())
    }
}

/// Runs `part`, before the eyes of the meter if it is measured.
fn part<T>(is_measured: bool, meter: &mut impl Meter, part: impl FnOnce() -> T) -> T {
    match is_measured {
        true => meter.measure(part),
        false => part(),
    }
}

/// What comes of work that waits for nothing, without what it costs to be able to wait. On a busy machine ticks come
/// meanwhile, at which a guest lets others have the thread and can go on at once.
fn at_once<T>(work: impl Future<Output = T>) -> anyhow::Result<T> {
    const TICKS_MAX: usize = 100;
    let (mut work, mut context) = (pin!(work), task::Context::from_waker(Waker::noop()));
    for _ in 0..TICKS_MAX {
        if let Poll::Ready(done) = work.as_mut().poll(&mut context) {
            return Ok(done);
        }
    }
    bail!("a stage that should not wait has waited")
}
