//! What holds of tokens of sessions, whatever they are.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::seal::SessionSecret;
use crate::limits::SESSION_TOKEN_BYTES_MAX;

/// The id of a key in a line, and a token: it opens nothing. The same text sealed is opened under its own id, and not
/// where one of its bytes is another, or under another id.
pub(crate) fn token(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (id, text) = text.split_once('\n').unwrap_or(("", &text));
    let secret = SessionSecret::new([7; 32]);
    assert!(secret.open(id, text).is_none(), "an input was opened");
    let sealed = secret.seal(id, text);
    let sealed = sealed.revealed();
    let opened = secret.open(id, sealed);
    let expected = (sealed.len() <= SESSION_TOKEN_BYTES_MAX).then_some(text);
    assert_eq!(opened.as_ref().map(|opened| opened.as_str()), expected);
    assert!(secret.open(&format!("{id}x"), sealed).is_none());
    let mut bytes = BASE64_STANDARD.decode(sealed).expect("it is base64");
    let at = text.len() % bytes.len();
    bytes[at] ^= 1;
    assert!(secret.open(id, &BASE64_STANDARD.encode(bytes)).is_none());
}
