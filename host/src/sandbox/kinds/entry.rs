//! Where a guest is entered: the one of its exports that is called.

use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};
use wasmtime_wasi::p2::bindings::exports::wasi::cli::run;
use wasmtime_wasi_http::p2::bindings::exports::wasi::http::incoming_handler;

use crate::sandbox::bindings::exports::sparkler::function::{handler, streaming_handler};
use crate::sandbox::compile::inspect::{
    COMMAND_EXPORT, GuestKind, HANDLER_EXPORT, HTTP_EXPORT, STREAMING_HANDLER_EXPORT,
};
use crate::sandbox::reach::guest_state::GuestState;

/// A version of WASI 0.2 to ask by: exports of any other are found by it too.
const WASI_VERSION: &str = "0.2.0";

/// The entry of a component, found before there is an instance of it.
pub(in crate::sandbox) enum Entry {
    /// It answers with one value.
    Handler(handler::GuestIndices),
    /// It writes its response while it runs.
    StreamingHandler(streaming_handler::GuestIndices),
    /// It answers a request for HTTP.
    Http(incoming_handler::GuestIndices),
    /// It runs once, from stdin to stdout.
    Command(run::GuestIndices),
}

/// The entry of a guest that is set up.
pub(in crate::sandbox) enum Handler {
    /// It answers with one value.
    Buffered(handler::Guest),
    /// It writes its response while it runs.
    Streaming(streaming_handler::Guest),
    /// It answers a request for HTTP.
    Http(incoming_handler::Guest),
    /// It runs once, from stdin to stdout.
    Command(run::Guest),
}

impl Entry {
    /// The entry of a component.
    ///
    /// # Errors
    /// Where it has none, or one with another signature.
    pub(in crate::sandbox) fn of(component: &InstancePre<GuestState>) -> wasmtime::Result<Self> {
        match kind_of(component) {
            GuestKind::StreamingHandler => {
                streaming_handler::GuestIndices::new(component).map(Self::StreamingHandler)
            }
            GuestKind::Handler => handler::GuestIndices::new(component).map(Self::Handler),
            GuestKind::Http => incoming_handler::GuestIndices::new(component).map(Self::Http),
            GuestKind::Command => run::GuestIndices::new(component).map(Self::Command),
        }
    }

    /// Which of the exports it is.
    pub(in crate::sandbox) fn kind(&self) -> GuestKind {
        match self {
            Self::Handler(_) => GuestKind::Handler,
            Self::StreamingHandler(_) => GuestKind::StreamingHandler,
            Self::Http(_) => GuestKind::Http,
            Self::Command(_) => GuestKind::Command,
        }
    }

    /// The same entry of an instance.
    pub(in crate::sandbox) fn in_instance(
        &self,
        store: &mut Store<GuestState>,
        instance: &Instance,
    ) -> wasmtime::Result<Handler> {
        match self {
            Self::Handler(indices) => indices.load(store, instance).map(Handler::Buffered),
            Self::StreamingHandler(indices) => {
                indices.load(store, instance).map(Handler::Streaming)
            }
            Self::Http(indices) => indices.load(store, instance).map(Handler::Http),
            Self::Command(indices) => indices.load(store, instance).map(Handler::Command),
        }
    }
}

/// By the same rule as at inspection, only that what is none of them is looked at as a function, which
/// tells what is wrong with it.
fn kind_of(component: &InstancePre<GuestState>) -> GuestKind {
    let component = component.component();
    let has = |name: &str| component.get_export_index(None, name).is_some();
    let has_wasi = |interface: &str| has(&format!("{interface}@{WASI_VERSION}"));
    if has(STREAMING_HANDLER_EXPORT) {
        return GuestKind::StreamingHandler;
    }
    if has(HANDLER_EXPORT) {
        return GuestKind::Handler;
    }
    if has_wasi(HTTP_EXPORT) {
        return GuestKind::Http;
    }
    match has_wasi(COMMAND_EXPORT) {
        true => GuestKind::Command,
        false => GuestKind::Handler,
    }
}
