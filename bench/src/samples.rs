//! What is made of many measurements.

use std::time::{Duration, Instant};

/// The middle one; of none, not a number.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The one that 99 of 100 are not above; of none, not a number.
pub(crate) fn p99(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() * 99).div_ceil(100);
    values
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or(f64::NAN)
}

/// Milliseconds that `work` takes.
pub(crate) async fn milliseconds<T>(
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<f64> {
    let started = Instant::now();
    work.await?;
    Ok(in_milliseconds(started.elapsed()))
}

/// A time as findings have it.
pub(crate) fn in_milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_end_of_samples_are_found_in_any_order() {
        let samples: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!(median(samples.clone()), 101.0);
        assert_eq!(p99(samples), 198.0);
        assert_eq!(p99(vec![3.0]), 3.0);
        assert!(median(Vec::new()).is_nan());
    }
}
