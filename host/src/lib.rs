//! Sparkler runs functions behind AWS Lambda's HTTP contract, each call in a fresh WebAssembly
//! sandbox.
//!
//! Read the modules in the order in which they stand here. Arrows point one way:
//! `cli → app → contract → events → {invoker, deployer} → {catalog, logs, storage, package} →
//! domain`; `sandbox` stands behind the traits of `invoker` and `deployer`.
//!
//! What is absent, by intent: `domain` knows neither HTTP nor wasm nor tokio; only `contract` (and the
//! command line's client) knows HTTP; only `sandbox` knows wasmtime; only `catalog` and
//! `events` know SQL.

pub mod domain;
pub mod limits;
pub mod catalog;
pub mod storage;
pub mod package;
pub mod logs;
pub mod sandbox;
pub mod invoker;
pub mod deployer;
pub mod events;
pub mod contract;
pub mod app;
pub mod toolchain;
pub mod cli;
