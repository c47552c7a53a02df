//! What the module in JavaScript answers: `{ ok }`, `{ failure: { errorType, errorMessage, trace } }`, or `{ exit }` with a
//! code. It never throws, since what a function throws is not an error of the interpreter.

use rquickjs::{Ctx, FromJs, Object, Value};

use crate::bindings::sparkler::function::types::FunctionError;

pub(crate) struct Answer<T>(pub(crate) Result<T, FunctionError>);

impl<'js, T: FromJs<'js>> FromJs<'js> for Answer<T> {
    fn from_js(_context: &Ctx<'js>, value: Value<'js>) -> rquickjs::Result<Self> {
        let answer = Object::from_value(value)?;
        if let Some(code) = answer.get::<_, Option<i32>>("exit")? {
            // The host tells of it as of any program that ends without an answer.
            std::process::exit(code);
        }
        let failure: Option<Object<'js>> = answer.get("failure")?;
        match failure {
            None => Ok(Self(Ok(answer.get("ok")?))),
            Some(failure) => Ok(Self(Err(FunctionError {
                error_type: failure.get("errorType")?,
                error_message: failure.get("errorMessage")?,
                stack_trace: failure.get("trace")?,
            }))),
        }
    }
}
