//! `wasi:config`: the function's own variables and secrets, without the words to the host among them.

use wasmtime::component::Linker;
use wasmtime_wasi_config::{WasiConfig, WasiConfigVariables};

use super::environment::own_variables;
use super::names::Provided;
use super::part::{Called, InSnapshot, Part, Reaches};
use super::shared::Shared;
use crate::domain::grants::HOST_VARIABLE_START;

/// The variables, made at the first call: most guests make none.
pub(in crate::sandbox) struct Config(Option<Box<WasiConfigVariables>>);

impl Part for Config {
    type Host = ();
    const TITLE: &'static str = "configuration: the function's own variables";
    /// The one version that programs are built against; it is not part of WASI 0.2 yet.
    const PROVIDED: &'static [Provided] = &[Provided::only("wasi:config/store", "0.2.0-rc.1")];
    const NEEDED: Option<&'static str> = Some("`Environment`; secrets, a grant of the host");
    const IN_SNAPSHOT: InSnapshot = InSnapshot::There;

    fn new((): &(), _: &Shared) -> Self {
        Self(None)
    }

    fn link<T: Reaches<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        wasmtime_wasi_config::add_to_linker(linker, |state: &mut T| {
            let Called { part, shared, .. } = state.called();
            let variables = part.0.get_or_insert_with(|| Box::new(variables(shared)));
            WasiConfig::from(&**variables)
        })
    }
}

fn variables(shared: &Shared) -> WasiConfigVariables {
    own_variables(shared)
        .filter(|(name, _)| !name.starts_with(HOST_VARIABLE_START))
        .collect()
}
