//! `wasi:config`: the function's own variables and secrets, without the words to the host among them.

use wasmtime::component::Linker;
use wasmtime_wasi_config::{WasiConfig, WasiConfigVariables};

use super::environment::Surroundings;
use super::guest_state::GuestState;
use crate::domain::grants::HOST_VARIABLE_START;

/// Links the interface `wasi:config/store`.
pub(in crate::sandbox) fn add_to_linker(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    wasmtime_wasi_config::add_to_linker(linker, |state: &mut GuestState| {
        let surroundings = &state.surroundings;
        let variables = state
            .config
            .get_or_insert_with(|| Box::new(variables(surroundings)));
        WasiConfig::from(&**variables)
    })
}

fn variables(surroundings: &Surroundings) -> WasiConfigVariables {
    surroundings
        .own_variables()
        .filter(|(name, _)| !name.starts_with(HOST_VARIABLE_START))
        .collect()
}
