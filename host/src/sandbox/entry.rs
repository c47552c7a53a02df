//! Where a guest is entered: the one of its exports that is called.

use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::bindings::exports::sparkler::function::{handler, streaming_handler};
use super::guest_state::GuestState;
use super::inspect::STREAMING_HANDLER_EXPORT;

/// The entry of a component, found before there is an instance of it.
pub(super) enum Entry {
    /// It answers with one value.
    Handler(handler::GuestIndices),
    /// It writes its response while it runs.
    StreamingHandler(streaming_handler::GuestIndices),
}

/// The entry of a guest that is set up.
pub(super) enum Handler {
    /// It answers with one value.
    Buffered(handler::Guest),
    /// It writes its response while it runs.
    Streaming(streaming_handler::Guest),
}

impl Entry {
    /// The entry of a component.
    ///
    /// # Errors
    /// Where it has none, or one with another signature.
    pub(super) fn of(component: &InstancePre<GuestState>) -> wasmtime::Result<Self> {
        let streams = component
            .component()
            .get_export_index(None, STREAMING_HANDLER_EXPORT)
            .is_some();
        match streams {
            true => streaming_handler::GuestIndices::new(component).map(Self::StreamingHandler),
            false => handler::GuestIndices::new(component).map(Self::Handler),
        }
    }

    /// The same entry of an instance.
    pub(super) fn in_instance(
        &self,
        store: &mut Store<GuestState>,
        instance: &Instance,
    ) -> wasmtime::Result<Handler> {
        match self {
            Self::Handler(indices) => indices.load(store, instance).map(Handler::Buffered),
            Self::StreamingHandler(indices) => {
                indices.load(store, instance).map(Handler::Streaming)
            }
        }
    }
}
