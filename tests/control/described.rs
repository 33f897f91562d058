//! The description of the API as the API gives it, and answers to hold against it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header::CONTENT_TYPE},
};
use everlit::{
    portal::{Caller, access::Access, local::local_router},
    store::How,
};
use futures_util::StreamExt as _;
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;

use super::Device;

/// The description as the API gives it.
pub(crate) struct Description(pub(crate) Value);

impl Description {
    pub(crate) async fn of(device: &Device) -> Self {
        let answer = answer(device, "GET", "/api/v1/openapi.json", None, "").await;
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

    /// The operation that such a request asks for.
    pub(crate) fn operation_at(&self, method: &str, place: &str) -> String {
        let place = place.split('?').next().unwrap();
        let operations = self.operations();
        let mut names = operations.keys().filter(|name| {
            let (takes, path) = name.split_once(' ').unwrap();
            takes == method && fits(path, place)
        });
        let name = names.next().cloned();
        name.unwrap_or_else(|| panic!("{method} {place} is not described"))
    }

    /// Refuses whatever is not described, which others have to put up with.
    pub(crate) fn check(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let parts = self.parts();
        let mut components = self.0["components"].clone();
        let schemas = components["schemas"].as_object_mut().into_iter();
        for (name, schema) in schemas.flatten() {
            let is_whole = schema.get("properties").or(schema.get("allOf")).is_some();
            if is_whole && !parts.contains(name) {
                schema["unevaluatedProperties"] = json!(false);
            }
        }
        let schema = json!({ "allOf": [schema], "components": components });
        let options = jsonschema::options().should_validate_formats(true);
        let validator = options.build(&schema).map_err(|fault| fault.to_string())?;
        let fault = validator.validate(value);
        fault.map_err(|fault| format!("{}: {fault}", fault.instance_path()))
    }

    /// Those that are written out within others, which say more.
    fn parts(&self) -> BTreeSet<String> {
        let sums = self
            .schemas()
            .values()
            .filter_map(|schema| schema["allOf"].as_array());
        let parts = sums.flatten().filter_map(|part| part["$ref"].as_str());
        parts
            .map(|part| part.rsplit('/').next().unwrap().to_owned())
            .collect()
    }

    pub(crate) fn schemas(&self) -> &Map<String, Value> {
        self.0["components"]["schemas"].as_object().unwrap()
    }

    pub(crate) fn words(&self, name: &str) -> BTreeSet<String> {
        let words = self.schemas()[name]["enum"].as_array().unwrap().iter();
        words
            .map(|word| word.as_str().unwrap().to_owned())
            .collect()
    }
}

fn fits(path: &str, place: &str) -> bool {
    let (pattern, parts) = (path.split('/'), place.split('/'));
    let mut pairs = pattern.clone().zip(parts.clone());
    pattern.count() == parts.count()
        && pairs.all(|(name, part)| name == part || name.starts_with('{'))
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub(crate) async fn answer(
    device: &Device,
    method: &str,
    place: &str,
    header: Option<(&str, &str)>,
    body: &str,
) -> Answer {
    let caller = Caller {
        who: "nobody".to_owned(),
        how: How::Socket,
    };
    let router = device.router().layer(Extension(caller));
    let mut request = Request::builder().method(method).uri(place);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let (head, body) = router.oneshot(request).await.unwrap().into_parts();
    let kind = head.headers.get(CONTENT_TYPE);
    let body = if kind.is_some_and(|kind| kind == "text/event-stream") {
        first_event(body).await
    } else {
        to_bytes(body, usize::MAX).await.unwrap().to_vec()
    };
    Answer {
        status: head.status,
        headers: head.headers,
        body,
    }
}

/// Such a body ends only with the daemon.
async fn first_event(body: Body) -> Vec<u8> {
    match body.into_data_stream().next().await {
        Some(first) => first.unwrap().to_vec(),
        // Of a HEAD request.
        None => Vec::new(),
    }
}

impl Device {
    /// All that the control socket carries.
    pub(crate) fn router(&self) -> Router {
        local_router(self.control.clone(), Access::open(&self.access_dir()))
    }

    pub(crate) fn access_dir(&self) -> PathBuf {
        self.dir.path().join("access")
    }
}
