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

/// Promised for faults that nothing here can bring about.
const OUT_OF_REACH: [(&str, &str); 2] = [
    ("GET /api/v1/diagnostics.tar.gz", "500"),
    ("GET /metrics", "500"),
];

/// Operation, where, with which header, the status to come.
type Call<'a> = (&'a str, &'a str, Option<(&'a str, &'a str)>, u16);

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
        let version = "/api/v1/settings/versions/1";
        let (text, restore) = (format!("{version}/text"), format!("{version}/restore"));
        let text_of = "GET /api/v1/settings/versions/{id}/text";
        let restore_it = "POST /api/v1/settings/versions/{id}/restore";
        let calls = [
            ("GET /api/v1/status", "/api/v1/status", None, 200),
            (
                "GET /api/v1/openapi.json",
                "/api/v1/openapi.json",
                None,
                200,
            ),
            ("GET /api/v1/settings", "/api/v1/settings", None, 200),
            (
                "GET /api/v1/settings/versions",
                "/api/v1/settings/versions",
                None,
                200,
            ),
            ("GET /api/v1/settings/versions/{id}", version, None, 200),
            (
                "GET /api/v1/settings/versions/{id}",
                "/api/v1/settings/versions/99",
                None,
                404,
            ),
            (
                "GET /api/v1/settings/versions/{id}",
                "/api/v1/settings/versions/1?wait_s=x",
                None,
                400,
            ),
            (text_of, &text, None, 200),
            (text_of, "/api/v1/settings/versions/x/text", None, 404),
            (text_of, "/api/v1/settings/versions/%ff/text", None, 400),
            (restore_it, &restore, None, 204),
            (restore_it, &restore, CHANGED, 412),
            (restore_it, &restore, ODD, 400),
            (
                restore_it,
                "/api/v1/settings/versions/%ff/restore",
                None,
                400,
            ),
            (
                restore_it,
                "/api/v1/settings/versions/99/restore",
                None,
                404,
            ),
            (
                "POST /api/v1/actions/{action}",
                "/api/v1/actions/reload",
                None,
                202,
            ),
            (
                "POST /api/v1/actions/{action}",
                "/api/v1/actions/explode",
                None,
                404,
            ),
            (
                "POST /api/v1/actions/{action}",
                "/api/v1/actions/%ff",
                None,
                400,
            ),
            (
                "GET /api/v1/screenshot.png",
                "/api/v1/screenshot.png?width=320",
                None,
                200,
            ),
            (
                "GET /api/v1/screenshot.png",
                "/api/v1/screenshot.png?width=wide",
                None,
                400,
            ),
            (
                "GET /api/v1/log",
                "/api/v1/log?level=debug&lines=5",
                None,
                200,
            ),
            ("GET /api/v1/log", "/api/v1/log?level=loud", None, 400),
            (
                "GET /api/v1/diagnostics.tar.gz",
                "/api/v1/diagnostics.tar.gz",
                None,
                200,
            ),
            ("GET /healthz", "/healthz", None, 200),
            ("GET /metrics", "/metrics", None, 200),
        ];
        self.hear(&device, &calls).await;
    }

    async fn with_bodies(&mut self) {
        let device = Device::start().await;
        let (push, check) = ("PUT /api/v1/settings", "POST /api/v1/settings/check");
        let long = "#".repeat(SIZE_LIMIT + 1);
        for (operation, header, body, status) in [
            (push, None, GOOD, 204),
            (push, None, BAD, 422),
            (push, None, long.as_str(), 413),
            (push, CHANGED, GOOD, 412),
            (push, ODD, GOOD, 400),
            (check, None, GOOD, 200),
            (check, None, BAD, 422),
            (check, None, long.as_str(), 413),
        ] {
            let (method, place) = operation.split_once(' ').unwrap();
            let answer = answer(&device, method, place, header, body).await;
            self.take(operation, status, &answer);
        }
    }

    async fn of_keys(&mut self) {
        let device = Device::start().await;
        let access = Access::open(&device.access_dir());
        access.add_token("monitor", Scope::Read).await.unwrap();
        let token = format!("/api/v1/tokens/{}", access.tokens()[0].id);
        let end = "DELETE /api/v1/tokens/{id}";
        let reset = "DELETE /api/v1/portal/password";
        let calls = [
            ("GET /api/v1/portal", "/api/v1/portal", None, 200),
            ("GET /api/v1/tokens", "/api/v1/tokens", None, 200),
            (end, &token, None, 204),
            (end, &token, None, 404),
            (end, "/api/v1/tokens/%ff", None, 400),
            (reset, "/api/v1/portal/password", None, 204),
        ];
        self.hear(&device, &calls).await;
        let long = " ".repeat(SIZE_LIMIT + 1);
        for (kind, wish, status) in [
            (JSON, WISH, 201),
            (JSON, "{", 400),
            (JSON, long.as_str(), 413),
            (None, WISH, 415),
            (JSON, r#"{ "name": "", "scope": "read" }"#, 422),
            (JSON, r#"{ "name": "monitor", "scope": "all" }"#, 422),
        ] {
            let answer = answer(&device, "POST", "/api/v1/tokens", kind, wish).await;
            self.take("POST /api/v1/tokens", status, &answer);
        }
    }

    /// A disk that takes nothing, and then a daemon that stops.
    async fn of_keys_that_cannot_be_kept(&mut self) {
        let mut device = Device::start().await;
        device.events.close();
        let reset = "DELETE /api/v1/portal/password";
        let calls = [(reset, "/api/v1/portal/password", None, 503)];
        self.hear(&device, &calls).await;
        fs::remove_dir_all(device.access_dir()).unwrap();
        fs::write(device.access_dir(), "").unwrap();
        let calls = [
            (reset, "/api/v1/portal/password", None, 500),
            ("DELETE /api/v1/tokens/{id}", "/api/v1/tokens/99", None, 500),
        ];
        self.hear(&device, &calls).await;
        let answer = answer(&device, "POST", "/api/v1/tokens", JSON, WISH).await;
        self.take("POST /api/v1/tokens", 500, &answer);
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
        let restore_it = "POST /api/v1/settings/versions/{id}/restore";
        let restore = "/api/v1/settings/versions/1/restore";
        fs::remove_file(device.settings_path()).unwrap();
        let calls = [
            (
                "POST /api/v1/actions/{action}",
                "/api/v1/actions/reload",
                None,
                503,
            ),
            ("GET /healthz", "/healthz", None, 503),
            (
                "GET /api/v1/screenshot.png",
                "/api/v1/screenshot.png",
                None,
                503,
            ),
            ("GET /api/v1/settings", "/api/v1/settings", None, 404),
            (restore_it, restore, None, 422),
        ];
        self.hear(&device, &calls).await;
        // Nobody can read or replace a directory as a file.
        fs::create_dir(device.settings_path()).unwrap();
        let calls = [
            ("GET /api/v1/settings", "/api/v1/settings", None, 500),
            (restore_it, "/api/v1/settings/versions/2/restore", None, 500),
        ];
        self.hear(&device, &calls).await;
        let push = answer(&device, "PUT", "/api/v1/settings", None, GOOD).await;
        self.take("PUT /api/v1/settings", 500, &push);
    }

    async fn hear(&mut self, device: &Device, calls: &[Call<'_>]) {
        for (operation, place, header, status) in calls {
            let (method, _) = operation.split_once(' ').unwrap();
            let answer = answer(&device, method, place, *header, "").await;
            self.take(operation, *status, &answer);
        }
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
