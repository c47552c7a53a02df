//! Sizes as people write them: `20GB`, `512MiB`.

/// What a letter stands for, in units of which each has a thousand, or 1,024, of the one before.
const UNITS: [(&str, u32); 4] = [("K", 1), ("M", 2), ("G", 3), ("T", 4)];

/// Bytes of a size such as `20GB`, `512MiB` or `1000000`.
///
/// # Errors
/// With how a size is written.
pub(super) fn parse(text: &str) -> Result<u64, String> {
    bytes(text).ok_or_else(|| {
        "a size is a whole number and a unit: KB, MB, GB or TB, or KiB, MiB, GiB or TiB for powers of 1,024, \
         such as 20GB"
            .into()
    })
}

fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(factor(unit.trim())?)
}

fn factor(unit: &str) -> Option<u64> {
    if unit.is_empty() || unit == "B" {
        return Some(1);
    }
    let (letter, rest) = unit.split_at_checked(1)?;
    let (_, power) = UNITS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(letter))?;
    match rest {
        "B" => Some(1_000_u64.pow(*power)),
        "iB" => Some(1_024_u64.pow(*power)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_number_and_a_unit() {
        for (text, bytes) in [
            ("1000000", 1_000_000),
            ("7B", 7),
            ("20GB", 20_000_000_000),
            ("20 GB", 20_000_000_000),
            ("512MiB", 512 << 20),
            ("4kB", 4_000),
            ("2TiB", 2 << 40),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for text in [
            "",
            "GB",
            "-1GB",
            "1.5GB",
            "20G",
            "20gb",
            "20XB",
            "99999999999TB",
            "1 é",
        ] {
            let refused = parse(text).expect_err(text);
            assert!(refused.contains("such as 20GB"), "{refused}");
        }
    }
}
