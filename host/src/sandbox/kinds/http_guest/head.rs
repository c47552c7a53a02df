//! Status and headers of a guest's response.

use http::header::{CONTENT_LENGTH, DATE, TRAILER};
use http::response::Parts;

use crate::domain::WebHead;
use crate::domain::web::OF_CONNECTION;

/// The head of a response, without the headers that whoever sends it writes for the connection that it has; only
/// the guest knows which trailers it means to send. Its size needs no bound of its own: the engine has bounded the
/// headers that a guest may set.
///
/// # Errors
/// With what is wrong with it, in a sentence.
pub(super) fn of(parts: Parts) -> Result<WebHead, String> {
    let (status, mut headers) = (parts.status, parts.headers);
    if !(200..600).contains(&status.as_u16()) {
        return Err(format!(
            "The guest answered with status {}. The status of a response is a number from 200 to 599.",
            status.as_u16()
        ));
    }
    for name in OF_CONNECTION.iter().chain(&[CONTENT_LENGTH, DATE]) {
        if *name != TRAILER {
            headers.remove(name);
        }
    }
    Ok(WebHead { status, headers })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Response;

    fn parts(status: u16, headers: &[(&'static str, &[u8])]) -> Parts {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        response.body(()).expect("a response").into_parts().0
    }

    #[test]
    fn a_head_has_what_the_guest_said_as_it_said_it() {
        let headers: &[(&str, &[u8])] = &[
            ("set-cookie", b"a=1"),
            ("vary", b"x"),
            ("set-cookie", b"b=2"),
            ("vary", b"y"),
            ("content-length", b"7"),
            ("date", b"today"),
            ("trailer", b"x"),
            ("te", b"trailers"),
            ("x-bytes", b"\x80\xff"),
        ];
        let head = of(parts(201, headers)).expect("a head");
        assert_eq!(head.status, 201);
        let all = |name: &str| -> Vec<&[u8]> {
            let values = head.headers.get_all(name).iter();
            values.map(|value| value.as_bytes()).collect()
        };
        assert_eq!(all("set-cookie"), [b"a=1", b"b=2"]);
        assert_eq!(all("vary"), [b"x", b"y"]);
        assert_eq!(all("x-bytes"), [b"\x80\xff"]);
        assert_eq!(all("trailer"), [b"x"]);
        assert_eq!(head.headers.keys_len(), 4);
    }

    #[test]
    fn a_status_that_ends_no_exchange_is_refused() {
        for status in [100, 103, 199, 600, 999] {
            let reason = of(parts(status, &[])).expect_err("no status");
            assert!(reason.contains(&format!("status {status}.")), "{reason}");
        }
    }
}
