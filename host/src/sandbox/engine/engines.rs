//! The engine: one compiler configuration for everybody who compiles or loads code, and one pool of
//! slots for everybody who runs it.
//!
//! The configuration leaves out what a function does not need (garbage collection, threads, the
//! asynchronous component model), since most of what ever went wrong in engines sits there.

use serde::{Deserialize, Serialize};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, ModuleVersionStrategy,
    PoolingAllocationConfig, WasmBacktraceDetails,
};

use crate::limits;

/// The full version of the engine. Patch releases change the code that is generated, so an artifact
/// is only ever loaded by the very version that made it.
pub(crate) const ENGINE_VERSION: &str = "48.0.8";

/// Counts the changes of [`code_config`], of what is changed in components before they are compiled, and of what stands
/// behind the code: code that was compiled under another count is not loaded.
const CODE_REVISION: u32 = 3;

/// The address space of the process that code runs in, which decides how it reaches its memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sandbox) enum AddressSpace {
    /// Each memory has all that its addresses reach, so that the processor finds those that lead out of it.
    Ample,
    /// Each has what it needs, and the code looks at every address itself.
    Scarce,
}

/// Names all that an artifact's validity depends on: the engine's version and configuration, and the kind
/// of machine it was compiled for. Told without a compiler, so that a host which has none finds what another
/// has compiled. Which instructions a processor lacks is found when an artifact is loaded.
pub(in crate::sandbox) fn key(space: AddressSpace) -> String {
    use std::env::consts::{ARCH, OS};
    let space = match space {
        AddressSpace::Ample => "",
        AddressSpace::Scarce => "-small",
    };
    format!("{ENGINE_VERSION}-{CODE_REVISION}-{ARCH}-{OS}{space}")
}

/// The configuration that decides what compiled code looks like. Compiler and runner must agree.
fn code_config(space: AddressSpace) -> wasmtime::Result<Config> {
    let mut config = Config::new();
    config.epoch_interruption(true);
    config.concurrency_support(false);
    // Names of functions are enough. Files and lines would be read from the guest's own debug
    // information, in this process and without a bound.
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config.native_unwind_info(false);
    config.max_wasm_stack(limits::WASM_STACK_BYTES_MAX);
    config.async_stack_size(limits::FIBER_STACK_BYTES);
    config.memory_guaranteed_dense_image_size(limits::MEMORY_IMAGE_BYTES_MAX);
    config.module_version(ModuleVersionStrategy::Custom(format!(
        "{ENGINE_VERSION}+{CODE_REVISION}"
    )))?;
    if space == AddressSpace::Scarce {
        config.memory_reservation(0);
        config.memory_reservation_for_growth(GROWTH_BYTES);
        config.memory_guard_size(0);
        config.memory_init_cow(false);
    }
    Ok(config)
}

/// Room for a memory to grow in place, where it has no more than it needs.
const GROWTH_BYTES: u64 = 16 * 1024 * 1024;

/// An engine that compiles for hosts with such an address space, and never runs: it reserves none.
#[cfg(feature = "compiler")]
pub(in crate::sandbox) fn compiling(space: AddressSpace) -> wasmtime::Result<Engine> {
    let mut config = code_config(space)?;
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    Engine::new(&config)
}

/// An engine that compiles and runs one guest, within the address space that its process has.
#[cfg(feature = "compiler")]
pub(in crate::sandbox) fn initializing() -> wasmtime::Result<Engine> {
    let mut config = code_config(AddressSpace::Scarce)?;
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    Engine::new(&config)
}

/// An engine that runs one guest whose code was compiled for hosts with such an address space.
#[cfg(feature = "compiler")]
pub(in crate::sandbox) fn initializing_compiled(space: AddressSpace) -> wasmtime::Result<Engine> {
    compiling(space)
}

/// Where guests get their memories and tables from.
#[derive(Clone, Copy, Debug)]
pub(in crate::sandbox) enum Allocation {
    /// From a pool, whose slots keep so much of a memory and of a table between two guests.
    Pool {
        memory_bytes_kept: usize,
        table_bytes_kept: usize,
    },
    /// From the system, one by one.
    OneByOne,
}

impl Allocation {
    const POOL: Self = Self::Pool {
        memory_bytes_kept: limits::KEEP_RESIDENT_BYTES,
        table_bytes_kept: limits::TABLE_KEEP_RESIDENT_BYTES,
    };

    /// What code must have been compiled for.
    const fn address_space(self) -> AddressSpace {
        match self {
            Self::Pool { .. } => AddressSpace::Ample,
            Self::OneByOne => AddressSpace::Scarce,
        }
    }

    /// Every one that guests may run on: what a guest leaves behind is looked for on each of them.
    #[cfg(all(test, feature = "compiler"))]
    pub(in crate::sandbox) const ALL: &[Self] = &[Self::POOL, Self::OneByOne];
}

/// What so many slots keep at most between two guests, each of a memory, a table and a stack, on an engine whose code was
/// compiled for this address space.
pub(in crate::sandbox) fn kept_bytes(sandboxes: u32, space: AddressSpace) -> u64 {
    const OF_SLOT: usize =
        limits::KEEP_RESIDENT_BYTES + limits::TABLE_KEEP_RESIDENT_BYTES + limits::FIBER_STACK_BYTES;
    match space {
        AddressSpace::Ample => u64::from(sandboxes).saturating_mul(OF_SLOT as u64),
        AddressSpace::Scarce => 0,
    }
}

/// An engine that runs up to `sandboxes` guests at once, and what code must have been compiled for.
///
/// Where the address space is too small for a pool (a container with `ulimit -v`, say), sandboxes
/// are allocated one by one, which is slower and otherwise the same.
pub(in crate::sandbox) fn running(sandboxes: u32) -> wasmtime::Result<(Engine, AddressSpace)> {
    let on = |allocation: Allocation| {
        let engine = running_on(allocation, sandboxes)?;
        Ok((engine, allocation.address_space()))
    };
    match on(Allocation::POOL) {
        Ok(engine) => Ok(engine),
        Err(error) => {
            tracing::warn!(
                %error, sandboxes,
                "the address space is too small for a pool of sandboxes; they are made one by one, \
                 which is slower (raise `ulimit -v`, or lower --concurrency)"
            );
            on(Allocation::OneByOne)
        }
    }
}

/// An engine whose guests get what they need from there.
pub(in crate::sandbox) fn running_on(
    allocation: Allocation,
    sandboxes: u32,
) -> wasmtime::Result<Engine> {
    let mut config = code_config(allocation.address_space())?;
    config.allocation_strategy(match allocation {
        Allocation::Pool {
            memory_bytes_kept,
            table_bytes_kept,
        } => {
            let mut pool = pool(sandboxes);
            // A guest whose memory is no larger than this, and did not grow, is reset by a copy: no
            // system call takes the process's memory lock, and no other core is interrupted.
            pool.linear_memory_keep_resident(memory_bytes_kept)
                .table_keep_resident(table_bytes_kept);
            InstanceAllocationStrategy::Pooling(pool)
        }
        Allocation::OneByOne => InstanceAllocationStrategy::OnDemand,
    });
    Engine::new(&config)
}

/// The slots. Each bound per component times the number of sandboxes gives the total, so that no
/// component can take the slots of another.
fn pool(sandboxes: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(sandboxes)
        .total_stacks(sandboxes)
        .total_core_instances(sandboxes.saturating_mul(limits::CORE_INSTANCES_MAX))
        .max_core_instances_per_component(limits::CORE_INSTANCES_MAX)
        .total_memories(sandboxes.saturating_mul(limits::MEMORIES_MAX))
        .max_memories_per_component(limits::MEMORIES_MAX)
        .max_memories_per_module(limits::MEMORIES_MAX)
        .total_tables(sandboxes.saturating_mul(limits::TABLES_MAX))
        .max_tables_per_component(limits::TABLES_MAX)
        .max_tables_per_module(limits::TABLES_MAX)
        .table_elements(limits::TABLE_ELEMENTS_MAX)
        .max_memory_size(limits::MEMORY_BYTES_MAX)
        .max_core_instance_size(limits::INSTANCE_BYTES_MAX)
        .max_component_instance_size(limits::INSTANCE_BYTES_MAX)
        .max_unused_warm_slots(sandboxes)
        // Quicker, and known to leave a page of one guest to the next where pages are swapped out.
        .pagemap_scan(Enabled::No);
    pool
}

/// Whether it was the system that refused something: memory, most likely, or address space.
pub(in crate::sandbox) fn is_of_system(error: &wasmtime::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.is::<std::io::Error>() || cause.is::<rustix::io::Errno>())
}
