//! Functions of the native contract: an event in, an answer out.

use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::answer::{Answer, Returned};
use super::call::Call;
use super::kind::{Export, Kind};
use crate::sandbox::bindings::exports::sparkler::function::handler::{Guest, GuestIndices};
use crate::sandbox::reach::guest_state::GuestState;

/// The export that makes a component a function in the native contract.
pub(crate) const HANDLER_EXPORT: &str = "sparkler:function/handler@0.1.0";

/// A function that answers with one value.
pub(in crate::sandbox) struct Function;

impl Kind for Function {
    const TITLE: &'static str = "function";
    const EXPORT: Export = Export::Exactly(HANDLER_EXPORT);
    type Indices = GuestIndices;
    type Guest = Guest;

    fn entry(component: &InstancePre<GuestState>) -> wasmtime::Result<GuestIndices> {
        GuestIndices::new(component)
    }

    fn load(
        indices: &GuestIndices,
        store: &mut Store<GuestState>,
        instance: &Instance,
    ) -> wasmtime::Result<Guest> {
        indices.load(store, instance)
    }

    async fn call(
        store: &mut Store<GuestState>,
        guest: &Guest,
        call: Call<'_>,
    ) -> wasmtime::Result<Answer> {
        let mut texts = call.texts();
        let context = call.context(&mut texts, store.data().shared.deadline);
        let event = call.input.event()?;
        let answer = guest.call_handle(store, event, context).await?;
        Ok(answer.map(Returned::from))
    }
}
