//! Bytes in hexadecimal digits.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Two digits in lower case for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| pair(*byte));
    digits.map(char::from).collect()
}

/// The same into room that is there already, for as many bytes as it has room for.
pub(crate) fn write_hex(digits: &mut [u8], bytes: &[u8]) {
    for (room, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        room.copy_from_slice(&pair(*byte));
    }
}

/// The bytes that so many digits stand for, in either case; `None` where a text is anything else.
pub(crate) fn parse_hex<const BYTES: usize>(text: &str) -> Option<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    if !is_hex(text, 2 * BYTES) {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// Whether a text is so many digits, in either case.
pub(crate) fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn pair(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_is_two_digits() {
        assert_eq!(hex(&[0, 7, 0xa5, 0xff]), "0007a5ff");
        let mut room = *b"......";
        write_hex(&mut room, &[0x1c, 0xd0]);
        assert_eq!(&room, b"1cd0..");
    }

    #[test]
    fn digits_are_read_in_either_case_and_nothing_else_is() {
        assert_eq!(parse_hex("00A5fe"), Some([0, 0xa5, 0xfe]));
        for wrong in ["", "00a5f", "00a5fe0", "00a5fg", "+0a5fe", "é0a5f"] {
            assert_eq!(parse_hex::<3>(wrong), None, "{wrong}");
        }
    }
}
