//! The description of the API is a good one, and describes this API.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use everlit::{
    clock,
    player::{ContentKind, Phase, SettingsState, TokenState},
    recent::{Level, LogLine},
    store::{How, Outcome, Version},
};
use serde_json::{Value, json};

use super::{
    Device,
    described::{Description, answer},
};

/// Of the OpenAPI Initiative, under the licence beside it.
const OPEN_API: &str = include_str!("openapi/schema-3.1.json");

const METHODS: [&str; 8] = [
    "GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE",
];

#[tokio::test]
async fn the_description_is_valid_openapi_3_1() {
    let description = Description::of(&Device::start().await).await;
    let schema = serde_json::from_str(OPEN_API).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults = validator.iter_errors(&description.0);
    let faults: Vec<_> = faults.map(|fault| fault.to_string()).collect();
    assert_eq!(faults, [""; 0]);
    // OpenAPI's own schema leaves the schemas in a document alone.
    let mut schemas = Vec::new();
    found(&description.0, "schema", &mut schemas);
    schemas.extend(description.schemas().values());
    for schema in schemas {
        jsonschema::draft202012::meta::validate(schema)
            .unwrap_or_else(|fault| panic!("{fault}: {schema}"));
    }
}

#[tokio::test]
async fn the_description_says_what_it_describes() {
    let Description(description) = Description::of(&Device::start().await).await;
    let info = &description["info"];
    assert_eq!(info["title"], "everlit");
    assert_eq!(info["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(info["license"]["identifier"], env!("CARGO_PKG_LICENSE"));
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_nothing_is_left_over() {
    let description = Description::of(&Device::start().await).await;
    let mut references = Vec::new();
    found(&description.0, "$ref", &mut references);
    let references: BTreeSet<_> = references.into_iter().filter_map(Value::as_str).collect();
    for reference in &references {
        let place = reference.strip_prefix('#').unwrap();
        assert!(description.0.pointer(place).is_some(), "{reference}");
    }
    for kind in ["schemas", "responses"] {
        for name in description.0["components"][kind]
            .as_object()
            .unwrap()
            .keys()
        {
            let reference = format!("#/components/{kind}/{name}");
            assert!(references.contains(&*reference), "nobody uses {reference}");
        }
    }
}

#[tokio::test]
async fn every_operation_is_told_in_words_and_has_its_own_name() {
    let description = Description::of(&Device::start().await).await;
    let tags = description.0["tags"].as_array().unwrap();
    let tags: Vec<_> = tags.iter().map(|tag| &tag["name"]).collect();
    let mut ids = BTreeSet::new();
    for (name, operation) in description.operations() {
        assert!(operation["summary"].is_string(), "{name}");
        assert!(tags.contains(&&operation["tags"][0]), "{name}");
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "{name}: {id}");
        let parameters = operation["parameters"].as_array();
        for parameter in parameters.into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{name}: {parameter}");
        }
    }
}

#[tokio::test]
async fn every_route_is_described() {
    let device = Device::start().await;
    let description = Description::of(&device).await;
    let told = format!("{:?}", device.router());
    // The only place where a router names its routes.
    let routes = told.split('"').skip(1).step_by(2);
    let routes: BTreeSet<_> = routes.filter(|text| text.starts_with("/api/")).collect();
    let paths = description.0["paths"].as_object().unwrap().keys();
    let paths: BTreeSet<_> = paths.map(String::as_str).collect();
    let described = paths.iter().filter(|path| path.starts_with("/api/"));
    assert_eq!(routes, described.copied().collect());
    for path in ["/healthz", "/metrics"] {
        assert!(paths.contains(path), "{path}");
    }
}

#[tokio::test]
async fn a_path_takes_the_methods_that_are_described_and_no_other() {
    let device = Device::start().await;
    let description = Description::of(&device).await;
    let operations = description.operations();
    let paths = description.0["paths"].as_object().unwrap().keys();
    for path in paths {
        for method in METHODS {
            let asked = if method == "HEAD" { "GET" } else { method };
            let is_described = operations.contains_key(&format!("{asked} {path}"));
            // What is not there by that name is 404: the method is taken all the same.
            let place = path.replace("{action}", "reload");
            let answer = answer(&device, method, &place, None, "").await;
            let is_taken = answer.status != StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(is_taken, is_described, "{method} {path}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn each_state_has_the_words_that_are_described() {
    let device = Device::start().await;
    let description = Description::of(&device).await;
    let mut words = BTreeMap::<_, BTreeSet<String>>::new();
    for turn in 0..Phase::ALL.len() {
        let kinds = [ContentKind::Report, ContentKind::Page];
        let settings = [SettingsState::Applied, SettingsState::Rejected];
        let tokens = [
            TokenState::None,
            TokenState::Fetching,
            TokenState::Valid,
            TokenState::Expired,
            TokenState::Denied,
        ];
        device.status.send_modify(|snapshot| {
            snapshot.status.phase = Phase::ALL[turn];
            snapshot.status.token.state = tokens[turn % tokens.len()];
            snapshot.status.settings.state = settings[turn % settings.len()];
            let content = snapshot.status.content.as_mut().unwrap();
            content.kind = kinds[turn % kinds.len()];
        });
        let status = answer(&device, "GET", "/api/v1/status", None, "").await;
        let status = status.json();
        for (name, place) in [
            ("Phase", "/phase"),
            ("TokenState", "/token/state"),
            ("ContentKind", "/content/kind"),
            ("SettingsState", "/settings/state"),
        ] {
            let word = status.pointer(place).and_then(Value::as_str).unwrap();
            words.entry(name).or_default().insert(word.to_owned());
        }
    }
    for (name, words) in words {
        assert_eq!(description.words(name), words, "{name}");
    }
}

#[tokio::test]
async fn each_version_and_each_line_is_described() {
    let description = Description::of(&Device::start().await).await;
    let version = json!({ "$ref": "#/components/schemas/Version" });
    let outcomes = [
        Outcome::Pending,
        Outcome::Confirmed,
        Outcome::RolledBack {
            reason: "no picture".to_owned(),
        },
        Outcome::Replaced,
        Outcome::Unwritten,
    ];
    let ways = [
        How::Portal,
        How::Api,
        How::Socket,
        How::File,
        How::Restore,
        How::Rollback,
    ];
    for (outcome, how) in outcomes.iter().cycle().zip(ways) {
        let written = serde_json::to_value(Version {
            id: 7,
            revision: "abc".to_owned(),
            at: clock::wall(),
            who: "admin".to_owned(),
            how,
            outcome: outcome.clone(),
        });
        description.check(&version, &written.unwrap()).unwrap();
    }
    let line = json!({ "$ref": "#/components/schemas/LogLine" });
    for level in [Level::Error, Level::Warn, Level::Info, Level::Debug] {
        let written = serde_json::to_value(LogLine {
            at: clock::wall(),
            level,
            target: Some("portal".to_owned()),
            text: "oh".to_owned(),
        });
        description.check(&line, &written.unwrap()).unwrap();
    }
}

#[tokio::test]
async fn an_answer_that_is_not_described_would_be_noticed() {
    let description = Description::of(&Device::start().await).await;
    let version = json!({ "$ref": "#/components/schemas/Version" });
    let good = json!({
        "id": 7, "revision": "abc", "at": "2026-05-01T12:00:00Z", "who": "admin", "how": "api",
        "outcome": "rolled_back", "reason": "no picture",
    });
    description.check(&version, &good).unwrap();
    for (key, value) in [
        ("id", json!("7")),
        ("at", json!("today")),
        ("how", json!("guessed")),
        ("outcome", json!("lost")),
        ("colour", json!("red")),
    ] {
        let mut bad = good.clone();
        bad[key] = value;
        assert!(description.check(&version, &bad).is_err(), "{bad}");
    }
}

/// All that stands under that key, at whatever depth.
fn found<'v>(value: &'v Value, key: &str, so_far: &mut Vec<&'v Value>) {
    match value {
        Value::Object(entries) => {
            so_far.extend(entries.get(key));
            entries.values().for_each(|value| found(value, key, so_far));
        }
        Value::Array(values) => values.iter().for_each(|value| found(value, key, so_far)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
