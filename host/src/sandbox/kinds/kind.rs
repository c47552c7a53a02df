//! What a kind of guests is: the export by which its components are known and entered, and how one is called.

use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::answer::Answer;
use super::call::Call;
use crate::sandbox::reach::guest_state::GuestState;
use crate::sandbox::reach::names::is_compatible;

/// A kind of guests.
pub(in crate::sandbox) trait Kind {
    /// What it is, for people.
    const TITLE: &'static str;

    /// What its components export.
    const EXPORT: Export;

    /// Whether it takes requests for HTTP as they are.
    const TAKES_REQUESTS: bool = false;

    /// Whether a sandbox may serve more than one invocation, where its owner wants that.
    const IS_REUSABLE: bool = true;

    /// Its entry, found before there is an instance.
    type Indices;

    /// Its entry in a guest that is set up.
    type Guest;

    /// The entry of a component.
    ///
    /// # Errors
    /// Where it has none, or one with another signature.
    fn entry(component: &InstancePre<GuestState>) -> wasmtime::Result<Self::Indices>;

    /// The same entry of an instance.
    ///
    /// # Errors
    /// Where it has another signature.
    fn load(
        indices: &Self::Indices,
        store: &mut Store<GuestState>,
        instance: &Instance,
    ) -> wasmtime::Result<Self::Guest>;

    /// Calls a guest. Of one that streams, the answer is what did not go into the response, which is all
    /// of it where there is none.
    ///
    /// # Errors
    /// Where the guest ends without an answer.
    fn call(
        store: &mut Store<GuestState>,
        guest: &Self::Guest,
        call: Call<'_>,
    ) -> impl Future<Output = wasmtime::Result<Answer>> + Send;
}

/// An export, by its name.
#[derive(Clone, Copy)]
pub(in crate::sandbox) enum Export {
    /// In this version alone, which the name ends with.
    Exactly(&'static str),
    /// In any version of WASI 0.2 that is provided.
    Wasi(&'static str),
}

/// A version of WASI 0.2 to ask by: exports of any other are found by it too.
const WASI_VERSION: &str = "0.2.0";

impl Export {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Exactly(name) | Self::Wasi(name) => name,
        }
    }

    /// Whether an export of this name is it.
    pub(super) fn is(self, export: &str) -> bool {
        match self {
            Self::Exactly(name) => export == name,
            Self::Wasi(interface) => is_compatible(export, interface),
        }
    }

    /// Whether a component has it.
    pub(super) fn is_in(self, component: &InstancePre<GuestState>) -> bool {
        let component = component.component();
        let has = |name: &str| component.get_export_index(None, name).is_some();
        match self {
            Self::Exactly(name) => has(name),
            Self::Wasi(interface) => has(&format!("{interface}@{WASI_VERSION}")),
        }
    }
}
