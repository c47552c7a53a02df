//! What `--learn-http` says at the start and at the end.

use sparkler::FunctionName;

use super::output;

/// Says what is open.
pub(super) fn warn() {
    output::warning(
        "--learn-http: functions may send HTTP requests to every address, those of this machine and its \
         network included. Nothing is denied.",
    );
}

/// Prints what each function has to be allowed, as a project file has it.
pub(super) fn print(learned: &[(FunctionName, Vec<String>)]) {
    if learned.is_empty() {
        return;
    }
    output::note("What functions sent HTTP requests to, for sparkler.toml:");
    lines(learned).iter().for_each(|line| output::data(line));
}

fn lines(learned: &[(FunctionName, Vec<String>)]) -> Vec<String> {
    let tables = learned.iter().flat_map(|(function, rules)| {
        let quoted: Vec<_> = rules.iter().map(|rule| format!("\"{rule}\"")).collect();
        [
            format!("[functions.{function}]"),
            format!("allow-http = [{}]", quoted.join(", ")),
        ]
    });
    tables.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_pasted() {
        let name = FunctionName::parse("fetch").unwrap();
        let rules = ["http://[::1]:8080", "https://*.example.com"].map(str::to_owned);
        let text = lines(&[(name, rules.to_vec())]).join("\n");
        let parsed: toml::Table = text.parse().unwrap();
        let listed = parsed["functions"]["fetch"]["allow-http"].as_array();
        assert_eq!(listed.unwrap().len(), 2);
        assert!(text.starts_with("[functions.fetch]\nallow-http = [\"http://[::1]:8080\", "));
    }
}
