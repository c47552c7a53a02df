//! Makes the component that the program runs, from WebAssembly's text format.

use std::path::Path;

const ECHO: &str = "../../host/src/embed/echo.wat";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={ECHO}");
    let component = wat::parse_file(ECHO)?;
    let folder = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&folder).join("echo.wasm"), component)?;
    Ok(())
}
