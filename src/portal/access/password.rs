//! The admin password: whether it is fit, and its slow hash.

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use secrecy::{ExposeSecret as _, SecretString};

use super::random;

const SHORTEST: usize = 10;
/// Bytes; a longer one would only cost time.
const LONGEST: usize = 256;

/// OWASP's least for argon2id: 19 MiB and two passes, some 50 ms on a small board.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// Why a password cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("the password is too short; use at least 10 characters")]
    TooShort,
    #[error("the password is too long; use at most 256 bytes")]
    TooLong,
    #[error("the password repeats one character; use several words")]
    Trivial,
}

pub(super) fn judge(password: &SecretString) -> Result<(), Unfit> {
    let password = password.expose_secret();
    let mut letters = password.chars();
    let first = letters.next();
    if password.chars().count() < SHORTEST {
        Err(Unfit::TooShort)
    } else if password.len() > LONGEST {
        Err(Unfit::TooLong)
    } else if letters.all(|letter| Some(letter) == first) {
        Err(Unfit::Trivial)
    } else {
        Ok(())
    }
}

/// Takes some 50 ms of a core: not for the daemon's one loop. `None` when the machine has not the
/// memory for it.
pub(super) fn hash(password: &SecretString) -> Option<String> {
    let salt = random::bytes::<16>();
    let password = password.expose_secret().as_bytes();
    let hash = hasher().hash_password_with_salt(password, &salt);
    Some(hash.ok()?.to_string())
}

/// As slow as [`hash`]. A hash that cannot be read fits no password.
pub(super) fn fits(password: &SecretString, hash: &str) -> bool {
    let password = password.expose_secret().as_bytes();
    password.len() <= LONGEST && hasher().verify_password(password, hash).is_ok()
}

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_fits() {
        let password = SecretString::from("correct horse battery");
        let hash = hash(&password).unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(fits(&password, &hash));
        assert!(!fits(&"correct horse batterz".into(), &hash));
        assert!(!fits(&"".into(), &hash));
        assert!(!fits(&password, "damaged"));
        assert_ne!(
            super::hash(&password).unwrap(),
            hash,
            "each has its own salt"
        );
    }

    #[test]
    fn a_password_has_to_be_worth_its_name() {
        for (password, verdict) in [
            ("short", Err(Unfit::TooShort)),
            ("aaaaaaaaaaaa", Err(Unfit::Trivial)),
            ("äöüäöüäöüä", Ok(())),
        ] {
            assert_eq!(judge(&password.into()), verdict);
        }
        assert_eq!(judge(&"ab".repeat(200).into()), Err(Unfit::TooLong));
    }
}
