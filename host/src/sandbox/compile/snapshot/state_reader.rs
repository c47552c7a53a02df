//! Reads the memories and globals of an instrumented guest.

use std::collections::HashMap;

use wasmtime::Store;
use wasmtime::component::{ComponentNamedList, Instance, Lift, TypedFunc, WasmList};
use wasmtime_wizer::ComponentInstanceState;

use crate::sandbox::reach::guest_state::GuestState;

/// A guest whose state is read. What cannot be read is nothing, and the failure is kept: whoever asked
/// has no way to hear of it.
pub(super) struct StateReader {
    store: Store<GuestState>,
    instance: Instance,
    /// Each memory is asked for twice, and reading it grows it.
    memories: HashMap<String, Vec<u8>>,
    failure: Option<wasmtime::Error>,
}

impl StateReader {
    pub(super) fn new(store: Store<GuestState>, instance: Instance) -> Self {
        Self {
            store,
            instance,
            memories: HashMap::new(),
            failure: None,
        }
    }

    /// Whether everything could be read.
    ///
    /// # Errors
    /// The first failure.
    pub(super) fn ended(self) -> wasmtime::Result<()> {
        self.failure.map_or(Ok(()), Err)
    }

    async fn read<R>(
        &mut self,
        place: &str,
        name: &str,
        take: impl FnOnce(&Store<GuestState>, R) -> wasmtime::Result<()>,
    ) where
        (R,): ComponentNamedList + Lift + Send + Sync + 'static,
    {
        if self.failure.is_some() {
            return;
        }
        if let Err(error) = self.try_read(place, name, take).await {
            self.failure = Some(error);
        }
    }

    async fn try_read<R>(
        &mut self,
        place: &str,
        name: &str,
        take: impl FnOnce(&Store<GuestState>, R) -> wasmtime::Result<()>,
    ) -> wasmtime::Result<()>
    where
        (R,): ComponentNamedList + Lift + Send + Sync + 'static,
    {
        let (value,) = self
            .accessor::<R>(place, name)?
            .call_async(&mut self.store, ())
            .await?;
        take(&self.store, value)
    }

    fn accessor<R>(&mut self, place: &str, name: &str) -> wasmtime::Result<TypedFunc<(), (R,)>>
    where
        (R,): ComponentNamedList + Lift + Send + Sync + 'static,
    {
        let missing = || wasmtime::format_err!("the accessor {name} is missing");
        let (store, instance) = (&mut self.store, self.instance);
        let (_, place) = instance
            .get_export(&mut *store, None, place)
            .ok_or_else(missing)?;
        let (_, accessor) = instance
            .get_export(&mut *store, Some(&place), name)
            .ok_or_else(missing)?;
        instance.get_typed_func(store, accessor)
    }

    async fn number<R: Copy + Default + Send + Sync + 'static>(
        &mut self,
        place: &str,
        name: &str,
    ) -> R
    where
        (R,): ComponentNamedList + Lift,
    {
        let mut read = R::default();
        self.read(place, name, |_, value| {
            read = value;
            Ok(())
        })
        .await;
        read
    }
}

impl ComponentInstanceState for StateReader {
    async fn call_func_ret_list_u8(
        &mut self,
        instance: &str,
        func: &str,
        contents: impl FnOnce(&[u8]) + Send,
    ) {
        if let Some(memory) = self.memories.remove(func) {
            return contents(&memory);
        }
        let mut memory = Vec::new();
        self.read(instance, func, |store, bytes: WasmList<u8>| {
            memory = bytes.as_le_slice(store).to_vec();
            Ok(())
        })
        .await;
        contents(&memory);
        self.memories.insert(func.to_owned(), memory);
    }

    async fn call_func_ret_s32(&mut self, instance: &str, func: &str) -> i32 {
        self.number(instance, func).await
    }

    async fn call_func_ret_s64(&mut self, instance: &str, func: &str) -> i64 {
        self.number(instance, func).await
    }

    async fn call_func_ret_f32(&mut self, instance: &str, func: &str) -> u32 {
        self.number::<f32>(instance, func).await.to_bits()
    }

    async fn call_func_ret_f64(&mut self, instance: &str, func: &str) -> u64 {
        self.number::<f64>(instance, func).await.to_bits()
    }
}
