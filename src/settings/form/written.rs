//! How what people type stands in the file, and how what stands there is shown to them.

use toml_edit::Value;

use super::{
    super::secret,
    field::Kind,
    place::{Found, Map, Node},
};

/// What somebody typed, as TOML of the kind that the reader wants. What does not fit becomes a
/// text, so that the reader complains about this key.
pub(super) fn toml(kind: Kind, typed: &str) -> String {
    let is_verbatim = match kind {
        Kind::Number => is_number(typed),
        Kind::Flag => matches!(typed, "true" | "false"),
        Kind::Choice(words) => words.contains(&typed) && is_number(typed),
        Kind::List | Kind::ListOrText => return list(&items(typed)),
        Kind::Text | Kind::Duration | Kind::Secret => false,
    };
    if is_verbatim {
        typed.to_owned()
    } else {
        quoted(typed)
    }
}

/// What somebody typed without what browsers and pasting add.
pub(super) fn normal(kind: Kind, typed: &str) -> String {
    match kind {
        Kind::List | Kind::ListOrText => items(typed).join("\n"),
        Kind::Text
        | Kind::Duration
        | Kind::Number
        | Kind::Flag
        | Kind::Choice(_)
        | Kind::Secret => typed.trim().replace("\r\n", "\n"),
    }
}

/// What a field shows once this was typed into it.
pub(super) fn seen(kind: Kind, typed: &str) -> String {
    match kind {
        Kind::Secret => reference(typed),
        Kind::List
        | Kind::ListOrText
        | Kind::Text
        | Kind::Duration
        | Kind::Number
        | Kind::Flag
        | Kind::Choice(_) => typed.to_owned(),
    }
}

/// The items of a list that is typed one a line.
pub(super) fn items(typed: &str) -> Vec<&str> {
    let lines = typed.lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).collect()
}

fn list(items: &[&str]) -> String {
    let items: Vec<_> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}

pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn is_number(text: &str) -> bool {
    matches!(text.parse(), Ok(Value::Integer(_) | Value::Float(_)))
}

/// What a field shows. A secret that somebody wrote in place of a reference is never shown.
pub(super) fn shown(kind: Kind, map: &Map<'_>, found: Found<'_>) -> String {
    let Node::Value(value) = found.node else {
        return String::new();
    };
    let raw = map.slice(found.range().unwrap_or_default());
    match (kind, value) {
        (Kind::Secret, Value::String(text)) => reference(text.value()),
        (Kind::Secret, _) => String::new(),
        (Kind::List | Kind::ListOrText, Value::Array(_)) => shown_items(map, value).join("\n"),
        (Kind::List, _) => raw.to_owned(),
        // In quotes where the same words without them would not be a text.
        (kind, Value::String(text)) if toml(kind, text.value()).starts_with(['"', '[']) => {
            text.value().clone()
        }
        (_, _) => raw.to_owned(),
    }
}

/// The items of a list as they are shown, one by one.
pub(super) fn shown_items(map: &Map<'_>, value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items
        .map(|item| match item.as_str() {
            Some(text) => text.to_owned(),
            None => map.slice(item.span().unwrap_or_default()).to_owned(),
        })
        .collect()
}

fn reference(text: &str) -> String {
    let is_shown = !secret::looks_like_one(text) && secret::reference(text).is_some();
    if is_shown {
        text.to_owned()
    } else {
        String::new()
    }
}
