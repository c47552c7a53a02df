//! Numbers that settings may be.

use std::ops::RangeInclusive;

/// A number that is not within its bounds. Whoever asked for it is told in the words that it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfBounds {
    /// The number.
    pub value: i64,
    /// The least that it may be.
    pub least: i64,
    /// The most that it may be.
    pub most: i64,
}

impl OutOfBounds {
    /// `1 to 900`.
    pub fn bounds(&self) -> String {
        format!("{} to {}", self.least, self.most)
    }
}

/// The number, where it is within its bounds.
///
/// # Errors
/// Where it is not.
pub fn within<N>(value: i64, bounds: &RangeInclusive<N>) -> Result<N, OutOfBounds>
where
    N: Copy + Into<i64> + TryFrom<i64>,
{
    let (least, most) = ((*bounds.start()).into(), (*bounds.end()).into());
    match N::try_from(value) {
        Ok(number) if (least..=most).contains(&value) => Ok(number),
        _ => Err(OutOfBounds { value, least, most }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bounds_are_within_and_what_is_beyond_is_named() {
        for value in [1, 900] {
            assert!(within(value, &(1..=900_u32)).is_ok());
        }
        for value in [i64::MIN, 0, 901, i64::MAX] {
            let outside = within(value, &(1..=900_u32)).expect_err("it is beyond");
            assert_eq!(outside.value, value);
            assert_eq!(outside.bounds(), "1 to 900");
        }
    }
}
