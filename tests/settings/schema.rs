//! The schema, the reader and the examples say the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use everlit::settings::{Settings, schema};
use serde_json::{Value, json};

use crate::{UUID, problems};

fn config() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config")
}

fn schema_value() -> Value {
    serde_json::from_str(&schema()).expect("the schema is JSON")
}

/// The schema of each table by its dotted path; an entry of a list stands for the list.
pub(crate) fn tables() -> BTreeMap<String, Value> {
    let mut tables = BTreeMap::new();
    let mut open = vec![(String::new(), schema_value())];
    while let Some((path, table)) = open.pop() {
        for (key, below) in properties(&table) {
            let below = below.get("items").unwrap_or(below);
            // A table with rules of its own is the only one of its choices.
            let below = below.pointer("/anyOf/0").unwrap_or(below);
            if below["type"] == "object" {
                open.push((join(&path, key), below.clone()));
            }
        }
        tables.insert(path, table);
    }
    tables
}

fn properties(table: &Value) -> &serde_json::Map<String, Value> {
    table["properties"].as_object().expect("it is a table")
}

fn join(path: &str, key: &str) -> String {
    format!("{path}.{key}").trim_start_matches('.').to_owned()
}

fn toml_of(value: &Value) -> String {
    toml::to_string(value).expect("it fits into TOML")
}

fn instance(text: &str) -> Value {
    toml::from_str(text).expect("it is TOML")
}

/// The example with everything that is commented out switched on.
fn full_example() -> String {
    let text = fs::read_to_string(config().join("settings.toml")).expect("there is an example");
    let is_toml = |line: &str| {
        let word = line.trim_start_matches('[').split([' ', '.', ']']).next();
        line.starts_with('[') || line.contains(" = ") && word.is_some_and(|w| !w.contains('"'))
    };
    let uncomment = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if is_toml(rest) => rest.to_owned(),
        Some(_) | None => line.to_owned(),
    };
    text.lines().map(uncomment).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_committed_schema_is_the_generated_one() {
    let path = config().join("settings.schema.json");
    if std::env::var_os("EVERLIT_BLESS").is_some() {
        fs::write(&path, schema()).expect("the schema can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == schema(),
        "config/settings.schema.json is not up to date: run the tests with EVERLIT_BLESS=1"
    );
}

#[test]
fn every_example_is_good_and_fits_the_schema() {
    let validator = jsonschema::validator_for(&schema_value()).expect("the schema is good");
    let mut examples = 0;
    for entry in fs::read_dir(config()).expect("there is a config folder") {
        let path = entry.expect("it can be listed").path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let text = fs::read_to_string(&path).expect("it can be read");
            Settings::parse(&text, &path).unwrap_or_else(|problems| panic!("{problems}"));
            let faults: Vec<_> = validator
                .iter_errors(&instance(&text))
                .map(|e| e.to_string())
                .collect();
            assert!(faults.is_empty(), "{}: {faults:?}", path.display());
            examples += 1;
        }
    }
    assert!(examples >= 2);
}

#[test]
fn the_reader_knows_exactly_the_keys_of_the_schema() {
    for (path, table) in tables() {
        // An unknown key that resembles none makes the reader list what it knows.
        let odd = "q".repeat(29);
        let entry = if path.starts_with("playlist") {
            format!("[[playlist]]\nreport_id = '{UUID}'\n")
        } else {
            String::new()
        };
        let header = match path.as_str() {
            "" | "playlist" => String::new(),
            _ => format!("[{path}]\n"),
        };
        let found = problems(&format!("{entry}{header}{odd} = 1\n"));
        let known = found
            .lines()
            .find(|line| line.contains(&odd))
            .and_then(|line| line.split_once("known here: "))
            .unwrap_or_else(|| panic!("[{path}] takes any key: {found}"));
        let known: BTreeSet<_> = known.1.split(", ").collect();
        let expected: BTreeSet<_> = properties(&table).keys().map(String::as_str).collect();
        assert_eq!(known, expected, "[{path}]");
    }
}

#[test]
fn the_defaults_of_the_schema_are_the_defaults_of_the_reader() {
    let bare = json!({
        "powerbi": { "tenant_id": UUID, "client_id": UUID, "client_secret": "pbi" },
        "playlist": [{ "url": "https://a.example" }],
    });
    let mut full = bare.clone();
    let mut defaults = 0;
    for (path, table) in tables() {
        for (key, property) in properties(&table) {
            if let Some(default) = property.get("default") {
                let table = match path.as_str() {
                    "playlist" => &mut full["playlist"][0],
                    path => &mut full[path],
                };
                table[key] = default.clone();
                defaults += 1;
            }
        }
    }
    assert!(defaults >= 15, "only {defaults} defaults in the schema");
    assert_eq!(crate::parse(&toml_of(&full)), crate::parse(&toml_of(&bare)));
}

#[test]
fn the_example_shows_every_key_and_its_default() {
    let example = instance(&full_example());
    for (path, table) in tables() {
        let shown = shown_at(&example, &path);
        for (key, property) in properties(&table) {
            let value = shown
                .get(key)
                .unwrap_or_else(|| panic!("{path}.{key} is not shown"));
            if let Some(default) = property.get("default") {
                assert_eq!(value, default, "{path}.{key}");
            }
        }
    }
}

/// All keys that the example shows for a table; the entries of the playlist together.
fn shown_at(example: &Value, path: &str) -> serde_json::Map<String, Value> {
    let mut found = vec![example.clone()];
    for key in path.split('.').filter(|key| !key.is_empty()) {
        let below = found.iter().filter_map(|table| table.get(key).cloned());
        found = below.flat_map(entries).collect();
    }
    let tables = found.iter().filter_map(Value::as_object);
    tables
        .flatten()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// The entries of a list, or the value itself.
fn entries(value: Value) -> Vec<Value> {
    match value.as_array() {
        Some(items) => items.clone(),
        None => vec![value],
    }
}

#[test]
fn the_example_with_everything_switched_on_has_only_its_alternatives_as_problems() {
    let found = problems(&full_example());
    let keys: Vec<_> = found
        .lines()
        .map(|line| line.split(": ").nth(1).unwrap())
        .collect();
    assert_eq!(
        keys,
        ["powerbi.client_certificate", "token_service"],
        "{found}"
    );
}
