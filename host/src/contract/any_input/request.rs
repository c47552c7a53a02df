//! A request as text, such as people write it.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};

/// The request that `data` spells: a method and a target, a line for each header, an empty line, the body. `None` where
/// the types of HTTP have no such request, so that a server never sees it either.
pub fn request_of(data: &[u8]) -> Option<Request<Bytes>> {
    let (head, body) = match data.windows(2).position(|pair| pair == b"\n\n") {
        Some(end) => (&data[..end], &data[end + 2..]),
        None => (data, &b""[..]),
    };
    let mut lines = head.split(|byte| *byte == b'\n');
    let (method, target) = parted(lines.next()?, b' ')?;
    let mut request = Request::new(Bytes::copy_from_slice(body));
    *request.method_mut() = Method::from_bytes(method).ok()?;
    *request.uri_mut() = Uri::try_from(target).ok()?;
    for line in lines {
        let (name, value) = parted(line, b':')?;
        let name = HeaderName::from_bytes(name).ok()?;
        let value = HeaderValue::from_bytes(value.trim_ascii()).ok()?;
        request.headers_mut().append(name, value);
    }
    Some(request)
}

fn parted(line: &[u8], between: u8) -> Option<(&[u8], &[u8])> {
    let at = line.iter().position(|byte| *byte == between)?;
    Some((&line[..at], &line[at + 1..]))
}
