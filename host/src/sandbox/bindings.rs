//! What the WIT package of the guest SDK becomes on this side.

wasmtime::component::bindgen!({
    path: "../guest-sdk/wit",
    world: "function",
    exports: { default: async },
    ownership: Borrowing { duplicate_if_necessary: true },
});
