//! Functions of the program that embeds the host, which guests may import.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use wasmtime::component::{ComponentNamedList, Lift, Linker, LinkerInstance, Lower};

use super::caller::Caller;
use super::unwinding::{Caught, caught};
use crate::sandbox::reach::guest_state::GuestState;

/// Namespaces that are not for embedders.
const RESERVED: [&str; 2] = ["wasi:", "sparkler:"];

/// The interfaces of an embedder, by name.
#[derive(Clone, Default)]
pub struct Interfaces(BTreeMap<String, Interface>);

/// An interface of an embedder: functions under one name, such as `acme:text/dictionary@1.0.0`.
///
/// Functions only: resources, which live beyond a call, cannot be defined. A guest sees no more of the host
/// than what these functions do with what they are given, so they are part of the sandbox's wall: treat every
/// argument as hostile.
#[derive(Clone, Default)]
pub struct Interface {
    functions: Vec<Function>,
}

#[derive(Clone)]
struct Function {
    name: String,
    define: Arc<Define>,
}

type Define =
    dyn Fn(&mut LinkerInstance<'_, GuestState>, &str) -> wasmtime::Result<()> + Send + Sync;

/// An interface that cannot be provided; the text says why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct InterfaceError(String);

impl Interface {
    /// Adds a function. `P` are its parameters, `R` its results, both as tuples: `(String,)` for one string.
    ///
    /// It runs on the thread of the guest that calls, which waits for it: what takes longer than a moment is
    /// for [`async_function`](Self::async_function). An error or a panic ends the guest; what the guest is to
    /// deal with goes into `R` as a [`Result`].
    pub fn function<P, R, F>(&mut self, name: &str, function: F) -> &mut Self
    where
        P: ComponentNamedList + Lift + 'static,
        R: ComponentNamedList + Lower + 'static,
        F: Fn(&Caller, P) -> wasmtime::Result<R> + Send + Sync + 'static,
    {
        let function = Arc::new(function);
        self.add(name, move |linker, name| {
            let (function, title) = (Arc::clone(&function), name.to_owned());
            linker.func_wrap(name, move |store, parameters: P| {
                let caller = Caller::of(&store);
                caught(|| function(&caller, parameters)).map_err(|error| named(&title, error))
            })
        })
    }

    /// Adds a function that may wait. It is dropped where it waits when its invocation's time is up, or when
    /// nobody waits for the invocation any more.
    pub fn async_function<P, R, F, W>(&mut self, name: &str, function: F) -> &mut Self
    where
        P: ComponentNamedList + Lift + Send + 'static,
        R: ComponentNamedList + Lower + Send + 'static,
        F: Fn(Caller, P) -> W + Send + Sync + 'static,
        W: Future<Output = wasmtime::Result<R>> + Send + 'static,
    {
        let function = Arc::new(function);
        self.add(name, move |linker, name| {
            let (function, title) = (Arc::clone(&function), Arc::<str>::from(name));
            linker.func_wrap_async(name, move |store, parameters: P| {
                let caller = Caller::of(&store);
                let (function, title) = (Arc::clone(&function), Arc::clone(&title));
                // Called within the future, so that a panic before the first wait is caught as well.
                let work = async move { function(caller, parameters).await };
                Box::new(async move {
                    let ended = Caught(Box::pin(work)).await;
                    ended.map_err(|error| named(&title, error))
                })
            })
        })
    }

    fn add(
        &mut self,
        name: &str,
        define: impl Fn(&mut LinkerInstance<'_, GuestState>, &str) -> wasmtime::Result<()>
        + Send
        + Sync
        + 'static,
    ) -> &mut Self {
        self.functions.push(Function {
            name: name.to_owned(),
            define: Arc::new(define),
        });
        self
    }
}

impl Interfaces {
    /// Adds an interface, or puts it in the place of another of the same name.
    pub fn insert(&mut self, name: &str, interface: Interface) {
        self.0.insert(name.to_owned(), interface);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether guests may import an interface of this name.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether all of them can be provided.
    ///
    /// # Errors
    /// With the first whose name is not one, or is in a namespace that is not for embedders, or which has two
    /// functions of one name.
    pub fn check(&self) -> Result<(), InterfaceError> {
        for (name, interface) in &self.0 {
            check_name(name)?;
            let mut names: Vec<_> = interface.functions.iter().map(|f| &f.name).collect();
            names.sort();
            if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(InterfaceError(format!(
                    "the interface {name} has two functions of the name {}",
                    twice[0]
                )));
            }
        }
        Ok(())
    }

    pub(in crate::sandbox) fn add_to_linker(
        &self,
        linker: &mut Linker<GuestState>,
    ) -> wasmtime::Result<()> {
        for (name, interface) in &self.0 {
            let mut instance = linker.instance(name)?;
            for function in &interface.functions {
                (function.define)(&mut instance, &function.name)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Interfaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn check_name(name: &str) -> Result<(), InterfaceError> {
    if let Some(reserved) = RESERVED
        .iter()
        .find(|reserved| name.starts_with(**reserved))
    {
        return Err(InterfaceError(format!(
            "the interface {name} cannot be provided: the namespace {reserved} belongs to the host; choose \
             one of your own"
        )));
    }
    let has_form = name.split_once(':').is_some_and(|(namespace, rest)| {
        rest.split_once('/')
            .is_some_and(|(package, interface)| ![namespace, package, interface].contains(&""))
    });
    match has_form {
        true => Ok(()),
        false => Err(InterfaceError(format!(
            "{name:?} is not the name of an interface, which looks like acme:text/dictionary@1.0.0"
        ))),
    }
}

/// The error of a function, with its name; what it was stays what it is asked for.
fn named(name: &str, error: wasmtime::Error) -> wasmtime::Error {
    wasmtime::Error::msg(format!("the host's function {name} failed: {error:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(name: &str, functions: &[&str]) -> Option<String> {
        let mut interface = Interface::default();
        for function in functions {
            interface.function(function, |_, ()| Ok(()));
        }
        let mut interfaces = Interfaces::default();
        interfaces.insert(name, interface);
        interfaces.check().err().map(|error| error.to_string())
    }

    #[test]
    fn an_interface_has_a_name_of_its_own() {
        assert_eq!(refusal("acme:text/dictionary@1.0.0", &["a", "b"]), None);
        assert_eq!(refusal("acme:text/dictionary", &[]), None);
        for (name, why) in [
            ("wasi:cli/environment@0.2.0", "namespace wasi:"),
            ("sparkler:function/response@0.1.0", "namespace sparkler:"),
            ("dictionary", "looks like"),
            ("acme:/dictionary", "looks like"),
        ] {
            let text = refusal(name, &[]).expect("refused");
            assert!(text.contains(why), "{text}");
        }
    }

    #[test]
    fn a_function_is_not_there_twice() {
        let text = refusal("acme:text/dictionary", &["a", "b", "a"]).expect("refused");
        assert!(text.contains("two functions of the name a"), "{text}");
    }
}
