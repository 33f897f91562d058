//! Every answer that the description promises comes, and no other.

use std::{collections::BTreeSet, fs, sync::Arc};

use everlit::{
    clock,
    player::Phase,
    recent::{Level, LogLine},
    store::{self, History, How, Outcome, SIZE_LIMIT, SettingsFile, Version},
};
use serde_json::{Value, json};

use super::{
    Device, GOOD,
    openapi::{Answer, Description, answer},
};

const BAD: &str = "[player]\nnmae = \"hall\"\n";
const CHANGED: Option<(&str, &str)> = Some(("if-match", "\"another\""));
const ODD: Option<(&str, &str)> = Some(("if-none-match", "\"another\""));

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
    seen.in_trouble().await;
    let promised = seen.promised();
    assert_eq!(seen.answers, promised);
}

#[tokio::test]
async fn each_version_and_each_line_is_described() {
    let description = Description::of(&Device::start().await.control).await;
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
    let description = Description::of(&Device::start().await.control).await;
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

/// Answers that came, each checked against its description.
struct Seen {
    description: Description,
    /// Operation and status.
    answers: BTreeSet<(String, String)>,
}

impl Seen {
    async fn new() -> Self {
        Self {
            description: Description::of(&Device::start().await.control).await,
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
            let answer = answer(&device.control, method, place, header, body).await;
            self.take(operation, status, &answer);
        }
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
        let push = answer(&device.control, "PUT", "/api/v1/settings", None, GOOD).await;
        self.take("PUT /api/v1/settings", 500, &push);
    }

    async fn hear(&mut self, device: &Device, calls: &[Call<'_>]) {
        for (operation, place, header, status) in calls {
            let (method, _) = operation.split_once(' ').unwrap();
            let answer = answer(&device.control, method, place, *header, "").await;
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
