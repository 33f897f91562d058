//! Every answer that the description promises comes, and no other.

use std::{collections::BTreeSet, fs, sync::Arc};

use everlit::{
    clock,
    player::Phase,
    portal::access::{Access, Scope},
    store::{self, History, SIZE_LIMIT, SettingsFile},
};
use serde_json::{Value, json};

use super::{
    Device, GOOD,
    described::{Answer, Description, answer},
};

const BAD: &str = "[player]\nnmae = \"hall\"\n";
const CHANGED: Option<(&str, &str)> = Some(("if-match", "\"another\""));
const ODD: Option<(&str, &str)> = Some(("if-none-match", "\"another\""));

const JSON: Option<(&str, &str)> = Some(("content-type", "application/json"));
const WISH: &str = r#"{ "name": "monitor", "scope": "read" }"#;
const NAMELESS_WISH: &str = r#"{ "name": "", "scope": "read" }"#;
const BOUNDLESS_WISH: &str = r#"{ "name": "monitor", "scope": "all" }"#;

/// Promised for faults that nothing here can bring about.
const OUT_OF_REACH: [(&str, &str); 2] = [
    ("GET /api/v1/diagnostics.tar.gz", "500"),
    ("GET /metrics", "500"),
];

const ON_A_HEALTHY_DEVICE: &[(&str, u16)] = &[
    ("GET /api/v1/status", 200),
    ("GET /api/v1/openapi.json", 200),
    ("GET /api/v1/settings", 200),
    ("GET /api/v1/settings/versions", 200),
    ("GET /api/v1/settings/versions/1", 200),
    ("GET /api/v1/settings/versions/99", 404),
    ("GET /api/v1/settings/versions/1?wait_s=x", 400),
    ("GET /api/v1/settings/versions/1/text", 200),
    ("GET /api/v1/settings/versions/x/text", 404),
    ("GET /api/v1/settings/versions/%ff/text", 400),
    ("POST /api/v1/settings/versions/1/restore", 204),
    ("POST /api/v1/settings/versions/99/restore", 404),
    ("POST /api/v1/settings/versions/%ff/restore", 400),
    ("POST /api/v1/actions/reload", 202),
    ("POST /api/v1/actions/explode", 404),
    ("POST /api/v1/actions/%ff", 400),
    ("GET /api/v1/screenshot.png?width=320", 200),
    ("GET /api/v1/screenshot.png?width=wide", 400),
    ("GET /api/v1/log?level=debug&lines=5", 200),
    ("GET /api/v1/log?level=loud", 400),
    ("GET /api/v1/diagnostics.tar.gz", 200),
    ("GET /healthz", 200),
    ("GET /metrics", 200),
];

const IN_TROUBLE: &[(&str, u16)] = &[
    ("POST /api/v1/actions/reload", 503),
    ("GET /healthz", 503),
    ("GET /api/v1/screenshot.png", 503),
    ("GET /api/v1/settings", 404),
    ("POST /api/v1/settings/versions/1/restore", 422),
];

const WITHOUT_A_FILE: &[(&str, u16)] = &[
    ("GET /api/v1/settings", 500),
    ("PUT /api/v1/settings", 500),
    ("POST /api/v1/settings/versions/2/restore", 500),
];

#[tokio::test]
async fn each_answer_is_the_described_one_and_each_described_one_comes() {
    let mut seen = Seen::new().await;
    seen.on_a_healthy_device().await;
    seen.with_bodies().await;
    seen.of_keys().await;
    seen.of_keys_that_cannot_be_kept().await;
    seen.in_trouble().await;
    let promised = seen.promised();
    assert_eq!(seen.answers, promised);
}

/// Answers that came, each checked against its description.
struct Seen {
    description: Description,
    /// Operation and status.
    answers: BTreeSet<(String, String)>,
}

impl Seen {
    async fn new() -> Self {
        Self {
            description: Description::of(&Device::start().await).await,
            answers: BTreeSet::new(),
        }
    }

    async fn on_a_healthy_device(&mut self) {
        let device = Device::start().await;
        device.push(GOOD, None).await.unwrap();
        for (request, status) in ON_A_HEALTHY_DEVICE {
            self.ask(&device, request, None, "", *status).await;
        }
        let restore = "POST /api/v1/settings/versions/1/restore";
        self.ask(&device, restore, CHANGED, "", 412).await;
        self.ask(&device, restore, ODD, "", 400).await;
    }

    async fn with_bodies(&mut self) {
        let device = Device::start().await;
        let (push, check) = ("PUT /api/v1/settings", "POST /api/v1/settings/check");
        let long = "#".repeat(SIZE_LIMIT + 1);
        for (request, header, body, status) in [
            (push, None, GOOD, 204),
            (push, None, BAD, 422),
            (push, None, long.as_str(), 413),
            (push, CHANGED, GOOD, 412),
            (push, ODD, GOOD, 400),
            (check, None, GOOD, 200),
            (check, None, BAD, 422),
            (check, None, long.as_str(), 413),
        ] {
            self.ask(&device, request, header, body, status).await;
        }
    }

    async fn of_keys(&mut self) {
        let device = Device::start().await;
        let access = Access::open(&device.access_dir());
        access.add_token("monitor", Scope::Read).await.unwrap();
        let end = format!("DELETE /api/v1/tokens/{}", access.tokens()[0].id);
        let make = "POST /api/v1/tokens";
        let long = " ".repeat(SIZE_LIMIT + 1);
        for (request, header, body, status) in [
            ("GET /api/v1/portal", None, "", 200),
            ("GET /api/v1/status/live", None, "", 200),
            ("GET /api/v1/tokens", None, "", 200),
            (make, JSON, WISH, 201),
            (make, JSON, "{", 400),
            (make, JSON, long.as_str(), 413),
            (make, None, WISH, 415),
            (make, JSON, NAMELESS_WISH, 422),
            (make, JSON, BOUNDLESS_WISH, 422),
            (end.as_str(), None, "", 204),
            (end.as_str(), None, "", 404),
            ("DELETE /api/v1/tokens/%ff", None, "", 400),
            ("DELETE /api/v1/portal/password", None, "", 204),
        ] {
            self.ask(&device, request, header, body, status).await;
        }
    }

    /// A daemon that stops, and a disk that takes nothing.
    async fn of_keys_that_cannot_be_kept(&mut self) {
        let mut device = Device::start().await;
        device.events.close();
        let reset = "DELETE /api/v1/portal/password";
        self.ask(&device, reset, None, "", 503).await;
        fs::remove_dir_all(device.access_dir()).unwrap();
        fs::write(device.access_dir(), "").unwrap();
        self.ask(&device, reset, None, "", 500).await;
        let end = "DELETE /api/v1/tokens/99";
        self.ask(&device, end, None, "", 500).await;
        let make = "POST /api/v1/tokens";
        self.ask(&device, make, JSON, WISH, 500).await;
    }

    async fn in_trouble(&mut self) {
        let mut device = Device::start().await;
        device.events.close();
        device
            .status
            .send_modify(|snapshot| snapshot.status.phase = Phase::Recovering);
        device.control.screenshot =
            Arc::new(|_| Box::pin(async { Err("the screen is dark".to_owned()) }));
        device.control.settings = with_a_version_gone_bad(&device);
        fs::remove_file(device.settings_path()).unwrap();
        for (request, status) in IN_TROUBLE {
            self.ask(&device, request, None, "", *status).await;
        }
        // Nobody can read or replace a directory as a file.
        fs::create_dir(device.settings_path()).unwrap();
        for (request, status) in WITHOUT_A_FILE {
            self.ask(&device, request, None, GOOD, *status).await;
        }
    }

    /// Asks, and holds the answer against its description.
    async fn ask(
        &mut self,
        device: &Device,
        request: &str,
        header: Option<(&str, &str)>,
        body: &str,
        status: u16,
    ) {
        let (method, place) = request.split_once(' ').unwrap();
        let answer = answer(device, method, place, header, body).await;
        let operation = self.description.operation_at(method, place);
        self.take(&operation, status, &answer);
    }

    /// Holds an answer against its description.
    fn take(&mut self, operation: &str, status: u16, answer: &Answer) {
        assert_eq!(answer.status.as_u16(), status, "{operation}: {answer:?}");
        let status = status.to_string();
        let operations = self.description.operations();
        let response = &operations[operation]["responses"][&status];
        assert!(response.is_object(), "{operation} promises no {status}");
        for name in keys(&response["headers"]) {
            assert!(answer.headers.contains_key(name), "{operation}: no {name}");
        }
        let kinds = response["content"].as_object();
        let Some(kinds) = kinds.filter(|kinds| !kinds.is_empty()) else {
            assert!(answer.body.is_empty(), "{operation} promises no body");
            return self.note(operation, &status);
        };
        let kind = answer.headers["content-type"].to_str().unwrap();
        let kind = kind.split(';').next().unwrap();
        let content = kinds.get(kind);
        let content = content.unwrap_or_else(|| panic!("{operation} promises no {kind}"));
        if let Some(schema) = content.get("schema").filter(|_| kind.ends_with("json")) {
            let checked = self.description.check(schema, &answer.json());
            checked.unwrap_or_else(|fault| panic!("{operation} {status}: {fault}: {answer:?}"));
        }
        self.note(operation, &status);
    }

    fn note(&mut self, operation: &str, status: &str) {
        self.answers
            .insert((operation.to_owned(), status.to_owned()));
    }

    /// All that is described; what the gate says comes only over the network.
    fn promised(&self) -> BTreeSet<(String, String)> {
        let mut promised = BTreeSet::new();
        for (name, operation) in self.description.operations() {
            let responses = operation["responses"].as_object().unwrap();
            let own = responses
                .iter()
                .filter(|(_, said)| said.get("$ref").is_none());
            promised.extend(own.map(|(status, _)| (name.clone(), status.clone())));
        }
        promised.retain(|(name, status)| !OUT_OF_REACH.contains(&(name.as_str(), status.as_str())));
        promised
    }
}

/// An older everlit took settings that this one refuses.
fn with_a_version_gone_bad(device: &Device) -> SettingsFile {
    let history = device.dir.path().join("older/history");
    fs::create_dir_all(&history).unwrap();
    for (id, text) in [(1, BAD), (2, GOOD)] {
        let record = json!({
            "id": id, "revision": store::revision(text), "at": clock::wall(), "who": "admin",
            "how": "portal", "outcome": "replaced", "text": text,
        });
        fs::write(history.join(format!("{id:06}.json")), record.to_string()).unwrap();
    }
    let history = History::open(&device.dir.path().join("older"));
    SettingsFile::new(device.settings_path(), history)
}

fn keys(object: &Value) -> impl Iterator<Item = &String> {
    object
        .as_object()
        .into_iter()
        .flat_map(|object| object.keys())
}
