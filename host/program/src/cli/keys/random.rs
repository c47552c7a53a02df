//! Ids and secrets that nobody can guess.

use anyhow::anyhow;

const OF_IDS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const OF_SECRETS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The id of a key.
pub(super) fn id() -> anyhow::Result<String> {
    Ok(format!("SPKL{}", letters::<16>(OF_IDS)?))
}

/// A secret of 240 bits.
pub(super) fn secret() -> anyhow::Result<String> {
    letters::<40>(OF_SECRETS)
}

/// As many letters, each of which is as likely: their number divides that of all bytes.
fn letters<const COUNT: usize>(all: &[u8]) -> anyhow::Result<String> {
    let mut bytes = [0; COUNT];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow!("the system gives no random bytes: {error}"))?;
    let letter = |byte: u8| char::from(all[usize::from(byte) % all.len()]);
    Ok(bytes.into_iter().map(letter).collect())
}
