//! The form and the schema know the same keys, defaults and words.

use std::collections::BTreeMap;

use everlit::settings::form::{Field, Kind, PAGE, REPORT, SECTIONS};
use serde_json::Value;

use crate::schema::tables;

/// Every field of the form by its dotted key; entries of the playlist stand for the list.
fn fields() -> BTreeMap<String, &'static Field> {
    let of_entries = REPORT
        .iter()
        .chain(PAGE)
        .map(|field| (format!("playlist.{}", field.key), field));
    let of_sections = SECTIONS.iter().flat_map(|section| {
        let fields = section.fields.iter();
        fields.map(|field| (format!("{}.{}", section.key, field.key), field))
    });
    of_sections.chain(of_entries).collect()
}

/// Every key of the schema that is no table.
fn properties() -> BTreeMap<String, Value> {
    let tables = tables();
    let mut all = BTreeMap::new();
    for (path, table) in &tables {
        for (key, property) in table["properties"].as_object().expect("a table has keys") {
            let key = format!("{path}.{key}").trim_start_matches('.').to_owned();
            if !tables.contains_key(&key) {
                all.insert(key, property.clone());
            }
        }
    }
    all
}

/// As one would type it.
fn typed(default: &Value) -> String {
    match default {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(typed).collect::<Vec<_>>().join("\n"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => default.to_string(),
    }
}

#[test]
fn the_form_has_exactly_the_keys_of_the_schema() {
    let of_form: Vec<_> = fields().into_keys().collect();
    let of_schema: Vec<_> = properties().into_keys().collect();
    assert_eq!(of_form, of_schema);
}

#[test]
fn the_form_has_the_defaults_and_the_words_of_the_schema() {
    let properties = properties();
    for (key, field) in fields() {
        let property = &properties[&key];
        let default = property.get("default").map(typed);
        assert_eq!(field.default, default.as_deref(), "{key}");
        let words = property.get("enum").and_then(Value::as_array);
        let words = words.map(|words| words.iter().map(typed).collect::<Vec<_>>());
        let offered = match field.kind {
            Kind::Choice(words) => Some(words.iter().map(|word| (*word).to_owned()).collect()),
            Kind::Text
            | Kind::Duration
            | Kind::Number
            | Kind::Flag
            | Kind::List
            | Kind::ListOrText
            | Kind::Secret => None,
        };
        assert_eq!(offered, words, "{key}");
    }
}

#[test]
fn the_form_has_the_kinds_of_the_schema() {
    let properties = properties();
    for (key, field) in fields() {
        let property = &properties[&key];
        let is = |kind: &str| property["type"] == kind;
        let fits = match field.kind {
            Kind::Text => is("string"),
            Kind::Duration => is("string") && property["pattern"].to_string().contains("[0-9.]"),
            Kind::Secret => is("string") && property["pattern"].to_string().contains("{1,255}"),
            Kind::Number => is("number"),
            Kind::Flag => is("boolean"),
            Kind::List => is("array"),
            Kind::Choice(_) => property.get("enum").is_some(),
            Kind::ListOrText => property.get("anyOf").is_some(),
        };
        assert!(fits, "{key}: {:?} is {property}", field.kind);
    }
}

#[test]
fn a_key_that_a_table_needs_is_required_on_the_page() {
    let tables = tables();
    for (key, field) in fields() {
        let (table, last) = key.rsplit_once('.').unwrap();
        let required = tables[table].get("required").and_then(Value::as_array);
        let is_needed = required.is_some_and(|keys| keys.iter().any(|key| key == last));
        // An identity is optional as a whole, and an entry is a report or a page.
        if !matches!(table, "playlist" | "playlist.identity") {
            assert_eq!(field.is_required, is_needed, "{key}");
        }
    }
}

#[test]
fn every_field_says_what_it_is_for_in_a_sentence() {
    for (key, field) in fields() {
        assert!(
            field.help.ends_with('.') && field.help.len() > 20,
            "{key}: {}",
            field.help
        );
        assert!(
            field.label.starts_with(char::is_uppercase),
            "{key}: {}",
            field.label
        );
    }
}
