//! What the WIT package of the guest SDK becomes on this side.
//!
//! A guest exports one of the two handlers, and the lifecycle where it has something to do before them. The
//! interfaces `response` and `log` are not here: their bytes are taken right out of the guest's memory, which
//! generated code would copy first.

wasmtime::component::bindgen!({
    path: "wit",
    inline: "
        package sparkler:host;

        world guest {
            import sparkler:function/failure@0.1.0;
            export sparkler:function/handler@0.1.0;
            export sparkler:function/streaming-handler@0.1.0;
            export sparkler:function/lifecycle@0.1.0;
        }
    ",
    world: "sparkler:host/guest",
    exports: { default: async },
    ownership: Borrowing { duplicate_if_necessary: true },
});
