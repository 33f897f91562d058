//! Reads text as desktops write it.

use std::borrow::Cow;

use secrecy::zeroize::Zeroizing;

/// The smallest piece of a disk that is written as a whole.
const SECTOR: usize = 512;

/// The text, with line ends and encoding as we write them; `None`: it is no text.
///
/// A byte-order mark tells UTF-16, which Windows calls Unicode.
pub(super) fn decode(bytes: &[u8]) -> Option<Zeroizing<String>> {
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => Cow::Borrowed(std::str::from_utf8(rest).ok()?),
        [0xFF, 0xFE, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)?),
        [0xFE, 0xFF, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)?),
        bytes => Cow::Borrowed(std::str::from_utf8(bytes).ok()?),
    };
    let text = Zeroizing::new(text.into_owned());
    Some(Zeroizing::new(text.replace("\r\n", "\n")))
}

/// Whether a file is what a wiping left of it that was cut short: at least one whole sector is
/// zeros, as no text has them.
pub(super) fn is_half_wiped(bytes: &[u8]) -> bool {
    let is_zero = |sector: &[u8]| sector.iter().all(|byte| *byte == 0);
    bytes.chunks(SECTOR).any(is_zero)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, []) = bytes.as_chunks::<2>() else {
        return None;
    };
    let units = pairs.iter().map(|pair| unit(*pair));
    char::decode_utf16(units).collect::<Result<_, _>>().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_comes_out_whoever_wrote_it() {
        let utf16: Vec<_> = "\u{feff}ä\r\nb\r\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for bytes in ["ä\nb\n".as_bytes(), "\u{feff}ä\r\nb\r\n".as_bytes(), &utf16] {
            assert_eq!(decode(bytes).unwrap().as_str(), "ä\nb\n");
        }
    }

    #[test]
    fn what_is_no_text_is_none() {
        for bytes in [&b"\xff\xfea"[..], b"\xff\xfe\x00\xd8", b"\x89PNG", b"\xe4"] {
            assert!(decode(bytes).is_none(), "{bytes:?}");
        }
    }

    #[test]
    fn a_sector_of_zeros_tells_a_wiping_that_was_cut_short() {
        let mut bytes = vec![b'x'; 2 * SECTOR + 10];
        assert!(!is_half_wiped(&bytes));
        bytes[SECTOR + 1..2 * SECTOR].fill(0);
        assert!(!is_half_wiped(&bytes));
        bytes[SECTOR] = 0;
        assert!(is_half_wiped(&bytes));
        assert!(is_half_wiped(&[0; 7]));
        assert!(!is_half_wiped(b"\xff\xfea\0"));
        assert!(!is_half_wiped(b""));
    }
}
