//! A function that is in memory, ready to be instantiated.

use wasmtime::Module;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::sandbox::engine::compiled::Figures;
use crate::sandbox::kinds::entry::Entry;
use crate::sandbox::kinds::lifecycle::Lifecycle;
use crate::sandbox::reach::guest_state::GuestState;

/// A component, linked: all names are resolved, what is left is to instantiate it.
pub(in crate::sandbox) struct Loaded {
    pub(in crate::sandbox) component: InstancePre<GuestState>,
    pub(in crate::sandbox) entry: Entry,
    pub(in crate::sandbox) lifecycle: Option<Lifecycle>,
    pub(in crate::sandbox) figures: Figures,
}

/// What the code of an interpreter imports beside what a component may: the core module that is its state.
pub(in crate::sandbox) const STATE_IMPORT: &str = "state";

impl Loaded {
    /// An interpreter on one of its states.
    pub(in crate::sandbox) fn link_state(
        linker: &Linker<GuestState>,
        (interpreter, figures): &(Component, Figures),
        (state, state_figures): (Module, Figures),
    ) -> wasmtime::Result<Self> {
        state.initialize_copy_on_write_image()?;
        let mut linker = linker.clone();
        linker.root().module(STATE_IMPORT, &state)?;
        let figures = Figures {
            instance_bytes: figures.instance_bytes,
            copied_bytes: figures.copied_bytes + state_figures.copied_bytes,
        };
        Self::link(&linker, interpreter, figures)
    }

    /// Resolves all imports of `component`.
    pub(in crate::sandbox) fn link(
        linker: &Linker<GuestState>,
        component: &Component,
        figures: Figures,
    ) -> wasmtime::Result<Self> {
        component.initialize_copy_on_write_image()?;
        let component = linker.instantiate_pre(component)?;
        let entry = Entry::of(&component)?;
        let lifecycle = Lifecycle::of(&component)?;
        Ok(Self {
            component,
            entry,
            lifecycle,
            figures,
        })
    }
}
