//! The variable `AWS_LAMBDA_EXEC_WRAPPER`: on AWS it names a script that starts the runtime.
//!
//! A component is started by nothing but its host and sees no files, so no script can be there. Whoever
//! sets the variable relies on it; the function ends as it does on AWS where the script is missing.

use bytes::Bytes;

use crate::domain::{FunctionError, Outcome, Report, Version};

const VARIABLE: &str = "AWS_LAMBDA_EXEC_WRAPPER";

/// What a shell says of a command that is not there.
const NOT_FOUND: i32 = 127;

/// The end of every invocation of a function that names a wrapper.
pub(super) fn missing(version: &Version) -> Option<Report> {
    let environment = version.settings.environment.as_ref()?;
    let wrapper = environment
        .0
        .get(VARIABLE)
        .filter(|path| !path.is_empty())?;
    let log = format!("{VARIABLE} names '{wrapper}', but components are started without scripts\n");
    let outcome = Outcome::Failed(FunctionError::Exited { status: NOT_FOUND });
    Some(Report {
        log: Bytes::from(log),
        ..Report::of(outcome)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Environment, samples};

    #[test]
    fn a_function_that_names_a_wrapper_ends_as_one_whose_wrapper_is_missing() {
        let with = |value: &str| {
            let mut version = samples::version("fn");
            let variables = [(VARIABLE.to_owned(), value.to_owned())].into();
            version.settings.environment = Some(Environment(variables));
            version
        };
        let report = missing(&with("/opt/wrapper")).expect("it is named");
        let exited = FunctionError::Exited { status: 127 };
        assert_eq!(report.outcome, Outcome::Failed(exited));
        assert!(
            report
                .log
                .starts_with(b"AWS_LAMBDA_EXEC_WRAPPER names '/opt/wrapper'")
        );
        assert!(missing(&with("")).is_none());
        assert!(missing(&samples::version("fn")).is_none());
    }
}
