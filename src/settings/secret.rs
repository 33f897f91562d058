//! Tells a secret from the name of a place that holds one.

use std::path::Path;

use super::SecretRef;

/// A reference to a secret, or `None` when the text is neither a name nor an absolute path.
pub(super) fn reference(text: &str) -> Option<SecretRef> {
    if Path::new(text).is_absolute() && !text.contains(char::is_control) {
        return Some(SecretRef::File(text.into()));
    }
    is_credential_name(text).then(|| SecretRef::Credential(text.to_owned()))
}

/// Whether a text is more likely the secret itself than something that a person named.
///
/// Random text changes between lower case, upper case and digits all the time; names do not.
pub(super) fn looks_like_one(text: &str) -> bool {
    if text.contains("-----BEGIN") {
        return true;
    }
    if is_long_path(text) {
        return false;
    }
    let is_entra_like = text.contains('~') && !text.starts_with("~/") && text.len() >= 30;
    is_entra_like || (text.len() >= 20 && changes(text) * 4 > text.len())
}

/// A single leading slash may be the start of a base64 text; more than one is a path.
fn is_long_path(text: &str) -> bool {
    text.starts_with('/') && text.matches('/').count() > 1
}

/// Whether systemd takes it as a credential's name.
#[must_use]
pub fn is_credential_name(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && !matches!(text, "." | "..")
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

fn changes(text: &str) -> usize {
    let kinds: Vec<_> = text.chars().filter_map(kind).collect();
    kinds.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

#[derive(PartialEq)]
enum Kind {
    Lower,
    Upper,
    Digit,
}

fn kind(c: char) -> Option<Kind> {
    match c {
        'a'..='z' => Some(Kind::Lower),
        'A'..='Z' => Some(Kind::Upper),
        '0'..='9' => Some(Kind::Digit),
        _ => None,
    }
}
