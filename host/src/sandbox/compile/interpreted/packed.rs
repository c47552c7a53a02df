//! States as they are kept: what differs from the memory that the interpreter itself starts from, compressed.
//!
//! A packed state is read as a stranger's: it came of what a function did to its memory.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use super::state::State;
use crate::domain::Digest;
use crate::limits;

/// The beginning of every packed state.
const BEGIN: &[u8; 16] = b"sparkler state 1";

/// What is compared with what there was.
const PIECE_BYTES: usize = 4096;

/// The end of the pieces.
const NO_PIECE: u32 = u32::MAX;

/// Which interpreter a packed state is of, and how large its memory is.
struct Head {
    interpreter: Digest,
    bytes: u64,
}

/// Packs `state`, which came of `base`, the memory of `interpreter`.
pub(super) fn pack(interpreter: Digest, base: &State, state: &State) -> io::Result<Vec<u8>> {
    let mut packed = BEGIN.to_vec();
    packed.extend_from_slice(&interpreter.0);
    packed.extend_from_slice(&(state.bytes().len() as u64).to_le_bytes());
    let mut encoder = ZlibEncoder::new(packed, Compression::fast());
    let mut before = base.bytes().chunks(PIECE_BYTES);
    let nothing = [0; PIECE_BYTES];
    for (number, piece) in (0_u32..).zip(state.bytes().chunks(PIECE_BYTES)) {
        let was = before.next().unwrap_or(&nothing);
        if piece != was {
            encoder.write_all(&number.to_le_bytes())?;
            encoder.write_all(&difference(piece, was))?;
        }
    }
    encoder.write_all(&NO_PIECE.to_le_bytes())?;
    encoder.finish()
}

/// The state that was packed.
///
/// # Errors
/// Where it is damaged, or of another interpreter.
pub(super) fn unpack(packed: &[u8], interpreter: Digest, base: &State) -> Result<State, String> {
    let (head, pieces) = head(packed).ok_or("it does not begin as one does")?;
    if head.interpreter != interpreter {
        return Err(format!(
            "it is of another interpreter, {}",
            head.interpreter
        ));
    }
    let mut state = State::empty(head.bytes.min(limits::SNAPSHOT_MEMORY_BYTES_MAX + 1))?;
    let common = base.bytes().len().min(state.bytes().len());
    state.bytes_mut()[..common].copy_from_slice(&base.bytes()[..common]);
    let mut decoder = ZlibDecoder::new(pieces);
    let damaged = |error: io::Error| error.to_string();
    let mut difference = [0; PIECE_BYTES];
    loop {
        let mut number = [0; 4];
        decoder.read_exact(&mut number).map_err(damaged)?;
        let number = u32::from_le_bytes(number);
        if number == NO_PIECE {
            // What is read behind the last piece is the checksum of all.
            return match decoder.read(&mut [0]).map_err(damaged)? {
                0 => Ok(state),
                _ => Err("more follows on it than its pieces".into()),
            };
        }
        decoder.read_exact(&mut difference).map_err(damaged)?;
        let start = usize::try_from(number)
            .unwrap_or(usize::MAX)
            .saturating_mul(PIECE_BYTES);
        let piece = state
            .bytes_mut()
            .get_mut(start..)
            .and_then(|rest| rest.get_mut(..PIECE_BYTES));
        let piece = piece.ok_or("it changes what is beyond its memory")?;
        piece
            .iter_mut()
            .zip(&difference)
            .for_each(|(byte, other)| *byte ^= other);
    }
}

fn head(packed: &[u8]) -> Option<(Head, &[u8])> {
    let rest = packed.strip_prefix(BEGIN)?;
    let (interpreter, rest) = rest.split_first_chunk()?;
    let (bytes, rest) = rest.split_first_chunk()?;
    let head = Head {
        interpreter: Digest(*interpreter),
        bytes: u64::from_le_bytes(*bytes),
    };
    Some((head, rest))
}

/// Mostly zeros, since most of a piece is as it was.
fn difference(piece: &[u8], was: &[u8]) -> [u8; PIECE_BYTES] {
    let mut difference = [0; PIECE_BYTES];
    let bytes = difference.iter_mut().zip(piece.iter().zip(was));
    bytes.for_each(|(byte, (is, was))| *byte = is ^ was);
    difference
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 64 * 1024;

    fn state(pages: usize, places: &[(usize, u8)]) -> State {
        let mut memory = vec![0; pages * PAGE];
        for (place, byte) in places {
            memory[*place] = *byte;
        }
        State::of(memory).expect("whole pages")
    }

    #[test]
    fn a_state_is_what_it_was_before_it_was_packed() {
        let interpreter = Digest::of(b"an interpreter");
        let base = state(2, &[(7, 1), (PAGE, 2)]);
        for changed in [
            base.clone(),
            state(2, &[(7, 9), (2 * PAGE - 1, 3)]),
            state(4, &[(4 * PAGE - 1, 5)]),
        ] {
            let packed = pack(interpreter, &base, &changed).expect("packed");
            assert!(packed.len() < 1_000, "{}", packed.len());
            assert_eq!(unpack(&packed, interpreter, &base).expect("sound"), changed);
        }
    }

    #[test]
    fn what_is_damaged_or_of_another_interpreter_is_refused_and_takes_no_more_than_it_may() {
        let interpreter = Digest::of(b"an interpreter");
        let (base, changed) = (state(1, &[(7, 1)]), state(1, &[(8, 1)]));
        let packed = pack(interpreter, &base, &changed).expect("packed");
        assert!(unpack(&packed, Digest::of(b"another"), &base).is_err());
        for length in 0..packed.len() {
            assert!(
                unpack(&packed[..length], interpreter, &base).is_err(),
                "{length}"
            );
        }
        let mut endless = packed.clone();
        endless[BEGIN.len() + 32..][..8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(unpack(&endless, interpreter, &base).is_err());
        // The number of a piece that no memory of this size has.
        let mut beyond = packed[..BEGIN.len() + 40].to_vec();
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&16_u32.to_le_bytes()).expect("room");
        encoder.write_all(&[1; PIECE_BYTES]).expect("room");
        encoder.write_all(&NO_PIECE.to_le_bytes()).expect("room");
        beyond.extend(encoder.finish().expect("room"));
        let refused = unpack(&beyond, interpreter, &base).expect_err("beyond its memory");
        assert!(refused.contains("beyond"), "{refused}");
    }
}
