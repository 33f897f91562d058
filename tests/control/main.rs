//! The control socket, with a made-up player behind it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use everlit::{
    clock,
    player::{
        ContentKind, ContentStatus, Detections, Event, Failures, Phase, Recoveries, RecoveryTimes,
        SettingsState, SettingsStatus, Status, TokenState, TokenStatus,
    },
    portal::{
        Control, ControlSocket, Facts, Loss, Refusal, Snapshot, WebProcess,
        client::{Client, ClientFailure},
        router,
    },
    recent::Recent,
    settings::Problem,
    store,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    sync::{mpsc, watch},
    task::JoinSet,
    time::timeout,
};

mod diagnostics;
mod endurance;
mod exposition;
#[path = "../lines/mod.rs"]
mod lines;
mod log;
mod metrics;
mod monitoring;
mod routes;
mod settings;
mod socket;

const GOOD: &str = "[player]\nname = \"lobby\"\n";

/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A control socket with a made-up player behind it.
struct Device {
    dir: TempDir,
    client: Client,
    status: watch::Sender<Snapshot>,
    events: mpsc::Receiver<Event>,
    log: Recent,
    _serving: JoinSet<Loss>,
}

impl Device {
    async fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let (socket_path, settings_path) = paths(dir.path());
        fs::write(&settings_path, GOOD).unwrap();
        let now = clock::now();
        let (status, status_reader) = watch::channel(snapshot(now, &settings_path));
        let (sender, events) = mpsc::channel(8);
        let log = Recent::new();
        let control = Control {
            status: status_reader,
            facts: Arc::new(move || facts(now)),
            events: sender,
            screenshot: Arc::new(|| Box::pin(async { Ok(b"\x89PNG".to_vec()) })),
            log: log.clone(),
            host: "tv 2/floor".to_owned(),
            system: Arc::new(|| "host: tv\n".to_owned()),
            more_diagnostics: Arc::new(|| vec![("versions.json".to_owned(), b"[]".to_vec())]),
            settings_path,
        };
        let socket = ControlSocket::bind(&socket_path).await.unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(socket.serve(router(control)));
        Self {
            client: Client::new(&socket_path).unwrap(),
            dir,
            status,
            events,
            log,
            _serving: serving,
        }
    }

    async fn push(&self, text: &str, if_match: Option<&str>) -> Result<String, ClientFailure> {
        self.client.push_settings(text.to_owned(), if_match).await
    }

    /// The whole answer to a request without a body.
    async fn raw(&self, request: &str) -> String {
        String::from_utf8(self.raw_bytes(request).await).unwrap()
    }

    async fn raw_bytes(&self, request: &str) -> Vec<u8> {
        let mut stream = UnixStream::connect(paths(self.dir.path()).0).await.unwrap();
        let request = format!("{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        read.unwrap().unwrap();
        answer
    }

    fn settings_path(&self) -> PathBuf {
        paths(self.dir.path()).1
    }

    fn file(&self) -> String {
        fs::read_to_string(self.settings_path()).unwrap()
    }
}

/// Of the socket and of the settings file.
fn paths(dir: &Path) -> (PathBuf, PathBuf) {
    (dir.join("run/control.sock"), dir.join("settings.toml"))
}

fn facts(taken: Instant) -> Facts {
    Facts {
        version: "1.2.3".to_owned(),
        now: taken + Duration::from_secs(10),
        wall: "2026-05-01T12:00:00Z".parse().unwrap(),
        web_process: Some(WebProcess {
            pid: 4711,
            memory: 300_000_000,
        }),
        memory_limit: 500_000_000,
        clock_synchronized: true,
        uptime: Duration::from_secs(3600),
    }
}

fn snapshot(taken: Instant, settings_path: &Path) -> Snapshot {
    let status = Status {
        phase: Phase::Showing,
        phase_age: Duration::from_secs(50),
        token: TokenStatus {
            state: TokenState::Valid,
            age: Some(Duration::from_secs(20)),
            expires_in: Some(Duration::from_secs(100)),
            next_refresh_in: Some(Duration::from_secs(5)),
            refreshes: 3,
            failures: Failures {
                throttled: 1,
                ..Failures::default()
            },
            last_error: Some("too many requests".to_owned()),
        },
        content: Some(ContentStatus {
            kind: ContentKind::Report,
            title: "Sales".to_owned(),
            index: 0,
            rendered: true,
        }),
        recoveries: Recoveries::default(),
        recovery_times: RecoveryTimes::default(),
        detections: Detections::default(),
        settings: SettingsStatus {
            state: SettingsState::Rejected,
            revision: Some(store::revision(GOOD)),
            problems: vec![Problem {
                file: settings_path.to_owned(),
                line: 2,
                column: 1,
                key: "player.nmae".to_owned(),
                problem: "there is no such key".to_owned(),
                remedy: "did you mean name?".to_owned(),
            }],
        },
        web_process_restarts: 0,
        online: true,
        summary: "showing Sales".to_owned(),
    };
    Snapshot { status, taken }
}

fn refused<T: std::fmt::Debug>(result: Result<T, ClientFailure>) -> Refusal {
    match result.unwrap_err() {
        ClientFailure::Refused(refusal) => refusal,
        other @ (ClientFailure::Unreachable { .. } | ClientFailure::Nonsense(_)) => {
            panic!("{other}")
        }
    }
}
