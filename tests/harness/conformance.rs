//! Packages, one per behaviour, for conformance checks of Lambda's contract.
//!
//! They are copies of one compiled guest, `tests/guests/conformance`, that differ in the name of the
//! behaviour. A behaviour that keeps something between calls asks for a warm environment, by a custom
//! section of its component.

use std::path::PathBuf;

use conformance::PLACEHOLDER;
pub use conformance::{BEHAVIOURS, Behaviour};

use crate::guests;

/// The custom section by which a component asks to be used more than once.
const REUSE_SECTION: &str = "sparkler:reuse";

/// How often a warm environment may be used: more than any check needs.
const USES: &str = "100";

/// Where the sources of the guest are.
pub fn sources() -> PathBuf {
    guests::workspace().join(guests::CONFORMANCE)
}

/// The guest with one of its behaviours.
///
/// # Errors
/// When the component is another one, or has a behaviour already.
pub fn package(guest: &[u8], behaviour: &Behaviour) -> Result<Vec<u8>, String> {
    let at = place_of_the_name(guest)?;
    let mut package = guest.to_vec();
    let name = &mut package[at..at + PLACEHOLDER.len()];
    name.fill(0);
    name[..behaviour.name.len()].copy_from_slice(behaviour.name.as_bytes());
    if behaviour.warm {
        package.extend(custom_section(REUSE_SECTION, USES));
    }
    Ok(package)
}

fn place_of_the_name(guest: &[u8]) -> Result<usize, String> {
    let places: Vec<usize> = guest
        .windows(PLACEHOLDER.len())
        .enumerate()
        .filter_map(|(at, bytes)| (bytes == PLACEHOLDER).then_some(at))
        .collect();
    match places[..] {
        [one] => Ok(one),
        _ => Err(format!(
            "The component has {} places for the name of a behaviour instead of one. It must be \
             {} as it was compiled.",
            places.len(),
            guests::CONFORMANCE
        )),
    }
}

/// A section that engines pass over: the id 0, its size, a name, a text.
fn custom_section(name: &str, text: &str) -> Vec<u8> {
    let mut content = vec![length(name.len())];
    content.extend(name.bytes());
    content.extend(text.bytes());
    let mut section = vec![0, length(content.len())];
    section.extend(content);
    section
}

/// A length in LEB128, which is the number itself as long as it has seven bits.
fn length(length: usize) -> u8 {
    let length = u8::try_from(length).ok().filter(u8::is_ascii);
    length.expect("sections here are shorter than 128 bytes")
}
