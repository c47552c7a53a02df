//! The tokens with which lists and logs are paged, opaque to clients.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::error::LogsError;
use crate::logs::{Direction, Position};

/// The token of the place in a log from which to go on this way: AWS's begin with `f/` and `b/`, too.
pub(super) fn of_position(direction: Direction, position: Position) -> String {
    match direction {
        Direction::Forward => format!("f/{position}"),
        Direction::Backward => format!("b/{position}"),
    }
}

/// Reads what [`of_position`] wrote.
pub(super) fn position(token: &str) -> Result<(Direction, Position), LogsError> {
    let (direction, place) = match token.split_once('/') {
        Some(("f", place)) => (Direction::Forward, place),
        Some(("b", place)) => (Direction::Backward, place),
        _ => return Err(invalid()),
    };
    let position = Position::parse(place).ok_or_else(invalid)?;
    Ok((direction, position))
}

/// The token of a page that ends with the item of this name.
pub(super) fn of_name(name: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(name)
}

/// Reads what [`of_name`] wrote.
pub(super) fn name(token: &str) -> Result<String, LogsError> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(invalid)
}

/// As AWS says it.
pub(super) fn invalid() -> LogsError {
    LogsError::invalid("The specified nextToken is invalid.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_another_is_refused() {
        let place = Position {
            segment: 1,
            offset: 2,
            line: 3,
        };
        for direction in [Direction::Forward, Direction::Backward] {
            let token = of_position(direction, place);
            assert_eq!(position(&token), Ok((direction, place)));
        }
        for text in ["", "f", "f/", "x/1.2.3", "1.2.3"] {
            assert!(position(text).is_err(), "{text}");
        }
        assert_eq!(
            name(&of_name("/aws/lambda/ü")).as_deref(),
            Ok("/aws/lambda/ü")
        );
        assert!(name("%").is_err());
    }
}
