//! The description of the API is a good one, and describes this API.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use everlit::{
    portal::{Caller, Control},
    store::How,
};
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;

use super::{Device, router};

/// Of the OpenAPI Initiative, under the licence beside it.
const OPEN_API: &str = include_str!("openapi/schema-3.1.json");

const METHODS: [&str; 8] = [
    "GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE",
];

#[tokio::test]
async fn the_description_is_valid_openapi_3_1() {
    let description = Description::of(&Device::start().await.control).await;
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
    let Description(description) = Description::of(&Device::start().await.control).await;
    let info = &description["info"];
    assert_eq!(info["title"], "everlit");
    assert_eq!(info["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(info["license"]["identifier"], env!("CARGO_PKG_LICENSE"));
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_nothing_is_left_over() {
    let description = Description::of(&Device::start().await.control).await;
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
    let description = Description::of(&Device::start().await.control).await;
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
    let control = Device::start().await.control;
    let description = Description::of(&control).await;
    let told = format!("{:?}", router(control));
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
    let description = Description::of(&device.control).await;
    let operations = description.operations();
    let paths = description.0["paths"].as_object().unwrap().keys();
    for path in paths {
        for method in METHODS {
            let asked = if method == "HEAD" { "GET" } else { method };
            let is_described = operations.contains_key(&format!("{asked} {path}"));
            // A version that is not there would be 404, whatever the method.
            let place = path.replace("{action}", "reload");
            let answer = answer(&device.control, method, &place, None, "").await;
            let is_taken = answer.status != StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(is_taken, is_described, "{method} {path}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn each_state_has_the_words_that_are_described() {
    use everlit::player::{ContentKind, Phase, SettingsState, TokenState};
    let device = Device::start().await;
    let description = Description::of(&device.control).await;
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
        let status = answer(&device.control, "GET", "/api/v1/status", None, "").await;
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

/// The description as the API gives it.
pub(crate) struct Description(pub(crate) Value);

impl Description {
    pub(crate) async fn of(control: &Control) -> Self {
        let answer = answer(control, "GET", "/api/v1/openapi.json", None, "").await;
        Self(answer.json())
    }

    /// By method and path, such as `GET /api/v1/status`.
    pub(crate) fn operations(&self) -> BTreeMap<String, &Value> {
        let paths = self.0["paths"].as_object().unwrap().iter();
        paths
            .flat_map(|(path, item)| {
                let operations = item.as_object().unwrap().iter();
                operations.map(move |(method, operation)| {
                    (format!("{} {path}", method.to_uppercase()), operation)
                })
            })
            .collect()
    }

    /// Refuses whatever is not described, which others have to put up with.
    pub(crate) fn check(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let mut components = self.0["components"].clone();
        for schema in components["schemas"].as_object_mut().unwrap().values_mut() {
            let schema = schema.as_object_mut().unwrap();
            if schema.contains_key("properties") || schema.contains_key("allOf") {
                schema.insert("unevaluatedProperties".to_owned(), json!(false));
            }
        }
        let schema = json!({ "allOf": [schema], "components": components });
        let options = jsonschema::options().should_validate_formats(true);
        let validator = options.build(&schema).unwrap();
        let fault = validator.validate(value);
        fault.map_err(|fault| format!("{}: {fault}", fault.instance_path()))
    }

    fn schemas(&self) -> &Map<String, Value> {
        self.0["components"]["schemas"].as_object().unwrap()
    }

    fn words(&self, name: &str) -> BTreeSet<String> {
        let words = self.schemas()[name]["enum"].as_array().unwrap().iter();
        words
            .map(|word| word.as_str().unwrap().to_owned())
            .collect()
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

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub(crate) async fn answer(
    control: &Control,
    method: &str,
    place: &str,
    header: Option<(&str, &str)>,
    body: &str,
) -> Answer {
    let caller = Caller {
        who: "nobody".to_owned(),
        how: How::Socket,
    };
    let router: Router = router(control.clone()).layer(Extension(caller));
    let mut request = Request::builder().method(method).uri(place);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let (head, body) = router.oneshot(request).await.unwrap().into_parts();
    Answer {
        status: head.status,
        headers: head.headers,
        body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
    }
}
