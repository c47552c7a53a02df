//! What something is built from, as one text: the same text means the same.

use sha2::{Digest as _, Sha256};
use sparkler::internals;

/// The digest of these files, each with its name.
pub(super) fn digest_of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut hasher = Sha256::new();
    for (name, text) in files {
        for part in [name, text] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    }
    internals::Digest(hasher.finalize().into()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_move_from_one_file_to_another_unnoticed() {
        let cases: [&[(&str, &str)]; 4] = [
            &[("a", "bc")],
            &[("ab", "c")],
            &[("a", "b"), ("c", "")],
            &[("a", "b"), ("", "c")],
        ];
        let mut digests = cases.map(|files| digest_of(files.iter().copied()));
        digests.sort();
        assert!(digests.windows(2).all(|two| two[0] != two[1]));
        assert_eq!(digest_of([("a", "bc")]), digest_of([("a", "bc")]));
    }
}
