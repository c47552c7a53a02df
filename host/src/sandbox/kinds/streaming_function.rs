//! Functions of the native contract that write their response while they run.

use std::sync::Arc;

use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::answer::Answer;
use super::call::Call;
use super::kind::{Export, Kind};
use crate::sandbox::bindings::exports::sparkler::function::streaming_handler::{
    Guest, GuestIndices,
};
use crate::sandbox::reach::guest_state::GuestState;

/// The export that makes a component a function which streams its response.
pub(crate) const STREAMING_HANDLER_EXPORT: &str = "sparkler:function/streaming-handler@0.1.0";

/// A function that streams its response.
pub(in crate::sandbox) struct StreamingFunction;

impl Kind for StreamingFunction {
    const TITLE: &'static str = "streaming function";
    const EXPORT: Export = Export::Exactly(STREAMING_HANDLER_EXPORT);
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
        mut call: Call<'_>,
    ) -> wasmtime::Result<Answer> {
        let response = call.response.take();
        let mut texts = call.texts();
        let context = call.context(&mut texts, store.data().shared.deadline);
        let event = call.input.event()?;
        let budget = Arc::clone(store.data().shared.budget());
        store.data_mut().parts.response.begin(response, &budget);
        let ended = guest.call_handle(&mut *store, event, context).await;
        let left = store.data_mut().parts.response.end();
        Ok(ended?.map(|()| left.into()))
    }
}
