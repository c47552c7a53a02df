//! One component on its way to compiled code: in this process, or in one that is started for it.

use std::io::{self, Read};

use bytes::Bytes;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::child::CompileChild;
use super::compiler::{failed, within_time};
use super::in_process::{accepted, compile};
use super::isolation::{CompileIsolation, CompileLimits};
use super::snapshot::{self, InitOrder};
use crate::deployer::{Initialized, Rejection};
use crate::domain::{Account, Version};
use crate::limits;
use crate::sandbox::reach::interfaces::Interfaces;

pub use super::in_process::inspect;

/// A component that was accepted.
pub(in crate::sandbox) enum Compilation {
    /// A process of its own holds it, and compiles it when its code is asked for.
    Child(Box<CompileChild>),
    /// It is compiled here when its code is asked for.
    InProcess {
        component: Vec<u8>,
        interfaces: Interfaces,
    },
}

impl Compilation {
    /// Checks `wasm`.
    pub(in crate::sandbox) async fn start(
        isolation: &CompileIsolation,
        interfaces: &Interfaces,
        wasm: Bytes,
        deadline: Instant,
    ) -> Result<Self, Rejection> {
        match isolation {
            CompileIsolation::InProcess => {
                let interfaces = interfaces.clone();
                spawn_blocking(move || {
                    Ok(Self::InProcess {
                        component: accepted(wasm.into(), &interfaces)?,
                        interfaces,
                    })
                })
                .await
                .map_err(failed)?
            }
            CompileIsolation::Child {
                program,
                arguments,
                limits,
            } => {
                let child = CompileChild::start(program, arguments, *limits, wasm);
                let child = within_time(Some(deadline), child).await?;
                Ok(Self::Child(Box::new(child)))
            }
        }
    }

    /// The compiled code.
    pub(in crate::sandbox) async fn artifact(&mut self) -> Result<Box<dyn Read + Send>, Rejection> {
        match self {
            Self::Child(child) => Ok(Box::new(child.artifact().await?)),
            Self::InProcess {
                component,
                interfaces,
            } => {
                let (component, interfaces) = (std::mem::take(component), interfaces.clone());
                let artifact = spawn_blocking(move || compile(&component, &interfaces))
                    .await
                    .map_err(failed)??;
                Ok(Box::new(io::Cursor::new(artifact)))
            }
        }
    }

    /// Whether it ends when nobody waits for it any more, as a thread of this process does not.
    pub(in crate::sandbox) fn can_be_ended(&self) -> bool {
        matches!(self, Self::Child(_))
    }
}

/// Initializes a version for a snapshot. Its own time comes on top of what compiling it may take.
pub(in crate::sandbox) async fn initialize(
    isolation: &CompileIsolation,
    interfaces: &Interfaces,
    account: &Account,
    version: &Version,
    wasm: Bytes,
) -> Result<Initialized, Rejection> {
    let order = InitOrder::of(account, version);
    let duration_max = order.duration_max + limits::SNAPSHOT_READ_DURATION_MAX;
    match isolation {
        CompileIsolation::InProcess => {
            let interfaces = interfaces.clone();
            spawn_blocking(move || snapshot::initialize(wasm.into(), &order, &interfaces))
                .await
                .map_err(failed)?
        }
        CompileIsolation::Child {
            program,
            arguments,
            limits,
        } => {
            let limits = CompileLimits {
                cpu_seconds_max: limits.cpu_seconds_max + duration_max.as_secs(),
                ..*limits
            };
            let deadline = Instant::now() + limits::COMPILE_DURATION_MAX + duration_max;
            let child = CompileChild::initialize(program, arguments, limits, order, wasm);
            within_time(Some(deadline), child).await
        }
    }
}
