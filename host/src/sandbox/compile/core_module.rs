//! A core module that is written already, as a part of a component.

use wasm_encoder::{ComponentSection, ComponentSectionId, Encode};

/// The section of a module that is there already.
pub(in crate::sandbox) struct CoreModule(pub(in crate::sandbox) Vec<u8>);

impl Encode for CoreModule {
    fn encode(&self, sink: &mut Vec<u8>) {
        self.0.encode(sink);
    }
}

impl ComponentSection for CoreModule {
    fn id(&self) -> u8 {
        ComponentSectionId::CoreModule.into()
    }
}
