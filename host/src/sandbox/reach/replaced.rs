//! Single functions of the host in the place of the engine's own.

use wasmtime::component::{Linker, LinkerInstance};

use super::names::Provided;

/// Defines a function of an interface that the engine has linked, in the place of the engine's.
///
/// # Errors
/// Where there is none to be replaced: the engine has moved to another version of the interface. A guest would then find
/// the engine's function, or an interface of this one function.
pub(super) fn replace<T: 'static>(
    linker: &mut Linker<T>,
    interface: Provided,
    define: impl Fn(&mut LinkerInstance<'_, T>) -> wasmtime::Result<()>,
) -> wasmtime::Result<()> {
    let name = interface.linked();
    if define(&mut linker.instance(&name)?).is_ok() {
        wasmtime::bail!("the engine links no such function of {name} that could be replaced");
    }
    linker.allow_shadowing(true);
    let defined = define(&mut linker.instance(&name)?);
    linker.allow_shadowing(false);
    defined
}

#[cfg(test)]
mod tests {
    use wasmtime::Engine;

    use super::*;

    #[test]
    fn only_what_is_there_is_replaced() {
        let interface = Provided::wasi("wasi:io/error");
        let answer = |answer: u32| {
            move |instance: &mut LinkerInstance<'_, ()>| {
                instance.func_wrap("answer", move |_, ()| Ok((answer,)))
            }
        };
        let mut linker = Linker::new(&Engine::default());
        assert!(replace(&mut linker, interface, answer(1)).is_err());
        replace(&mut linker, interface, answer(2)).expect("it is there now");
        let again = answer(3)(&mut linker.instance(&interface.linked()).expect("there"));
        assert!(again.is_err(), "shadowing is not left on");
    }
}
