//! Which rules functions would need for the requests that they send, noted while everything is let out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::{ALLOW_HTTP_VARIABLE, FunctionName, Lock, Version};
use crate::limits;

/// The rules by the functions that need them.
#[derive(Default)]
pub(super) struct Lessons(Lock<BTreeMap<FunctionName, Lesson>>);

/// What one function needs.
pub(in crate::sandbox) struct FunctionLessons {
    pub(super) function: FunctionName,
    pub(super) lessons: Arc<Lessons>,
}

#[derive(Default)]
struct Lesson {
    rules: BTreeSet<String>,
    is_news: bool,
    is_full: bool,
}

impl FunctionLessons {
    /// What the function's log is to be told of the rules that it needs, once for each change.
    pub(in crate::sandbox) fn news(&self) -> Option<String> {
        self.lessons.news_for(&self.function)
    }
}

impl Lessons {
    /// Notes that `version` needs a rule beside those that it has.
    pub(super) fn note(&self, version: &Version, rule: String) {
        let mut lessons = self.0.lock();
        let is_new = !lessons.contains_key(&version.function);
        if is_new && lessons.len() >= limits::LEARNED_FUNCTIONS_MAX {
            return;
        }
        let lesson = lessons.entry(version.function.clone()).or_default();
        if lesson.rules.contains(&rule) {
            return;
        }
        if lesson.rules.len() >= limits::LEARNED_RULES_OF_FUNCTION_MAX {
            lesson.is_full = true;
            return;
        }
        let own = version.settings.allow_http().ok();
        let own = own.into_iter().flat_map(|rules| rules.rules());
        lesson.rules.extend(own.map(str::to_owned));
        lesson.rules.insert(rule);
        lesson.is_news = true;
    }

    fn news_for(&self, function: &FunctionName) -> Option<String> {
        let mut lessons = self.0.lock();
        let lesson = lessons.get_mut(function).filter(|lesson| lesson.is_news)?;
        lesson.is_news = false;
        let rules: Vec<_> = lesson.rules.iter().map(String::as_str).collect();
        let more = match lesson.is_full {
            true => " It needs more than are noted here; allow whole domains or networks.",
            false => "",
        };
        Some(format!(
            "http requests are learned and not denied: this function needs {ALLOW_HTTP_VARIABLE}={}{more}\n",
            rules.join(",")
        ))
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<(FunctionName, Vec<String>)> {
        let lessons = self.0.lock();
        let lessons = lessons.iter();
        lessons
            .map(|(function, lesson)| (function.clone(), lesson.rules.iter().cloned().collect()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Environment, samples};

    #[test]
    fn a_function_is_told_its_whole_list_once_for_each_change() {
        let lessons = Lessons::default();
        let mut version = samples::version("fetch");
        let variables = [(
            ALLOW_HTTP_VARIABLE.to_owned(),
            "https://own.example".to_owned(),
        )];
        version.settings.environment = Some(Environment(variables.into()));
        assert_eq!(lessons.news_for(&version.function), None);
        for _ in 0..2 {
            lessons.note(&version, "https://b.example".into());
        }
        let news = lessons.news_for(&version.function).expect("it is news");
        let list = "needs SPARKLER_ALLOW_HTTP=https://b.example,https://own.example\n";
        assert!(news.ends_with(list), "{news}");
        assert_eq!(lessons.news_for(&version.function), None);
        lessons.note(&version, "https://a.example".into());
        assert!(lessons.news_for(&version.function).is_some());
        let all = lessons.all();
        assert_eq!(all.len(), 1);
        assert_eq!(
            all[0].1,
            [
                "https://a.example",
                "https://b.example",
                "https://own.example"
            ]
        );
    }

    #[test]
    fn a_function_that_calls_everybody_does_not_fill_the_host() {
        let lessons = Lessons::default();
        let version = samples::version("fetch");
        for number in 0..limits::LEARNED_RULES_OF_FUNCTION_MAX + 10 {
            lessons.note(&version, format!("https://{number}.example"));
        }
        let news = lessons.news_for(&version.function).expect("it is news");
        assert!(news.contains("needs more than are noted"), "{news}");
        assert_eq!(
            lessons.all()[0].1.len(),
            limits::LEARNED_RULES_OF_FUNCTION_MAX
        );
    }
}
