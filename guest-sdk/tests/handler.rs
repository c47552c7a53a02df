//! The attribute, used as a function's author would, and called as the host would call.

use serde::{Deserialize, Serialize};
use sparkler_guest::__private::{RawContext, block_on, read, write};
use sparkler_guest::{Context, Error, FunctionError, LambdaEvent, handler};

#[derive(Deserialize)]
struct Name {
    name: String,
}

#[derive(Serialize)]
struct Greeting {
    greeting: String,
}

mod forms {
    use super::*;

    #[handler]
    fn event_alone(event: Name) -> Result<Greeting, FunctionError> {
        let greeting = event.name;
        Ok(Greeting { greeting })
    }

    #[handler]
    fn event_and_context(event: Name, context: Context) -> Result<String, Error> {
        Ok(format!("{} in {}", event.name, context.request_id))
    }

    #[handler]
    async fn lambda_event(event: LambdaEvent<Name>) -> Result<(), std::io::Error> {
        drop(event.into_parts());
        Ok(())
    }

    #[handler]
    async fn destructured(
        LambdaEvent { payload, .. }: LambdaEvent<u8>,
    ) -> Result<impl Serialize, &'static str> {
        Ok(std::future::ready(payload).await)
    }

    #[handler]
    fn anything(_event: serde::de::IgnoredAny, _: Context) -> Result<Option<u8>, String> {
        Ok(None)
    }

    /// Names that the expansion might be thought to use itself.
    mod named {
        use super::*;

        #[handler]
        fn call(event: u8, context: Context) -> Result<u8, Error> {
            drop(context);
            Ok(event)
        }

        #[handler]
        fn event(input: u8) -> Result<u8, Error> {
            Ok(input)
        }

        #[handler]
        fn input(event: LambdaEvent<u8>) -> Result<u8, Error> {
            Ok(event.payload)
        }
    }

    #[test]
    fn a_handler_is_still_an_ordinary_function() {
        let event = |name: &str| Name { name: name.into() };
        assert_eq!(event_alone(event("Ada")).unwrap().greeting, "Ada");
        let text = event_and_context(event("Ada"), Context::default()).unwrap();
        assert_eq!(text, "Ada in ");
        block_on(lambda_event(LambdaEvent::new(
            event("Ada"),
            Context::default(),
        )))
        .unwrap();
        block_on(destructured(LambdaEvent::new(7, Context::default()))).unwrap();
        assert_eq!(
            anything(serde::de::IgnoredAny, Context::default()),
            Ok(None)
        );
    }
}

mod streaming_forms {
    use std::io::Write as _;

    use sparkler_guest::{ResponseStream, streaming_handler};

    use super::*;

    #[streaming_handler]
    fn event_alone(event: Name, mut response: ResponseStream) -> Result<(), std::io::Error> {
        response.write_all(event.name.as_bytes())
    }

    #[streaming_handler]
    fn event_and_context(
        event: Name,
        context: Context,
        mut response: ResponseStream,
    ) -> Result<(), FunctionError> {
        write!(response, "{} in {:?}", event.name, context.request_id)?;
        Err(FunctionError::new("SoldOut", "No tea."))
    }

    #[streaming_handler]
    async fn lambda_event(
        LambdaEvent { payload, .. }: LambdaEvent<Name>,
        response: ResponseStream,
    ) -> Result<(), Error> {
        drop(response);
        std::future::ready(()).await;
        Err(payload.name.into())
    }

    #[test]
    fn a_streaming_handler_is_still_an_ordinary_function() {
        let event = || Name { name: "Ada".into() };
        let (response, written) = ResponseStream::collected();
        event_alone(event(), response).unwrap();
        assert_eq!(written.text(), "Ada");
        let (response, written) = ResponseStream::collected();
        let ended = event_and_context(event(), Context::default(), response);
        assert_eq!(ended.unwrap_err().error_type, "SoldOut");
        assert_eq!(written.text(), "Ada in \"\"");
        let (response, written) = ResponseStream::collected();
        let event = LambdaEvent::new(event(), Context::default());
        let ended = block_on(lambda_event(event, response));
        assert_eq!(ended.unwrap_err().to_string(), "Ada");
        assert_eq!(written.bytes(), b"");
    }
}

/// What the expansion does with an event, for a handler of any form.
fn called<T, R, E>(
    event: &str,
    handler: impl FnOnce(T) -> Result<R, E>,
) -> Result<String, FunctionError>
where
    T: serde::de::DeserializeOwned,
    R: Serialize,
    E: Into<FunctionError>,
{
    let input = read::<LambdaEvent<T>>(event.into(), RawContext::default())?;
    write(handler(input.payload)).map(|bytes| String::from_utf8(bytes).expect("JSON is UTF-8"))
}

#[test]
fn an_event_becomes_an_answer() {
    let greet = |event: Name| {
        Ok::<_, Error>(Greeting {
            greeting: format!("Hello, {}!", event.name),
        })
    };
    let answer = called(r#"{"name":"Ada"}"#, greet);
    assert_eq!(answer.unwrap(), r#"{"greeting":"Hello, Ada!"}"#);
}

#[test]
fn nothing_to_answer_is_null() {
    assert_eq!(called("1", |_: u8| Ok::<_, Error>(())).unwrap(), "null");
}

#[test]
fn a_wrong_event_names_the_type_and_the_place() {
    let error = called(r#"{"nome":"Ada"}"#, |_: Name| Ok::<_, Error>(())).unwrap_err();
    assert_eq!(error.error_type, "Runtime.UnmarshalError");
    for part in ["handler::Name`", "missing field `name`", "line 1 column 14"] {
        assert!(error.error_message.contains(part), "{error}");
    }
}

#[test]
fn an_answer_that_is_no_json_is_a_named_error() {
    let answer = std::collections::HashMap::from([((1, 2), 3)]);
    let error = called("1", |_: u8| Ok::<_, Error>(answer)).unwrap_err();
    assert_eq!(error.error_type, "Runtime.MarshalError");
}

#[test]
fn an_error_of_the_handler_is_the_error_of_the_call() {
    let error = called("1", |_: u8| {
        Err::<(), _>(FunctionError::new("SoldOut", "No tea."))
    })
    .unwrap_err();
    assert_eq!(error, FunctionError::new("SoldOut", "No tea."));
}
