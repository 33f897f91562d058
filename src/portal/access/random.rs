//! Words that nobody guesses, and their fingerprints.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
};

/// What is kept of a word: 32 bytes that do not tell it.
pub(super) type Fingerprint = [u8; 32];

/// 256 random bits in 43 letters that may stand in a header, a cookie or a form.
pub(super) fn word() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// # Panics
///
/// When the kernel has no randomness to give, which it always has once it has booted.
pub(super) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let filled = SystemRandom::new().fill(&mut bytes);
    assert!(filled.is_ok(), "the kernel gives no random bytes");
    bytes
}

/// A word of 256 bits needs no slow hash: nobody tries them all. Words are looked up by it, so the
/// time of a comparison tells nothing about them.
pub(super) fn fingerprint(word: &str) -> Fingerprint {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, word.as_bytes()).as_ref());
    bytes
}
