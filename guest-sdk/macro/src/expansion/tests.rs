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
