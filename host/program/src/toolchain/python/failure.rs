//! What a user reads when componentize-py fails: the trace of their own module, and not the tool's.

/// Between these the runtime writes why a function cannot be imported; see `guest-sdk/python`.
const BEGIN: &str = "----- sparkler: the function cannot be imported -----";
const END: &str = "----- sparkler: end -----";

/// The part of the tool's output that says what to mend.
pub(super) fn text(output: &str) -> String {
    if let Some((_, rest)) = output.split_once(BEGIN) {
        let own = rest.split(END).next().unwrap_or(rest);
        return own.trim().replace("\"/var/task/", "\"");
    }
    // The frames of the tool itself, which nobody can mend here.
    let said = output.split("\nStack backtrace:").next();
    said.unwrap_or(output).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_user_can_mend_is_shown() {
        let output = format!(
            "Traceback (most recent call last):\n  File \"bin/componentize-py\"\n{BEGIN}\n\
             Traceback (most recent call last):\n  File \"/var/task/handler.py\", line 1, in <module>\n    \
             import nothing\nModuleNotFoundError: No module named 'nothing'\n\n{END}\nStack backtrace:\n   0: main"
        );
        assert_eq!(
            text(&output),
            "Traceback (most recent call last):\n  File \"handler.py\", line 1, in <module>\n    \
             import nothing\nModuleNotFoundError: No module named 'nothing'"
        );
        assert_eq!(text("no world\nStack backtrace:\n  0: main"), "no world");
    }

    #[test]
    fn the_runtime_writes_the_same_words() {
        let errors = include_str!("../../../kits/python/sparkler_guest/errors.py");
        assert!(errors.contains(BEGIN) && errors.contains(END));
    }
}
