//! Headers and trailers that a guest makes, changes and copies.

use wasmtime::component::Resource;
use wasmtime_wasi_http::FieldMap;
use wasmtime_wasi_http::p2::bindings::http::types::{self, HostFields};
use wasmtime_wasi_http::p2::{HeaderError, HeaderResult};

use super::{Http, as_the_engine_does, weights};
use crate::sandbox::memory::charge::Charge;

impl Http<'_> {
    /// Does what adds so many bytes to the fields at `place`, if there is room for them.
    fn adding(
        &mut self,
        place: u32,
        bytes: usize,
        add: impl FnOnce(&mut Self) -> HeaderResult<()>,
    ) -> HeaderResult<()> {
        let cost = self.costs.of(place);
        let before = cost.bytes();
        cost.add(bytes).map_err(HeaderError::trap)?;
        let added = add(self);
        if added.is_err() {
            self.costs.set(place, before).map_err(HeaderError::trap)?;
        }
        added
    }

    /// Has the fields at `place` count for what they are.
    fn weigh_fields(&mut self, place: u32) -> wasmtime::Result<()> {
        let fields = self
            .engine
            .table
            .get(&Resource::<FieldMap>::new_borrow(place))?;
        let bytes = weights::headers(fields);
        Ok(self.costs.set(place, bytes)?)
    }

    /// A handle that was given for headers of something else counts for all of them: it may outlive that.
    pub(super) fn shared_fields(
        &mut self,
        fields: Resource<types::Fields>,
    ) -> wasmtime::Result<Resource<FieldMap>> {
        self.weigh_fields(fields.rep())?;
        Ok(fields)
    }
}

impl HostFields for Http<'_> {
    as_the_engine_does! { HostFields:
        fn new() -> wasmtime::Result<Resource<FieldMap>>;
        fn get(fields: Resource<FieldMap>, name: String) -> wasmtime::Result<Vec<Vec<u8>>>;
        fn has(fields: Resource<FieldMap>, name: String) -> wasmtime::Result<bool>;
        fn entries(fields: Resource<FieldMap>) -> wasmtime::Result<Vec<(String, Vec<u8>)>>;
    }

    fn from_list(&mut self, entries: Vec<(String, Vec<u8>)>) -> HeaderResult<Resource<FieldMap>> {
        let weights = entries.iter();
        let weights = weights.map(|(name, value)| weights::entry(name.len(), value.len()));
        let charge = Charge::take(self.costs.budget(), weights.sum());
        let charge = charge.map_err(HeaderError::trap)?;
        let fields = HostFields::from_list(&mut self.engine, entries)?;
        self.costs.put(fields.rep(), charge);
        Ok(fields)
    }

    fn set(
        &mut self,
        fields: Resource<FieldMap>,
        name: String,
        values: Vec<Vec<u8>>,
    ) -> HeaderResult<()> {
        let place = fields.rep();
        let weights = values.iter();
        let weights = weights.map(|value| weights::entry(name.len(), value.len()));
        self.adding(place, weights.sum(), |http| {
            HostFields::set(&mut http.engine, fields, name, values)
        })?;
        // Without what was there before.
        self.weigh_fields(place).map_err(HeaderError::trap)
    }

    fn delete(&mut self, fields: Resource<FieldMap>, name: String) -> HeaderResult<()> {
        let place = fields.rep();
        HostFields::delete(&mut self.engine, fields, name)?;
        self.weigh_fields(place).map_err(HeaderError::trap)
    }

    fn append(
        &mut self,
        fields: Resource<FieldMap>,
        name: String,
        value: Vec<u8>,
    ) -> HeaderResult<()> {
        let bytes = weights::entry(name.len(), value.len());
        self.adding(fields.rep(), bytes, |http| {
            HostFields::append(&mut http.engine, fields, name, value)
        })
    }

    fn clone(&mut self, fields: Resource<FieldMap>) -> wasmtime::Result<Resource<FieldMap>> {
        let bytes = weights::headers(self.engine.table.get(&fields)?);
        let charge = Charge::take(self.costs.budget(), bytes)?;
        let copy = HostFields::clone(&mut self.engine, fields)?;
        self.costs.put(copy.rep(), charge);
        Ok(copy)
    }

    fn drop(&mut self, fields: Resource<FieldMap>) -> wasmtime::Result<()> {
        self.costs.take(fields.rep());
        HostFields::drop(&mut self.engine, fields)
    }
}
