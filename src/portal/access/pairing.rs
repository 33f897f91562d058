//! The one-time code on the device's own screen: whoever reads it stands in front of it.

use secrecy::{ExposeSecret as _, SecretString};

use super::random;

/// Letters and digits that nobody takes for another one.
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const LENGTH: usize = 8;
/// After so many wrong tries the screen shows another code.
const TRIES: u32 = 5;

/// A code of 40 random bits, and how often somebody guessed it wrongly.
#[derive(Debug, Clone)]
pub(super) struct Pairing {
    code: SecretString,
    wrong: u32,
}

/// What a try did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Try {
    Right,
    Wrong,
    /// The last wrong one: there is a new code.
    Renewed,
}

impl Pairing {
    pub(super) fn new() -> Self {
        let letter = |byte: u8| char::from(LETTERS[usize::from(byte) % LETTERS.len()]);
        let code: String = random::bytes::<LENGTH>().map(letter).iter().collect();
        Self {
            code: code.into(),
            wrong: 0,
        }
    }

    /// The code as people read it, in two groups.
    pub(super) fn spoken(&self) -> SecretString {
        let (first, second) = self.code.expose_secret().split_at(LENGTH / 2);
        format!("{first}-{second}").into()
    }

    /// Compares what somebody typed; case, spaces and dashes do not count.
    pub(super) fn try_code(&mut self, typed: &str) -> Try {
        let plain: String = typed
            .chars()
            .filter(|letter| letter.is_alphanumeric())
            .map(|letter| letter.to_ascii_uppercase())
            .collect();
        // By fingerprint, so that the time taken tells nothing.
        if random::fingerprint(&plain) == random::fingerprint(self.code.expose_secret()) {
            return Try::Right;
        }
        self.wrong += 1;
        if self.wrong < TRIES {
            return Try::Wrong;
        }
        *self = Self::new();
        Try::Renewed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_taken_however_it_is_typed() {
        let mut pairing = Pairing::new();
        let code = pairing.spoken().expose_secret().to_owned();
        assert_eq!(code.len(), LENGTH + 1);
        let typed = code.to_lowercase().replace('-', " ");
        for typed in [code.as_str(), &format!(" {typed} ")] {
            assert_eq!(pairing.try_code(typed), Try::Right);
        }
    }

    #[test]
    fn five_wrong_tries_cost_the_code() {
        let mut pairing = Pairing::new();
        let first = pairing.spoken();
        for _ in 1..TRIES {
            assert_eq!(pairing.try_code("AAAA-AAAA"), Try::Wrong);
        }
        assert_eq!(pairing.try_code(""), Try::Renewed);
        assert_ne!(pairing.spoken().expose_secret(), first.expose_secret());
        assert_ne!(pairing.try_code(first.expose_secret()), Try::Right);
    }

    #[test]
    fn a_debug_text_does_not_tell_the_code() {
        let pairing = Pairing::new();
        assert!(!format!("{pairing:?}").contains(pairing.code.expose_secret()));
    }
}
