//! Generates the interpreter: the published crate writes a crate around QuickJS for this world, with Node's modules, and
//! what it writes becomes part of this one.

use std::env;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use wasm_rquickjs::{EmbeddingMode, JsModuleSpec, generate_wrapper_crate};

/// The world that the component has.
const WORLD: &str = "interpreter";

/// The module that the others are reached from; the rest of `runtime` is found by itself.
const ENTRY: &str = "entry.js";

/// What the modules of `runtime` are called by each other, and in stacks.
const MODULE_PREFIX: &str = "sparkler-guest/interpreter/runtime";

/// The stack of what is compiled, in which the engine keeps a part of each JavaScript frame: above the megabyte up to
/// which it does so.
const STACK_BYTES: u32 = 4 * 1024 * 1024;

fn main() -> Result<()> {
    let here = Utf8PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = Utf8PathBuf::from(env::var("OUT_DIR")?);
    let contract = out.join("contract");
    write_contract(&here, &contract)?;
    let generated = out.join("generated");
    generate_wrapper_crate(&contract, &modules(&here)?, &generated, Some(WORLD))?;
    adapt(&generated)?;
    println!("cargo::rustc-link-arg=-zstack-size={STACK_BYTES}");
    for source in ["build.rs", "wit", "runtime", "../../wit/function.wit"] {
        println!("cargo::rerun-if-changed={source}");
    }
    Ok(())
}

/// The world, with the contract beside it that it refers to.
fn write_contract(here: &Utf8Path, contract: &Utf8Path) -> Result<()> {
    let function = contract.join("deps/function");
    fs::create_dir_all(&function)?;
    for (from, to) in [
        (here.join("wit/world.wit"), contract.join("world.wit")),
        (
            here.join("../../wit/function.wit"),
            function.join("function.wit"),
        ),
    ] {
        fs::copy(&from, &to).with_context(|| format!("{from} cannot be copied to {to}"))?;
    }
    Ok(())
}

/// The modules in JavaScript, the one first that the component's exports are in.
fn modules(here: &Utf8Path) -> Result<Vec<JsModuleSpec>> {
    let mut names = Vec::new();
    for entry in here.join("runtime").read_dir_utf8()? {
        let name = entry?.file_name().to_owned();
        if name.ends_with(".js") && name != ENTRY {
            names.push(name);
        }
    }
    names.sort();
    names.insert(0, ENTRY.to_owned());
    let specify = |name: String| JsModuleSpec {
        mode: EmbeddingMode::EmbedFile(here.join("runtime").join(&name)),
        name: format!("{MODULE_PREFIX}/{name}"),
    };
    Ok(names.into_iter().map(specify).collect())
}

/// Makes what was written as the root of a crate a part of this one: it finds its contract where that lies, and leaves
/// the exports to `src/exports.rs`.
fn adapt(generated: &Utf8Path) -> Result<()> {
    let path = generated.join("src/lib.rs");
    let text = fs::read_to_string(&path)?;
    let text = replaced_once(
        &text,
        "path : \"wit\"",
        &format!("path : \"{generated}/wit\""),
    )?;
    let text = replaced_once(
        &text,
        "bindings::export!(Component with_types_in bindings);",
        "",
    )?;
    fs::write(generated.join("src/part.rs"), text)?;
    Ok(())
}

fn replaced_once(text: &str, from: &str, to: &str) -> Result<String> {
    let found = text.matches(from).count();
    ensure!(
        found == 1,
        "the generated crate has `{from}` {found} times, not once"
    );
    Ok(text.replacen(from, to, 1))
}
