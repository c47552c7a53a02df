//! Calls into JavaScript, and what a sandbox has to renew that begins from kept memory.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use rquickjs::function::IntoArgs;
use rquickjs::promise::PromiseHookType;
use rquickjs::runtime::PromiseHook;
use rquickjs::{AsyncContext, Ctx, FromJs, Function, IntoJs, Object, Persistent, Value};
use wstd::runtime::block_on;

use crate::bindings::sparkler::function::types::Context;
use crate::internal;
use crate::internal::runtime_services::{
    RuntimeServices, run_process_turn_checkpoint, with_component_context,
};

/// What errors of the generated code call the contract.
const CONTRACT: &str = "sparkler:javascript";

/// Calls what `entry.js` exports, and drives everything that it waits for.
pub(crate) fn call<A, R>(function: &'static [&'static str], arguments: A) -> R
where
    A: for<'js> IntoArgs<'js>,
    R: for<'js> FromJs<'js> + 'static,
{
    // The engine drives a reactor of its own while it starts.
    let state = internal::get_js_state();
    block_on(async {
        let answer = internal::call_js_export(CONTRACT, function, arguments).await;
        end_turn(&state.ctx).await;
        answer
    })
}

/// Tells of promises that nobody handles, and lets go of clocks that nobody waited for: the reactor that drives them
/// ends with this call, and would go on for as long as they tick.
async fn end_turn(context: &AsyncContext) {
    let ended = with_component_context(context, async |context| {
        let checked = run_process_turn_checkpoint(&context);
        let services = context.userdata::<RuntimeServices>();
        let timers = &services.expect("the engine has its services").timers;
        for (_, handle) in timers.abort_handles.borrow_mut().drain() {
            handle.abort();
        }
        timers.unrefed_timers.borrow_mut().clear();
        checked
    });
    ended
        .await
        .expect("the checkpoint of a turn throws nothing");
}

/// Text that came as bytes. The host checked it, as JSON is UTF-8.
pub(crate) fn text(event: Vec<u8>) -> String {
    String::from_utf8(event)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Starts the engine, and says who is told of promises.
pub(crate) fn start() {
    let state = internal::get_js_state();
    block_on(async {
        let hook = state.ctx.with(|context| promise_hook(&context)).await;
        let hook = hook.expect("entry.js exports what is told of promises");
        state.rt.set_promise_hook(Some(hook)).await;
    });
}

/// Tells `entry.js` of promises, from when it says that somebody wants to know.
fn promise_hook(context: &Ctx<'_>) -> rquickjs::Result<PromiseHook> {
    let entry: Object<'_> = context.globals().get("userModule")?;
    let told: Function<'_> = entry.get("promiseHook")?;
    let told = Persistent::save(context, told);
    let is_wanted = Rc::new(Cell::new(false));
    let wanted = is_wanted.clone();
    let connect: Function<'_> = entry.get("connect")?;
    let want = Function::new(context.clone(), move || wanted.set(true))?;
    connect.call::<_, ()>((want,))?;
    Ok(Box::new(move |context, kind, promise, _parent| {
        if is_wanted.get() {
            // It fails where memory is out, which the function is told of anyway.
            let told = told.clone().restore(&context);
            let _ = told.and_then(|told| told.call::<_, ()>((name(kind), promise)));
        }
    }))
}

fn name(kind: PromiseHookType) -> &'static str {
    match kind {
        PromiseHookType::Init => "init",
        PromiseHookType::Before => "before",
        PromiseHookType::After => "after",
        PromiseHookType::Resolve => "resolve",
    }
}

/// Makes anew what must not be the same in all sandboxes that begin from the same memory.
pub(crate) fn renew() {
    rand::rng().reseed().expect("the host has random bytes");
    crate::builtin::perf_hooks::reset_time_origin();
}

/// Tells the module loader that the folders above the function's are folders and not links: it asks for each on the way
/// down, and a sandbox has only those that the host opened for it.
pub(crate) fn know_folders_above(folder: &str) {
    let state = internal::get_js_state();
    block_on(state.ctx.with(|context| {
        let services = context.userdata::<RuntimeServices>();
        let services = services.expect("the engine has its services");
        for cache in [
            &services.cjs_loader_realpath_cache,
            &services.esm_loader_realpath_cache,
        ] {
            for above in Path::new(folder).ancestors().filter_map(Path::to_str) {
                cache
                    .borrow_mut()
                    .insert(above.to_owned(), above.to_owned());
            }
        }
    }));
}

/// Closes the folders that the C library opened to find files, so that memory can be kept: it opens them again when
/// they are next asked for.
pub(crate) fn close_preopened_folders() {
    unsafe extern "C" {
        fn __wasilibc_reset_preopens();
    }
    // SAFETY: it takes nothing, and no thread but this one looks for files.
    unsafe { __wasilibc_reset_preopens() }
}

/// Variables, as the host has them now: the C library's are those of the first time that someone asked.
pub(crate) struct Environment(Vec<(String, String)>);

impl Environment {
    pub(crate) fn read() -> Self {
        Self(wasip2::cli::environment::get_environment())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(variable, _)| variable == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl<'js> IntoJs<'js> for Environment {
    fn into_js(self, context: &Ctx<'js>) -> rquickjs::Result<Value<'js>> {
        let object = Object::new(context.clone())?;
        for (name, value) in self.0 {
            object.set(name, value)?;
        }
        Ok(object.into_value())
    }
}

/// The context of an invocation, with the names that it has in JavaScript.
pub(crate) fn context(context: Context) -> RawContext {
    RawContext(context)
}

pub(crate) struct RawContext(Context);

impl<'js> IntoJs<'js> for RawContext {
    fn into_js(self, context: &Ctx<'js>) -> rquickjs::Result<Value<'js>> {
        let object = Object::new(context.clone())?;
        object.set("requestId", self.0.request_id)?;
        object.set("invokedFunctionArn", self.0.invoked_function_arn)?;
        object.set("functionVersion", self.0.function_version)?;
        // Milliseconds since 1970 are far below 2^53.
        object.set("deadlineMs", self.0.deadline_ms as f64)?;
        object.set("traceId", self.0.trace_id)?;
        object.set("clientContext", self.0.client_context)?;
        object.set("tenantId", self.0.tenant_id)?;
        Ok(object.into_value())
    }
}
