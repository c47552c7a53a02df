//! Conditions on events that are JSON objects: `{ $.level = "ERROR" && ($.ms > 100 || $.a[0] = x*) }`.

use serde_json::Value;

use super::operand::Operand;
use super::scanner::Scanner;

/// Parentheses within parentheses: far above what a person writes.
const NESTING_MAX: usize = 32;

/// What must hold for an event.
#[derive(Debug)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Test { path: Vec<Step>, test: Test },
}

/// One step into a value.
#[derive(Debug)]
pub(super) enum Step {
    Member(String),
    Item(usize),
}

/// What must hold for the value at a path.
#[derive(Debug)]
pub(super) enum Test {
    Equal(Operand),
    /// It is there and is something else.
    Unequal(Operand),
    Less(f64),
    LessOrEqual(f64),
    Greater(f64),
    GreaterOrEqual(f64),
    Null,
    Boolean(bool),
    Missing,
}

impl Condition {
    /// Reads a condition in braces.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut scanner = Scanner::of(text);
        scanner.takes("{");
        let condition = any(&mut scanner, 0)?;
        if !scanner.takes("}") {
            return Err(unexpected(&scanner, "&&, || or }"));
        }
        scanner.skip_blanks();
        match scanner.peek() {
            None => Ok(condition),
            Some(_) => Err("Something follows the } that ends the filter pattern.".into()),
        }
    }

    /// Whether it holds for `event`.
    pub(super) fn holds(&self, event: &Value) -> bool {
        match self {
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(event)),
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(event)),
            Self::Test { path, test } => test.holds(found(event, path)),
        }
    }
}

fn found<'a>(event: &'a Value, path: &[Step]) -> Option<&'a Value> {
    path.iter().try_fold(event, |value, step| match step {
        Step::Member(name) => value.get(name),
        Step::Item(index) => value.get(index),
    })
}

impl Test {
    fn holds(&self, value: Option<&Value>) -> bool {
        let Some(value) = value else {
            return matches!(self, Self::Missing);
        };
        let number = value.as_f64();
        match self {
            Self::Equal(operand) => operand.equals(value),
            Self::Unequal(operand) => !operand.equals(value),
            Self::Less(most) => number.is_some_and(|number| number < *most),
            Self::LessOrEqual(most) => number.is_some_and(|number| number <= *most),
            Self::Greater(least) => number.is_some_and(|number| number > *least),
            Self::GreaterOrEqual(least) => number.is_some_and(|number| number >= *least),
            Self::Null => value.is_null(),
            Self::Boolean(wanted) => value.as_bool() == Some(*wanted),
            Self::Missing => false,
        }
    }
}

/// Conditions joined by `||`.
fn any(scanner: &mut Scanner<'_>, depth: usize) -> Result<Condition, String> {
    let mut conditions = vec![all(scanner, depth)?];
    while scanner.takes("||") {
        conditions.push(all(scanner, depth)?);
    }
    Ok(Condition::Any(conditions))
}

/// Conditions joined by `&&`, which binds more closely.
fn all(scanner: &mut Scanner<'_>, depth: usize) -> Result<Condition, String> {
    let mut conditions = vec![single(scanner, depth)?];
    while scanner.takes("&&") {
        conditions.push(single(scanner, depth)?);
    }
    Ok(Condition::All(conditions))
}

fn single(scanner: &mut Scanner<'_>, depth: usize) -> Result<Condition, String> {
    if !scanner.takes("(") {
        let path = path(scanner)?;
        let test = test(scanner)?;
        return Ok(Condition::Test { path, test });
    }
    if depth == NESTING_MAX {
        return Err(format!(
            "The filter pattern has more than {NESTING_MAX} parentheses within each other."
        ));
    }
    let condition = any(scanner, depth + 1)?;
    match scanner.takes(")") {
        true => Ok(condition),
        false => Err(unexpected(scanner, "&&, || or )")),
    }
}

/// `$.member.member[0]['member']`
fn path(scanner: &mut Scanner<'_>) -> Result<Vec<Step>, String> {
    if !scanner.takes("$") {
        return Err(unexpected(scanner, "a selector such as $.level"));
    }
    let mut steps = Vec::new();
    loop {
        match scanner.peek() {
            Some('.') => {
                scanner.next_char();
                steps.push(Step::Member(member(scanner)?));
            }
            Some('[') => {
                scanner.next_char();
                steps.push(bracketed(scanner)?);
            }
            _ => return Ok(steps),
        }
    }
}

fn member(scanner: &mut Scanner<'_>) -> Result<String, String> {
    let name = scanner.take_while(|c| c.is_alphanumeric() || "_-@:/".contains(c));
    match name {
        "" => Err(unexpected(scanner, "the name of a member after the dot")),
        name => Ok(name.to_owned()),
    }
}

fn bracketed(scanner: &mut Scanner<'_>) -> Result<Step, String> {
    let step = if scanner.takes("'") {
        let name = scanner.take_while(|c| c != '\'').to_owned();
        scanner.next_char();
        Some(Step::Member(name))
    } else {
        let digits = scanner.take_while(|c| c.is_ascii_digit());
        digits.parse().ok().map(Step::Item)
    };
    match step.filter(|_| scanner.takes("]")) {
        Some(step) => Ok(step),
        None => Err(unexpected(scanner, "a number or 'a name', and ]")),
    }
}

fn test(scanner: &mut Scanner<'_>) -> Result<Test, String> {
    let number = |scanner: &mut Scanner<'_>| match Operand::parse(scanner)? {
        Operand::Number(number) => Ok(number),
        Operand::Text(_) | Operand::Expression(_) => Err(String::from(
            "In the filter pattern, <, <=, > and >= need a number on their right side.",
        )),
    };
    if scanner.takes("!=") {
        Operand::parse(scanner).map(Test::Unequal)
    } else if scanner.takes("=") {
        Operand::parse(scanner).map(Test::Equal)
    } else if scanner.takes("<=") {
        number(scanner).map(Test::LessOrEqual)
    } else if scanner.takes("<") {
        number(scanner).map(Test::Less)
    } else if scanner.takes(">=") {
        number(scanner).map(Test::GreaterOrEqual)
    } else if scanner.takes(">") {
        number(scanner).map(Test::Greater)
    } else {
        words(scanner)
    }
}

/// `IS NULL`, `IS TRUE`, `IS FALSE` and `NOT EXISTS`.
fn words(scanner: &mut Scanner<'_>) -> Result<Test, String> {
    let mut word = || {
        scanner.skip_blanks();
        scanner.take_while(char::is_alphabetic).to_ascii_uppercase()
    };
    match (word().as_str(), word().as_str()) {
        ("IS", "NULL") => Ok(Test::Null),
        ("IS", "TRUE") => Ok(Test::Boolean(true)),
        ("IS", "FALSE") => Ok(Test::Boolean(false)),
        ("NOT", "EXISTS") => Ok(Test::Missing),
        _ => Err(unexpected(
            scanner,
            "=, !=, <, <=, >, >=, IS NULL, IS TRUE, IS FALSE or NOT EXISTS after a selector",
        )),
    }
}

fn unexpected(scanner: &Scanner<'_>, expected: &str) -> String {
    match scanner.peek() {
        Some(found) => format!("The filter pattern has '{found}' where {expected} should be."),
        None => format!("The filter pattern ends where {expected} should be."),
    }
}
