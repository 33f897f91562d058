//! Checks of single values: each gives the checked value, or reports what is wrong and gives none.

use std::{
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

use toml::de::DeValue;

use super::{SecretRef, duration, secret, table, value::Value};

const UUID: &str = "write it as in \"7f1d3c5a-0b2e-4c6d-8e9f-a1b2c3d4e5f6\"";
const SECRET: &str = "write the name of a systemd credential, such as \"powerbi-secret\", \
     or the absolute path of a file that holds the secret";
const PATH: &str = "write an absolute path, such as \"/etc/everlit/company.pem\"";

/// A text that is not empty, has at most `most` characters and stands on one line.
pub(super) fn text_up_to(most: usize) -> impl Fn(&Value<'_>) -> Option<String> {
    move |value| {
        let remedy = format!("write a text of 1 to {most} characters");
        let text = text(value, &remedy)?;
        if text.trim().is_empty() {
            value.wrong("is empty", &remedy);
        } else if text.chars().count() > most {
            value.wrong("is too long", &remedy);
        } else if text.contains(char::is_control) {
            value.wrong("has a line break or another control character", &remedy);
        } else {
            return Some(text.to_owned());
        }
        None
    }
}

/// A role of a data set; Power BI separates them by commas.
pub(super) fn role(value: &Value<'_>) -> Option<String> {
    let role = text_up_to(50)(value)?;
    if role.contains(',') {
        value.wrong("has a comma", "write each role as a text of its own");
        return None;
    }
    Some(role)
}

pub(super) fn flag(value: &Value<'_>) -> Option<bool> {
    let flag = value.toml().as_bool();
    if flag.is_none() {
        value.wrong_kind("true or false", "write true or false, without quotes");
    }
    flag
}

/// One of a closed set of words.
pub(super) fn one_of<T: Copy, const N: usize>(
    words: [(&'static str, T); N],
) -> impl Fn(&Value<'_>) -> Option<T> {
    move |value| {
        let all = words.map(|(word, _)| format!("\"{word}\"")).join(", ");
        let remedy = format!("write one of {all}");
        let text = text(value, &remedy)?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            match table::nearest(text, words.map(|(word, _)| word)) {
                Some(word) => value.wrong("is no known word", &format!("did you mean \"{word}\"?")),
                None => value.wrong("is no known word", &remedy),
            }
        }
        found.map(|(_, meaning)| *meaning)
    }
}

/// A number within limits.
pub(super) fn number_within(limits: RangeInclusive<f64>) -> impl Fn(&Value<'_>) -> Option<f64> {
    move |value| {
        let remedy = format!("write a number from {} to {}", limits.start(), limits.end());
        let Some(number) = number(value.toml()) else {
            value.wrong_kind("a number", &remedy);
            return None;
        };
        if !limits.contains(&number) {
            value.wrong("is out of range", &remedy);
            return None;
        }
        Some(number)
    }
}

/// A duration within limits, written as text.
pub(super) fn within(
    shortest: Duration,
    longest: Duration,
) -> impl Fn(&Value<'_>) -> Option<Duration> {
    move |value| {
        if number(value.toml()).is_some() {
            value.wrong("has no unit", &with_units(value.toml()));
            return None;
        }
        let example = "write a duration such as \"5 s\", \"40 min\" or \"1 h 30 min\"";
        let Some(duration) = duration::parse(text(value, example)?) else {
            value.wrong("is no duration", example);
            return None;
        };
        let (from, to) = (duration::spell(shortest), duration::spell(longest));
        let remedy = format!("write a duration from \"{from}\" to \"{to}\"");
        if duration < shortest {
            value.wrong("is too short", &remedy);
        } else if duration > longest {
            value.wrong("is too long", &remedy);
        } else {
            return Some(duration);
        }
        None
    }
}

pub(super) fn uuid(value: &Value<'_>) -> Option<String> {
    let text = text(value, UUID)?;
    if !is_uuid(text) {
        value.wrong("is no UUID", UUID);
        return None;
    }
    Some(text.to_owned())
}

/// Where a secret is kept.
pub(super) fn secret_ref(value: &Value<'_>) -> Option<SecretRef> {
    let text = text(value, SECRET)?;
    if secret::looks_like_one(text) {
        value.wrong("looks like the secret itself", SECRET);
        return None;
    }
    let reference = secret::reference(text);
    if reference.is_none() {
        value.wrong(
            "is neither a credential's name nor an absolute path",
            SECRET,
        );
    }
    reference
}

/// The scope of an Entra token for an application.
pub(super) fn scope(value: &Value<'_>) -> Option<String> {
    let scope = text_up_to(500)(value)?;
    if !scope.ends_with("/.default") {
        let remedy = "write one such as \"https://analysis.windows.net/powerbi/api/.default\"";
        value.wrong("does not end with /.default", remedy);
        return None;
    }
    Some(scope)
}

pub(super) fn absolute_paths(value: &Value<'_>) -> Option<Vec<PathBuf>> {
    list_of(value, PATH, absolute_path)
}

pub(super) fn absolute_path(value: &Value<'_>) -> Option<PathBuf> {
    let path = Path::new(text(value, PATH)?);
    if !path.is_absolute() {
        value.wrong("is no absolute path", PATH);
        return None;
    }
    Some(path.to_owned())
}

/// A list whose items all pass the check; the problems of every item are reported.
pub(super) fn list_of<'d, T>(
    value: &Value<'d>,
    remedy: &str,
    check: impl Fn(&Value<'d>) -> Option<T>,
) -> Option<Vec<T>> {
    let items = value.items(remedy)?;
    let checked: Vec<_> = items.iter().map(check).collect();
    checked.into_iter().collect()
}

pub(super) fn text<'d>(value: &Value<'d>, remedy: &str) -> Option<&'d str> {
    let text = value.toml().as_str();
    if text.is_none() {
        value.wrong_kind("a text", remedy);
    }
    text
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    let integer = value
        .as_integer()
        .and_then(|i| i64::from_str_radix(i.as_str(), i.radix()).ok());
    let float = value.as_float().and_then(|f| f.as_str().parse().ok());
    #[expect(clippy::cast_precision_loss, reason = "limits are far below 2^52")]
    integer.map(|i| i as f64).or(float)
}

/// What a bare number was probably meant to be. Long numbers are not repeated.
fn with_units(value: &DeValue<'_>) -> String {
    let digits = value.as_integer().map_or("", |integer| integer.as_str());
    match digits.len() {
        1..=6 => format!("write \"{digits} s\" or \"{digits} min\""),
        _ => "write it as text with a unit, such as \"5 s\" or \"40 min\"".to_owned(),
    }
}

pub(super) fn is_uuid(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').map(str::len).collect();
    let is_digit = |b: u8| b.is_ascii_hexdigit() || b == b'-';
    groups == [8, 4, 4, 4, 12] && text.bytes().all(is_digit)
}
