//! Reads JSON to its end, once, and keeps nothing of it but what is open.

use super::open::{Holder, Open};

/// Longest word that is looked at: all that JSON has are shorter.
const WORD_BYTES_MAX: usize = 64;

/// The first thing that is wrong with a text, and the byte that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Defect {
    pub(super) offset: usize,
    pub(super) kind: Kind,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The text ends where more has to come.
    End,
    /// A word begins there that is none of JSON's.
    Word,
    /// A character stands where another has to.
    Character(Expected),
    /// A control character in a string.
    Control,
    /// A backslash before what needs none.
    Escape,
    /// A list or an object begins there inside of too many others.
    Nesting,
    /// Bytes that are no character.
    Encoding,
}

/// What has to stand where something else does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Value,
    Name,
    Colon,
    ObjectComma,
    ArrayComma,
    HexDigit,
    /// There is one value, and there may be nothing behind it.
    Nothing,
}

/// Reads all of `text`.
///
/// # Errors
/// With what is wrong first.
pub(super) fn scan(text: &[u8]) -> Result<(), Defect> {
    let mut scanner = Scanner {
        text,
        at: 0,
        not_ascii: 0,
        open: Open::default(),
    };
    let scanned = scanner.document();
    if scanned.is_ok() && scanner.not_ascii & HIGHEST_BITS == 0 {
        return Ok(());
    }
    // Inside strings, bytes were taken as they are.
    match (scanned, std::str::from_utf8(text)) {
        (scanned, Ok(_)) => scanned,
        // A character of which the end is missing is the end of the text.
        (Err(defect), Err(error))
            if error.error_len().is_none() || !is_before(error.valid_up_to(), text, defect) =>
        {
            Err(defect)
        }
        (_, Err(error)) => Err(Defect {
            offset: error.valid_up_to(),
            kind: Kind::Encoding,
        }),
    }
}

/// Whether what is at `offset` is met before the defect is: a word is read to its end.
fn is_before(offset: usize, text: &[u8], defect: Defect) -> bool {
    match defect.kind {
        Kind::Word => offset <= defect.offset + word_at(text, defect.offset).len(),
        _ => offset < defect.offset,
    }
}

/// The letters, digits and signs from `offset` on that make a word.
pub(super) fn word_at(text: &[u8], offset: usize) -> &[u8] {
    let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
    let rest = &text[offset..];
    let bytes = rest.iter().take(WORD_BYTES_MAX);
    &rest[..bytes.take_while(|byte| in_word(byte)).count()]
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    /// The bytes of all strings, on top of each other.
    not_ascii: u64,
    open: Open,
}

impl Scanner<'_> {
    fn document(&mut self) -> Result<(), Defect> {
        loop {
            if self.value()? && self.behind_value()? {
                return Ok(());
            }
        }
    }

    /// Takes a value, or the beginning of one that holds others. Says whether it is complete.
    fn value(&mut self) -> Result<bool, Defect> {
        match self.significant() {
            Some(b'"') => self.string()?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b'{') => return self.object(),
            Some(b'[') => return self.array(),
            Some(_) => self.word()?,
            None => return Err(self.unexpected(Expected::Value)),
        }
        Ok(true)
    }

    /// Takes what is behind a complete value, up to the next one. Says whether there is none.
    fn behind_value(&mut self) -> Result<bool, Defect> {
        loop {
            let next = self.significant();
            match (self.open.innermost(), next) {
                (None, None) => return Ok(true),
                (None, Some(_)) => return Err(self.unexpected(Expected::Nothing)),
                (Some(Holder::Object), Some(b'}')) | (Some(Holder::Array), Some(b']')) => {
                    self.at += 1;
                    self.open.leave();
                }
                (Some(Holder::Object), Some(b',')) => {
                    self.at += 1;
                    self.name()?;
                    return Ok(false);
                }
                (Some(Holder::Array), Some(b',')) => {
                    self.at += 1;
                    return Ok(false);
                }
                (Some(Holder::Object), _) => return Err(self.unexpected(Expected::ObjectComma)),
                (Some(Holder::Array), _) => return Err(self.unexpected(Expected::ArrayComma)),
            }
        }
    }

    fn object(&mut self) -> Result<bool, Defect> {
        self.enter(Holder::Object)?;
        let is_empty = self.significant() == Some(b'}');
        match is_empty {
            true => {
                self.at += 1;
                self.open.leave();
            }
            false => self.name()?,
        }
        Ok(is_empty)
    }

    fn array(&mut self) -> Result<bool, Defect> {
        self.enter(Holder::Array)?;
        let is_empty = self.significant() == Some(b']');
        if is_empty {
            self.at += 1;
            self.open.leave();
        }
        Ok(is_empty)
    }

    fn enter(&mut self, holder: Holder) -> Result<(), Defect> {
        match self.open.enter(holder) {
            true => {
                self.at += 1;
                Ok(())
            }
            false => Err(self.defect(Kind::Nesting)),
        }
    }

    /// Takes the name of a member and its colon.
    fn name(&mut self) -> Result<(), Defect> {
        match self.significant() {
            Some(b'"') => self.string()?,
            _ => return Err(self.unexpected(Expected::Name)),
        }
        match self.significant() {
            Some(b':') => {
                self.at += 1;
                Ok(())
            }
            _ => Err(self.unexpected(Expected::Colon)),
        }
    }

    /// Takes a string, at whose opening quote the scanner is.
    fn string(&mut self) -> Result<(), Defect> {
        self.at += 1;
        loop {
            self.skip_plain();
            match self.next() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(_) => return Err(self.defect(Kind::Control)),
                None => return Err(self.defect(Kind::End)),
            }
        }
    }

    /// Skips what stands for itself in a string, eight bytes at a time.
    fn skip_plain(&mut self) {
        while let Some(bytes) = self.text[self.at..].first_chunk() {
            let bytes = u64::from_le_bytes(*bytes);
            self.not_ascii |= bytes;
            let marks = marks(bytes);
            if marks != 0 {
                self.at += marks.trailing_zeros() as usize / 8;
                return;
            }
            self.at += 8;
        }
        while let Some(byte) = self.next()
            && !matches!(byte, b'"' | b'\\' | 0..0x20)
        {
            self.not_ascii |= u64::from(byte);
            self.at += 1;
        }
    }

    /// Takes a character that a backslash stands before.
    fn escape(&mut self) -> Result<(), Defect> {
        self.at += 1;
        match self.next() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    match self.next() {
                        Some(digit) if digit.is_ascii_hexdigit() => self.at += 1,
                        _ => return Err(self.unexpected(Expected::HexDigit)),
                    }
                }
            }
            Some(_) => return Err(self.defect(Kind::Escape)),
            None => return Err(self.defect(Kind::End)),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Defect> {
        self.take(b"-");
        match self.take(b"0") {
            true if self.next().is_some_and(|byte| byte.is_ascii_digit()) => {
                return Err(self.unexpected(Expected::Value));
            }
            true => (),
            false => self.digits()?,
        }
        if self.take(b".") {
            self.digits()?;
        }
        if self.take(b"eE") {
            self.take(b"+-");
            self.digits()?;
        }
        Ok(())
    }

    /// Takes digits, of which there has to be one.
    fn digits(&mut self) -> Result<(), Defect> {
        let start = self.at;
        while self.next().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        match self.at > start {
            true => Ok(()),
            false => Err(self.unexpected(Expected::Value)),
        }
    }

    fn word(&mut self) -> Result<(), Defect> {
        match word_at(self.text, self.at) {
            word @ (b"true" | b"false" | b"null") => {
                self.at += word.len();
                Ok(())
            }
            b"" => Err(self.unexpected(Expected::Value)),
            _ => Err(self.defect(Kind::Word)),
        }
    }

    /// Takes the next byte, if it is one of `bytes`.
    fn take(&mut self, bytes: &[u8]) -> bool {
        let is_there = self.next().is_some_and(|byte| bytes.contains(&byte));
        self.at += usize::from(is_there);
        is_there
    }

    /// The next byte that is no blank, which is not taken yet.
    fn significant(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.next() {
            self.at += 1;
        }
        self.next()
    }

    fn next(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn unexpected(&self, expected: Expected) -> Defect {
        self.defect(match self.next() {
            Some(_) => Kind::Character(expected),
            None => Kind::End,
        })
    }

    fn defect(&self, kind: Kind) -> Defect {
        Defect {
            offset: self.at,
            kind,
        }
    }
}

const LOWEST_BITS: u64 = u64::from_le_bytes([0x01; 8]);
const HIGHEST_BITS: u64 = u64::from_le_bytes([0x80; 8]);

/// A set highest bit in the first of eight bytes that is a quote, a backslash or a control character, if
/// one is, and nothing set in bytes before it.
fn marks(bytes: u64) -> u64 {
    // Subtracting borrows from a byte that is less than what is taken away, and sets its highest bit; a
    // borrow goes on only into later bytes.
    let are_less = |bytes: u64, than: u64| bytes.wrapping_sub(LOWEST_BITS * than) & !bytes;
    let are = |byte: u8| are_less(bytes ^ (LOWEST_BITS * u64::from(byte)), 1);
    (are_less(bytes, 0x20) | are(b'"') | are(b'\\')) & HIGHEST_BITS
}
