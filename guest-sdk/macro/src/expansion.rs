//! The code that connects a handler to the host.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Error, ItemFn, Path};

use crate::arguments::Hooks;
use crate::signature::{Kind, Signature};

/// The item as it was, followed by what connects it, or by errors that say why it cannot be.
///
/// The item is kept in either case, so that one mistake does not make every use of the function
/// another error.
pub(crate) fn expand(kind: Kind, arguments: TokenStream, item: TokenStream) -> TokenStream {
    let connection =
        connect(kind, arguments, item.clone()).unwrap_or_else(Error::into_compile_error);
    quote! {
        #item
        #connection
    }
}

fn connect(kind: Kind, arguments: TokenStream, item: TokenStream) -> Result<TokenStream, Error> {
    let attribute = kind.attribute();
    let hooks = Hooks::read(attribute, arguments)?;
    let function = syn::parse2::<ItemFn>(item.clone()).map_err(|_| {
        let message = format!("`{attribute}` goes on a function: `{}`", kind.form());
        Error::new(item.span(), message)
    })?;
    Ok(connection(&Signature::of(kind, &function)?, &hooks))
}

/// An anonymous constant, so that no name is added to the crate. The names inside of it have a
/// prefix, since the handler may have any name.
///
/// The call is there on every target, for two reasons: types that do not fit are found by a
/// plain `cargo check`, and a private handler is no dead code.
fn connection(signature: &Signature, hooks: &Hooks) -> TokenStream {
    let call = call(signature);
    let component = match signature.response {
        None => component(),
        Some(_) => streaming_component(),
    };
    let lifecycle = (!hooks.is_empty()).then(|| lifecycle(hooks));
    quote! {
        const _: () = {
            #call
            #component
            #lifecycle
        };
    }
}

/// The export of what runs before the first event.
fn lifecycle(hooks: &Hooks) -> TokenStream {
    let init = hook(&hooks.init);
    let after_restore = hook(&hooks.after_restore);
    quote! {
        fn __sparkler_init() -> ::sparkler_guest::__private::Result<
            (),
            ::sparkler_guest::FunctionError,
        > {
            #init
        }

        fn __sparkler_after_restore() -> ::sparkler_guest::__private::Result<
            (),
            ::sparkler_guest::FunctionError,
        > {
            #after_restore
        }

        #[cfg(not(target_family = "wasm"))]
        const _: [::sparkler_guest::__private::Hook; 2] =
            [__sparkler_init, __sparkler_after_restore];

        #[cfg(target_family = "wasm")]
        impl ::sparkler_guest::__private::LifecycleGuest for __SparklerFunction {
            fn init() -> ::sparkler_guest::__private::Result<
                (),
                ::sparkler_guest::__private::wire::FunctionError,
            > {
                ::sparkler_guest::__private::prepare(__sparkler_init)
            }

            fn after_restore() -> ::sparkler_guest::__private::Result<
                (),
                ::sparkler_guest::__private::wire::FunctionError,
            > {
                ::sparkler_guest::__private::prepare(__sparkler_after_restore)
            }
        }

        #[cfg(target_family = "wasm")]
        ::sparkler_guest::__private::export_lifecycle!(
            __SparklerFunction with_types_in ::sparkler_guest::__private::lifecycle_bindings
        );
    }
}

fn hook(path: &Option<Path>) -> TokenStream {
    match path {
        Some(path) => quote_spanned!(path.span()=> ::sparkler_guest::__private::done(#path())),
        None => quote!(::sparkler_guest::__private::done(())),
    }
}

/// The export of a handler.
fn component() -> TokenStream {
    quote! {
        #[cfg(not(target_family = "wasm"))]
        const _: ::sparkler_guest::__private::Call = __sparkler_call;

        #[cfg(target_family = "wasm")]
        struct __SparklerFunction;

        #[cfg(target_family = "wasm")]
        impl ::sparkler_guest::__private::Guest for __SparklerFunction {
            fn handle(
                event: ::sparkler_guest::__private::Vec<u8>,
                context: ::sparkler_guest::__private::wire::Context,
            ) -> ::sparkler_guest::__private::Result<
                ::sparkler_guest::__private::Vec<u8>,
                ::sparkler_guest::__private::wire::FunctionError,
            > {
                ::sparkler_guest::__private::answer(event, context, __sparkler_call)
            }
        }

        #[cfg(target_family = "wasm")]
        ::sparkler_guest::__private::export_function!(
            __SparklerFunction with_types_in ::sparkler_guest::__private::bindings
        );
    }
}

/// The export of a streaming handler.
fn streaming_component() -> TokenStream {
    quote! {
        #[cfg(not(target_family = "wasm"))]
        const _: ::sparkler_guest::__private::StreamingCall = __sparkler_call;

        #[cfg(target_family = "wasm")]
        struct __SparklerFunction;

        #[cfg(target_family = "wasm")]
        impl ::sparkler_guest::__private::StreamingGuest for __SparklerFunction {
            fn handle(
                event: ::sparkler_guest::__private::Vec<u8>,
                context: ::sparkler_guest::__private::wire::Context,
            ) -> ::sparkler_guest::__private::Result<
                (),
                ::sparkler_guest::__private::wire::FunctionError,
            > {
                ::sparkler_guest::__private::stream(event, context, __sparkler_call)
            }
        }

        #[cfg(target_family = "wasm")]
        ::sparkler_guest::__private::export_streaming_function!(
            __SparklerFunction with_types_in ::sparkler_guest::__private::streaming_bindings
        );
    }
}

/// A function of one known type around the handler of any accepted form.
///
/// The tokens around a type of the handler have its span, so that the compiler's complaint about a
/// missing bound points there.
fn call(signature: &Signature) -> TokenStream {
    let (input, arguments) = input(signature);
    let read = quote_spanned! {signature.event.span()=>
        ::sparkler_guest::__private::read::<#input>(__sparkler_event, __sparkler_context)?
    };
    let write = write(signature, &arguments);
    let (response, answer) = match signature.response {
        None => (quote!(), quote!(::sparkler_guest::__private::Vec<u8>)),
        Some(_) => (
            quote!(__sparkler_response: ::sparkler_guest::ResponseStream,),
            quote!(()),
        ),
    };
    quote! {
        fn __sparkler_call(
            __sparkler_event: ::sparkler_guest::__private::Vec<u8>,
            __sparkler_context: ::sparkler_guest::__private::RawContext,
            #response
        ) -> ::sparkler_guest::__private::Result<#answer, ::sparkler_guest::FunctionError> {
            let __sparkler_input = #read;
            #write
        }
    }
}

/// The type that is read, and the handler's arguments made of its value.
fn input(signature: &Signature) -> (TokenStream, TokenStream) {
    let event = &signature.event;
    let response = signature.response.as_ref().map(|response| {
        quote_spanned! {response.span()=>
            ::sparkler_guest::__private::same::<#response>(__sparkler_response)
        }
    });
    let Some(context) = &signature.context else {
        return (quote!(#event), quote!(__sparkler_input, #response));
    };
    let context = quote_spanned! {context.span()=>
        ::sparkler_guest::__private::same::<#context>(__sparkler_input.context)
    };
    (
        quote!(::sparkler_guest::LambdaEvent<#event>),
        quote!(__sparkler_input.payload, #context, #response),
    )
}

fn write(signature: &Signature, arguments: &TokenStream) -> TokenStream {
    let span = signature.output.span();
    let mut name = signature.name.clone();
    name.set_span(span);
    let mut output = quote_spanned!(span=> #name(#arguments));
    if signature.is_async {
        output = quote_spanned!(span=> ::sparkler_guest::__private::block_on(#output));
    }
    match signature.response {
        None => quote_spanned!(span=> ::sparkler_guest::__private::write(#output)),
        Some(_) => quote_spanned!(span=> ::sparkler_guest::__private::end(#output)),
    }
}

#[cfg(test)]
mod tests;
