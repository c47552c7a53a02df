//! From a function's sources to its state: the interpreter imports the function, and what its memory holds then is kept.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;
use wasmtime::component::{Component, Linker, WasmList};
use wasmtime::{Engine, Module};

use super::packed::pack;
use super::reading::READ_EXPORT;
use super::state::State;
use super::steps::compile_module;
use crate::deployer::{InitCause, InitFailure, InitOutcome, Initialized, Rejection};
use crate::domain::{Digest, FunctionError};
use crate::limits;
use crate::package::Sources;
use crate::sandbox::compile::derivation::{Imported, Interpreter};
use crate::sandbox::compile::snapshot::InitOrder;
use crate::sandbox::compile::snapshot::initialize::{
    ASKS_FOR_GRANTS, NO_ROOM, NotInitialized, READING_BYTES, Ran, Ready, check_held, unready,
};
use crate::sandbox::compile::steps::one_line;
use crate::sandbox::engine::compiled::{self, Figures};
use crate::sandbox::engine::engines::{self, AddressSpace};
use crate::sandbox::guest::loaded::Loaded;
use crate::sandbox::guest::sandbox::Sandbox;
use crate::sandbox::reach::embedder::interfaces::Interfaces;
use crate::sandbox::reach::files::{HostFiles, Mount};
use crate::sandbox::reach::guest_state::{GuestState, Hosts};
use crate::sandbox::reach::linker::linker;

/// Has the interpreter import the function in `package`, and takes its state. Blocks.
///
/// # Errors
/// Where the host cannot do its part.
pub(in crate::sandbox) fn initialize(
    interpreter: &Interpreter,
    package: Bytes,
    order: &InitOrder,
    own: &Interfaces,
    space: AddressSpace,
) -> Result<Imported, Rejection> {
    if order.asks_for_grants() {
        return Ok(Initialized::impossible(ASKS_FOR_GRANTS).into());
    }
    let sources = Sources::open(package).map_err(unready)?;
    let engine = engines::initializing_compiled(space).map_err(unready)?;
    let loaded = Compiled::load(&engine, interpreter, own).map_err(unready)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(unready)?;
    runtime.block_on(async {
        let base = loaded.read_base(&engine, order).await?;
        let hosts = Hosts {
            files: Some(HostFiles::without_tmp(tokio::runtime::Handle::current())),
            ..Hosts::default()
        };
        let native = native_text(&sources.native_files());
        let mut ready = Ready::with(&engine, loaded.link().map_err(unready)?, order, hosts)?;
        ready.task = Some(Arc::new(Mount::task(sources)));
        let Some(ran) = ready.initialized().await else {
            return Ok(Initialized::impossible(NO_ROOM).into());
        };
        let mut imported = imported(ran, interpreter.digest, &base, space).await?;
        if let InitOutcome::Failed(failure) = &mut imported.initialized.outcome {
            failure.reason.push_str(&native);
        }
        Ok(imported)
    })
}

/// What is said of code of a machine in a package that cannot be imported.
fn native_text(files: &[&str]) -> String {
    const SHOWN_MAX: usize = 5;
    if files.is_empty() {
        return String::new();
    }
    let more = match files.len().saturating_sub(SHOWN_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = &files[..files.len().min(SHOWN_MAX)];
    format!(
        ". The package holds code of a machine, which cannot run in a sandbox: {}{more}. Take packages without any in \
         their place.",
        shown.join(", ")
    )
}

/// An interpreter that was loaded.
struct Compiled {
    linker: Linker<GuestState>,
    code: (Component, Figures),
    base: (Module, Figures),
}

impl Compiled {
    fn load(
        engine: &Engine,
        interpreter: &Interpreter,
        own: &Interfaces,
    ) -> wasmtime::Result<Self> {
        Ok(Self {
            linker: linker(engine, own)?,
            code: compiled::component(engine, &interpreter.code)?,
            base: compiled::module(engine, &interpreter.base)?,
        })
    }

    fn link(&self) -> wasmtime::Result<Loaded> {
        Loaded::link_state(&self.linker, &self.code, self.base.clone())
    }

    /// What it starts from, read in a sandbox in which nothing else runs.
    async fn read_base(&self, engine: &Engine, order: &InitOrder) -> Result<Held, Rejection> {
        let nothing_runs = Loaded {
            lifecycle: None,
            ..self.link().map_err(unready)?
        };
        let ready = Ready::with(engine, nothing_runs, order, Hosts::default())?;
        let ran = ready.initialized().await.ok_or_else(|| unready(NO_ROOM))?;
        match ran.ended {
            Ok(sandbox) => read(sandbox).await.map_err(unready),
            Err(failed) => Err(unready(failed.failure().reason)),
        }
    }
}

/// What the memory of an interpreter and its globals hold.
struct Held {
    memory: State,
    globals: Vec<u8>,
}

async fn imported(
    ran: Ran,
    interpreter: Digest,
    base: &Held,
    space: AddressSpace,
) -> Result<Imported, Rejection> {
    let Ran {
        ended,
        vitals,
        log,
        duration,
    } = ran;
    let initialized = |outcome| Initialized {
        outcome,
        log,
        duration,
    };
    // Whatever came of it here, it may come to something else where that is there.
    if let Some(what) = vitals.turned_to() {
        let reason = format!("Importing the function uses {what}, so it is done in every sandbox.");
        return Ok(initialized(InitOutcome::Impossible(reason)).into());
    }
    let sandbox = match ended {
        Ok(sandbox) => sandbox,
        Err(failed) => return Ok(initialized(not_imported(&failed)).into()),
    };
    let taken = async {
        check_held(&vitals)?;
        let held = read(sandbox).await?;
        match held.globals == base.globals {
            true => Ok(held.memory),
            false => Err("it changes globals of the interpreter".to_owned()),
        }
    };
    let state = match taken.await {
        Ok(state) => state,
        Err(reason) => {
            let reason = format!("The state of the function cannot be kept: {reason}.");
            return Ok(initialized(InitOutcome::Impossible(reason)).into());
        }
    };
    let packed = pack(interpreter, &base.memory, &state).map_err(unready)?;
    Ok(Imported {
        artifact: compile_module(&state, space)?.into(),
        initialized: initialized(InitOutcome::Taken(packed.into())),
    })
}

/// The errors, by their types, of what can be imported nowhere; else it may be that it fails here alone.
const OF_THE_PACKAGE: [&str; 4] = [
    "Runtime.ImportModuleError",
    "Runtime.UserCodeSyntaxError",
    "Runtime.HandlerNotFound",
    "Runtime.MalformedHandlerName",
];

fn not_imported(failed: &NotInitialized) -> InitOutcome {
    match failed {
        NotInitialized::Failed(FunctionError::Handler {
            error_type,
            message,
            ..
        }) if OF_THE_PACKAGE.contains(&error_type.as_str()) => InitOutcome::Failed(InitFailure {
            cause: InitCause::Failed,
            reason: format!("{error_type}: {message}"),
        }),
        failed => InitOutcome::Impossible(format!(
            "Importing the function failed, so it is tried in every sandbox. {}",
            failed.failure().reason
        )),
    }
}

/// What a guest's memory and globals hold.
async fn read(sandbox: Sandbox) -> Result<Held, String> {
    const PAGE_BYTES: usize = 64 * 1024;
    let (mut store, instance) = sandbox
        .into_guest()
        .ok_or("it was not set up as it should have been")?;
    let state = store.data_mut();
    state.shared.budget().add_room(READING_BYTES);
    state.shared.deadline = Instant::now() + limits::SNAPSHOT_READ_DURATION_MAX;
    store.set_hostcall_fuel(usize::MAX);
    let read = async {
        let read = instance.get_typed_func::<(), (WasmList<u8>,)>(&mut store, READ_EXPORT)?;
        let (bytes,) = read.call_async(&mut store, ()).await?;
        Ok(bytes.as_le_slice(&store).to_vec())
    };
    let mut memory = read
        .await
        .map_err(|error: wasmtime::Error| one_line(&error))?;
    // The folders that it begins in were let go of by that: whatever is left would not be there in another sandbox.
    let state = store.data_mut();
    let noted = state.parts.stdio.take_noted();
    if !noted.still_open(state.shared.table.lend())?.is_empty() {
        return Err("its initialization leaves a stream open".into());
    }
    let globals = memory.split_off(memory.len() / PAGE_BYTES * PAGE_BYTES);
    Ok(Held {
        memory: State::of(memory)?,
        globals,
    })
}
