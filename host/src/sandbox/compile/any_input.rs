//! What holds of code, whatever it is.

use bytes::Bytes;

use super::bulk_memory::{self, Unreadable};
use super::figures::figures;
use super::go_module;
use super::inspect::validate;
use super::steps::check;
use crate::deployer::Fault;
use crate::package::reuse_of;
use crate::sandbox::engine::compiled;
use crate::sandbox::engine::engines::AddressSpace;

/// Code is refused with a reason that is its own, or it is a component, which is still sound when this host has put into
/// it what it puts into all.
pub(crate) fn component(data: &[u8]) {
    let _ = reuse_of(data);
    if let Some(with_room) = go_module::with_room_for_the_adapter(data)
        && validate(data).is_ok()
    {
        validate(&with_room).expect("a module with room for the adapter is sound");
    }
    match check(data.to_vec()) {
        Err(rejection) => assert_eq!(rejection.fault, Fault::Code, "{rejection}"),
        Ok((component, inspection)) => {
            assert_eq!(inspection.bytes, component.len());
            // Whether it can be invoked here is another question.
            let _ = inspection.accept();
            figures(&component, AddressSpace::Ample).expect("a sound component can be measured");
            check_pieces(&component);
        }
    }
}

fn check_pieces(component: &[u8]) {
    match bulk_memory::in_pieces(component) {
        Ok(in_pieces) => validate(&in_pieces).expect("a component in pieces is sound"),
        Err(Unreadable::Malformed(error)) => panic!("a sound component cannot be read: {error}"),
        // Rewriting knows less than the engine; that is told to whoever deploys.
        Err(Unreadable::Strange(_) | Unreadable::Nested) => {}
    }
}

/// What stands behind compiled code is read as it was written.
pub(crate) fn figures_of_code(data: &[u8]) {
    let file = Bytes::copy_from_slice(data);
    if let Some((code, figures)) = compiled::split(&file) {
        assert_eq!(figures.behind(code.to_vec()), data);
    }
}
