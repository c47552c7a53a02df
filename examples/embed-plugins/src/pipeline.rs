//! The way of the text: through one plugin after the other, past those that fail.

use sparkler::{Function, Report};

/// What one plugin did.
pub(crate) struct Step {
    pub(crate) plugin: String,
    pub(crate) report: Report,
    /// Why the text went past it.
    pub(crate) failure: Option<String>,
}

/// Gives the text as the last plugin left it, and what each of them did.
pub(crate) async fn run(
    plugins: &[Function],
    mut text: String,
) -> anyhow::Result<(String, Vec<Step>)> {
    let mut steps = Vec::new();
    for plugin in plugins {
        let report = plugin.invoke(serde_json::to_vec(&text)?).await?;
        let failure = match answer(&report) {
            Ok(changed) => {
                text = changed;
                None
            }
            Err(failure) => Some(failure),
        };
        steps.push(Step {
            plugin: plugin.name().to_owned(),
            report,
            failure,
        });
    }
    Ok((text, steps))
}

/// The plugin's text: its answer is checked like anything that comes from a stranger.
fn answer(report: &Report) -> Result<String, String> {
    let answer = report.answer().map_err(|error| error.to_string())?;
    serde_json::from_slice(answer).map_err(|_| "its answer is no text".to_owned())
}
