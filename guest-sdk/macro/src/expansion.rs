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
mod tests {
    use super::*;

    /// The messages of the errors in the expansion of `handler` on `item`.
    fn errors(arguments: TokenStream, item: TokenStream) -> Vec<String> {
        errors_of(Kind::Handler, arguments, item)
    }

    fn errors_of(kind: Kind, arguments: TokenStream, item: TokenStream) -> Vec<String> {
        match connect(kind, arguments, item) {
            Ok(_) => Vec::new(),
            Err(error) => error.into_iter().map(|one| one.to_string()).collect(),
        }
    }

    #[track_caller]
    fn accepts(item: TokenStream) {
        assert_eq!(errors(quote!(), item), [""; 0]);
    }

    #[track_caller]
    fn refuses(item: TokenStream, reason: &str) {
        let errors = errors(quote!(), item);
        assert!(
            errors.len() == 1 && errors[0].contains(reason),
            "not refused because of {reason:?} alone: {errors:?}"
        );
    }

    #[test]
    fn every_documented_form_is_accepted() {
        accepts(quote!(
            fn f(event: E, context: Context) -> Result<R, F> {}
        ));
        accepts(quote!(
            fn f(event: E) -> Result<R, F> {}
        ));
        accepts(quote!(
            fn f(event: LambdaEvent<E>) -> Result<R, F> {}
        ));
        accepts(quote!(
            pub async fn f(E { a, b }: E, _: Context) -> Answer {}
        ));
        accepts(quote!(
            /// Documented.
            pub(crate) async fn f(mut event: LambdaEvent<Vec<u8>>) -> Result<(), Error> {}
        ));
    }

    #[test]
    fn the_function_stays_as_it_is() {
        let item = quote!(
            #[doc = "Kept."]
            pub fn f(event: E) -> Result<R, F> {
                body()
            }
        );
        let expanded = expand(Kind::Handler, quote!(), item.clone()).to_string();
        assert!(expanded.starts_with(&item.to_string()), "{expanded}");

        let refused = expand(
            Kind::Handler,
            quote!(),
            quote!(
                fn f() -> Result<R, F> {
                    body()
                }
            ),
        )
        .to_string();
        assert!(refused.starts_with("fn f () -> Result < R , F > { body () }"));
        assert!(refused.contains("compile_error"), "{refused}");
    }

    #[test]
    fn a_future_is_run_to_its_end() {
        let expand = |item| {
            connect(Kind::Handler, quote!(), item)
                .expect("accepted")
                .to_string()
        };
        assert!(
            expand(quote!(
                async fn f(e: E) -> Result<R, F> {}
            ))
            .contains("block_on (f (__sparkler_input ,))")
        );
        assert!(
            !expand(quote!(
                fn f(e: E) -> Result<R, F> {}
            ))
            .contains("block_on")
        );
    }

    #[test]
    fn a_wrong_number_of_parameters_is_refused() {
        refuses(
            quote!(
                fn f() -> Result<R, F> {}
            ),
            "takes the event",
        );
        refuses(
            quote!(
                fn f(a: A, b: Context, c: C) -> Result<R, F> {}
            ),
            "no third parameter",
        );
    }

    #[test]
    fn what_only_a_caller_could_decide_is_refused() {
        refuses(
            quote!(
                fn f<T>(event: T) -> Result<R, F> {}
            ),
            "cannot be generic",
        );
        refuses(
            quote!(
                fn f(event: impl T) -> Result<R, F> {}
            ),
            "cannot be generic",
        );
        refuses(
            quote!(
                fn f(event: E) -> Result<R, F>
                where
                    E: T,
                {
                }
            ),
            "`where` clause",
        );
        refuses(
            quote!(
                fn f(event: &str) -> Result<R, F> {}
            ),
            "by value",
        );
        refuses(
            quote!(
                fn f(self, event: E) -> Result<R, F> {}
            ),
            "not a method",
        );
    }

    #[test]
    fn an_unusual_kind_of_function_is_refused() {
        refuses(
            quote!(
                const fn f(event: E) -> Result<R, F> {}
            ),
            "`const`",
        );
        refuses(
            quote!(
                unsafe fn f(event: E) -> Result<R, F> {}
            ),
            "`unsafe`",
        );
        refuses(
            quote!(
                extern "C" fn f(event: E) -> Result<R, F> {}
            ),
            "without an ABI",
        );
        refuses(
            quote!(
                fn f(event: E) {}
            ),
            "returns a `Result`",
        );
        refuses(
            quote!(
                struct F;
            ),
            "goes on a function",
        );
    }

    #[test]
    fn arguments_of_the_attribute_are_refused() {
        let errors = errors(
            quote!(memory = 128),
            quote!(
                fn f(event: E) -> Result<R, F> {}
            ),
        );
        assert!(errors[0].contains("no arguments"), "{errors:?}");
    }

    #[test]
    fn what_runs_before_the_first_event_is_named_by_its_path() {
        let item = || {
            quote!(
                fn f(event: E) -> Result<R, F> {}
            )
        };
        let expand = |arguments| {
            connect(Kind::Handler, arguments, item())
                .expect("accepted")
                .to_string()
        };
        let both = expand(quote!(init = load::tables, after_restore = reseed));
        assert!(both.contains("done (load :: tables ())"), "{both}");
        assert!(both.contains("done (reseed ())"), "{both}");
        assert!(expand(quote!(init = load,)).contains("export_lifecycle"));
        assert!(!expand(quote!()).contains("lifecycle"));
        let streaming = quote!(
            fn f(event: E, response: ResponseStream) -> Result<(), F> {}
        );
        let streaming = connect(Kind::StreamingHandler, quote!(init = load), streaming);
        assert!(streaming.expect("accepted").to_string().contains("load"));
        let twice = errors(quote!(init = a, init = b), item());
        assert!(twice[0].contains("given twice"), "{twice:?}");
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let errors = errors(
            quote!(),
            quote!(
                const fn f<T>() {}
            ),
        );
        assert_eq!(errors.len(), 4, "{errors:?}");
    }

    #[test]
    fn every_documented_form_of_a_streaming_handler_is_accepted() {
        let errors = |item| errors_of(Kind::StreamingHandler, quote!(), item);
        for item in [
            quote!(
                fn f(event: E, response: ResponseStream) -> Result<(), F> {}
            ),
            quote!(
                fn f(event: E, context: Context, response: ResponseStream) -> Result<(), F> {}
            ),
            quote!(
                pub async fn f(event: LambdaEvent<E>, mut response: ResponseStream) -> Answer {}
            ),
        ] {
            assert_eq!(errors(item), [""; 0]);
        }
    }

    #[test]
    fn a_streaming_handler_takes_its_response_and_nothing_behind_it() {
        let refusal = |item| {
            let errors = errors_of(Kind::StreamingHandler, quote!(), item);
            assert_eq!(errors.len(), 1, "{errors:?}");
            errors.concat()
        };
        let alone = refusal(quote!(
            fn f(event: E) -> Result<(), F> {}
        ));
        assert!(
            alone.contains("the response as its last parameter"),
            "{alone}"
        );
        let four = refusal(quote!(
            fn f(a: A, b: Context, c: ResponseStream, d: D) -> Result<(), F> {}
        ));
        assert!(four.contains("no fourth parameter"), "{four}");
        let item = refusal(quote!(
            struct F;
        ));
        assert!(
            item.contains("`streaming_handler` goes on a function"),
            "{item}"
        );
    }
}
