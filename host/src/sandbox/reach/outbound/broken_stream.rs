//! What a guest is told of a response that broke off.
//!
//! A stream of WASI ends with an error that has no name; its reader asks for one by
//! `wasi:http/types#http-error-code`. The general answer knows other errors than bodies give, so it stands
//! here anew.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::IoError;
use wasmtime_wasi_http::Error;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;

use crate::sandbox::reach::names::Provided;
use crate::sandbox::reach::part::{Part, Reaches};
use crate::sandbox::reach::replaced::replace;

/// Links the question in place of the engine's.
pub(super) fn replace_error_code<P: Part, T: Reaches<P>>(
    linker: &mut Linker<T>,
    types: Provided,
) -> wasmtime::Result<()> {
    replace(linker, types, |instance| {
        instance.func_wrap(
            "http-error-code",
            |store: StoreContextMut<'_, T>, (error,): (Resource<IoError>,)| {
                Ok((code(store.data().shared().table.get(&error)?),))
            },
        )
    })
}

fn code(error: &IoError) -> Option<ErrorCode> {
    if let Some(code) = error.downcast_ref::<ErrorCode>() {
        return Some(code.clone());
    }
    Some(match error.downcast_ref::<Error>()? {
        Error::ConnectionReadTimeout => ErrorCode::ConnectionReadTimeout,
        Error::ConnectionTerminated => ErrorCode::ConnectionTerminated,
        Error::HttpResponseIncomplete => ErrorCode::HttpResponseIncomplete,
        Error::HttpResponseBodySize(bytes) => ErrorCode::HttpResponseBodySize(*bytes),
        _ => ErrorCode::HttpProtocolError,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_response_has_a_name_and_other_errors_have_none() {
        let named = |error: IoError| code(&error).map(|code| format!("{code:?}"));
        let read = named(Error::ConnectionReadTimeout.into());
        assert_eq!(read.as_deref(), Some("ErrorCode::ConnectionReadTimeout"));
        let size = named(Error::HttpResponseBodySize(Some(7)).into());
        assert!(size.is_some_and(|size| size.contains('7')));
        assert_eq!(named(std::io::Error::other("disk").into()), None);
    }
}
