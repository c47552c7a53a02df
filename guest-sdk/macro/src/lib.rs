//! The attributes `handler` and `streaming_handler` of `sparkler-guest`.
//!
//! `signature` decides whether a function can be a handler and says why not; `arguments` reads what the
//! attribute is given; `expansion` writes the code that connects the function to the host.
#![deny(missing_docs)]

mod arguments;
mod expansion;
mod signature;

use proc_macro::TokenStream;

use signature::Kind;

/// Makes a function the handler of its component.
///
/// The attribute goes on one free function of the crate, sync or `async`, in one of these forms:
///
/// ```text
/// fn name(event: E, context: Context) -> Result<R, F>
/// fn name(event: E) -> Result<R, F>
/// fn name(event: LambdaEvent<E>) -> Result<R, F>
/// ```
///
/// where `E: DeserializeOwned`, `R: Serialize` and `F: Into<FunctionError>`.
///
/// `#[handler(init = path, after_restore = path)]` names functions that run before the first event: `init`
/// where a sandbox starts from nothing, or once for all sandboxes that start from its snapshot;
/// `after_restore` in each of the latter. They take nothing and return nothing or a `Result<(), F>`.
///
/// The function itself stays as it is, so that other code and tests can call it. On targets other
/// than WebAssembly nothing else is added but a check of these bounds.
#[proc_macro_attribute]
pub fn handler(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expansion::expand(Kind::Handler, arguments.into(), item.into()).into()
}

/// Makes a function the streaming handler of its component: it writes its response while it runs.
///
/// The attribute goes on one free function of the crate, sync or `async`, in one of these forms:
///
/// ```text
/// fn name(event: E, response: ResponseStream) -> Result<(), F>
/// fn name(event: E, context: Context, response: ResponseStream) -> Result<(), F>
/// fn name(event: LambdaEvent<E>, response: ResponseStream) -> Result<(), F>
/// ```
///
/// where `E: DeserializeOwned` and `F: Into<FunctionError>`. In all else it is as `handler`.
#[proc_macro_attribute]
pub fn streaming_handler(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expansion::expand(Kind::StreamingHandler, arguments.into(), item.into()).into()
}
