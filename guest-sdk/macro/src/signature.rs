//! What a function must look like to be a handler, checked with errors that point at the culprit.

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::{Error, FnArg, Ident, ItemFn, Result, ReturnType, Type};

/// Which attribute a function has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `handler`
    Handler,
    /// `streaming_handler`
    StreamingHandler,
}

impl Kind {
    /// The name of the attribute.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Handler => "handler",
            Self::StreamingHandler => "streaming_handler",
        }
    }

    /// The form that most functions with it have.
    pub(crate) fn form(self) -> &'static str {
        match self {
            Self::Handler => "fn name(event: E, context: Context) -> Result<R, F>",
            Self::StreamingHandler => {
                "fn name(event: E, response: ResponseStream) -> Result<(), F>"
            }
        }
    }

    fn parameters_max(self) -> usize {
        match self {
            Self::Handler => 2,
            Self::StreamingHandler => 3,
        }
    }

    fn surplus(self) -> &'static str {
        match self {
            Self::Handler => {
                "a handler takes the event and, if it likes, the context: no third parameter"
            }
            Self::StreamingHandler => {
                "a streaming handler takes the event, if it likes the context, and the response: no \
                 fourth parameter"
            }
        }
    }
}

/// What the expansion has to know of a handler.
pub(crate) struct Signature {
    /// The function's name.
    pub(crate) name: Ident,
    /// Whether it returns a future.
    pub(crate) is_async: bool,
    /// The type of its first parameter: an event, or an event with its context.
    pub(crate) event: Type,
    /// The type of the context, where it takes one by itself.
    pub(crate) context: Option<Type>,
    /// The type of the response, where it streams.
    pub(crate) response: Option<Type>,
    /// What it returns.
    pub(crate) output: Type,
}

impl Signature {
    /// Reads the signature of `function`; the error lists all that is wrong with it.
    pub(crate) fn of(kind: Kind, function: &ItemFn) -> Result<Self> {
        let mut faults = Faults::default();
        refuse_qualifiers(function, &mut faults);
        refuse_generics(function, &mut faults);
        let mut parameters = parameter_types(kind, function, &mut faults);
        let response = match kind {
            Kind::Handler => None,
            Kind::StreamingHandler => parameters.pop(),
        };
        let mut parameters = parameters.into_iter();
        let output = output_type(function, &mut faults);
        match (parameters.next(), output) {
            (Some(event), Some(output)) if faults.0.is_none() => Ok(Self {
                name: function.sig.ident.clone(),
                is_async: function.sig.asyncness.is_some(),
                event,
                context: parameters.next(),
                response,
                output,
            }),
            _ => Err(faults.into_error(function)),
        }
    }
}

/// All that is wrong so far, since a writer wants to hear everything at once.
#[derive(Default)]
struct Faults(Option<Error>);

impl Faults {
    fn add(&mut self, span: Span, message: &str) {
        let fault = Error::new(span, message);
        match &mut self.0 {
            Some(faults) => faults.combine(fault),
            None => self.0 = Some(fault),
        }
    }

    fn into_error(self, function: &ItemFn) -> Error {
        self.0
            .unwrap_or_else(|| Error::new(function.sig.span(), "this function cannot be a handler"))
    }
}

fn refuse_qualifiers(function: &ItemFn, faults: &mut Faults) {
    let signature = &function.sig;
    if let Some(constness) = &signature.constness {
        faults.add(constness.span(), "a handler cannot be `const`");
    }
    if let Some(unsafety) = &signature.unsafety {
        faults.add(
            unsafety.span(),
            "a handler cannot be `unsafe`: nobody is there to uphold its conditions",
        );
    }
    if let Some(abi) = &signature.abi {
        faults.add(
            abi.span(),
            "a handler is an ordinary Rust function, without an ABI",
        );
    }
    if let Some(variadic) = &signature.variadic {
        faults.add(variadic.span(), "a handler cannot be variadic");
    }
}

fn refuse_generics(function: &ItemFn, faults: &mut Faults) {
    let generics = &function.sig.generics;
    if !generics.params.is_empty() {
        faults.add(
            generics.params.span(),
            "a handler cannot be generic: name the types of its event and its answer",
        );
    }
    if let Some(clause) = &generics.where_clause {
        faults.add(clause.span(), "a handler cannot have a `where` clause");
    }
}

fn parameter_types(kind: Kind, function: &ItemFn, faults: &mut Faults) -> Vec<Type> {
    let inputs = &function.sig.inputs;
    if inputs.is_empty() {
        faults.add(
            function.sig.paren_token.span.span(),
            "a handler takes the event: write `event: E`, where `E` implements \
             `serde::Deserialize`, or `_event: serde::de::IgnoredAny` to take any event",
        );
    }
    if kind == Kind::StreamingHandler && inputs.len() == 1 {
        faults.add(
            inputs.span(),
            "a streaming handler takes the response as its last parameter: write `response: \
             ResponseStream` behind the event",
        );
    }
    if let Some(surplus) = inputs.iter().nth(kind.parameters_max()) {
        faults.add(surplus.span(), kind.surplus());
    }
    inputs
        .iter()
        .filter_map(|input| parameter_type(input, faults))
        .collect()
}

fn parameter_type(input: &FnArg, faults: &mut Faults) -> Option<Type> {
    let parameter = match input {
        FnArg::Receiver(receiver) => {
            faults.add(
                receiver.span(),
                "a handler is a free function, not a method: move it out of its `impl` block",
            );
            return None;
        }
        FnArg::Typed(parameter) => &parameter.ty,
    };
    match parameter.as_ref() {
        Type::Reference(reference) => faults.add(
            reference.span(),
            "a handler owns what it is given: take it by value, such as `String` for `&str`",
        ),
        Type::ImplTrait(opaque) => faults.add(
            opaque.span(),
            "a handler cannot be generic: name the type of this parameter",
        ),
        _ => {}
    }
    Some(Type::clone(parameter))
}

fn output_type(function: &ItemFn, faults: &mut Faults) -> Option<Type> {
    match &function.sig.output {
        ReturnType::Default => {
            faults.add(
                function.sig.span(),
                "a handler returns a `Result`: write `-> Result<(), sparkler_guest::Error>` if it \
                 has nothing to answer",
            );
            None
        }
        ReturnType::Type(_, output) => Some(Type::clone(output)),
    }
}
