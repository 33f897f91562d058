//! The control socket: every route through the client, and who may take the socket's place.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    os::unix::{fs::PermissionsExt, net::UnixListener},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use everlit::{
    clock,
    player::{
        Ask, ContentKind, ContentStatus, Detections, Event, Phase, Recoveries, SettingsState,
        SettingsStatus, Status, TokenState, TokenStatus,
    },
    portal::{
        BindFailure, Control, ControlSocket, Facts, Refusal, Snapshot, WebProcess,
        client::{Client, ClientFailure},
        router,
    },
    settings::Problem,
    store,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    sync::{mpsc, watch},
    task::JoinSet,
    time::timeout,
};

const GOOD: &str = "[player]\nname = \"lobby\"\n";
const BETTER: &str = "[player]\nname = \"hall\"\n";
const BAD: &str = "[player]\nnmae = \"hall\"\n\n[tokne]\n";

#[tokio::test]
async fn the_status_has_every_promised_key() {
    let device = Device::start().await;
    let status: Value = serde_json::from_str(&device.client.status_json().await.unwrap()).unwrap();
    let promised = [
        "/version",
        "/phase",
        "/since",
        "/summary",
        "/token/state",
        "/token/expires_in_s",
        "/token/next_refresh_in_s",
        "/token/refreshes",
        "/token/failures",
        "/token/last_error",
        "/content/kind",
        "/content/title",
        "/content/index",
        "/content/rendered",
        "/recoveries/token",
        "/recoveries/report",
        "/recoveries/embed",
        "/recoveries/page",
        "/recoveries/webview",
        "/detections/sdk",
        "/detections/dom",
        "/detections/http",
        "/detections/clock",
        "/settings/state",
        "/settings/revision",
        "/settings/problems/0/key",
        "/webview/pid",
        "/webview/memory_mb",
        "/webview/restarts",
        "/network/online",
        "/clock/synchronized",
    ];
    for key in promised {
        assert!(status.pointer(key).is_some(), "{key} is missing: {status}");
    }
    assert_eq!(status["phase"], "showing");
    assert_eq!(status["token"]["state"], "valid");
    assert_eq!(status["content"]["kind"], "report");
    assert_eq!(status["settings"]["state"], "rejected");
}

#[tokio::test]
async fn the_status_counts_from_the_moment_it_is_read() {
    let device = Device::start().await;
    // Taken 10 s before it is read, when the phase was 50 s old and the token had 100 s left.
    let status = device.client.status().await.unwrap();
    assert_eq!(status.since.to_string(), "2026-05-01T11:59:00Z");
    assert_eq!(status.token.age_s, Some(30));
    assert_eq!(status.token.expires_in_s, Some(90));
    assert_eq!(status.token.next_refresh_in_s, Some(0));
    assert_eq!(status.webview.memory_mb, Some(300));
}

#[tokio::test]
async fn the_status_without_content_or_token_reads_back() {
    let device = Device::start().await;
    device.status.send_modify(|snapshot| {
        snapshot.status.content = None;
        snapshot.status.phase = Phase::Unconfigured;
        snapshot.status.token.state = TokenState::None;
        snapshot.status.token.expires_in = None;
    });
    let status = device.client.status().await.unwrap();
    assert_eq!(status.phase, Phase::Unconfigured);
    assert_eq!(status.token.state, TokenState::None);
    assert_eq!(status.token.expires_in_s, None);
    assert_eq!(status.content, None);
}

#[tokio::test]
async fn each_order_reaches_the_player() {
    let mut device = Device::start().await;
    for ask in [
        Ask::Reload,
        Ask::RefreshToken,
        Ask::RestartWebview,
        Ask::Identify,
    ] {
        device.client.ask(ask).await.unwrap();
        let event = timeout(PATIENCE, device.events.recv()).await.unwrap();
        assert!(matches!(event, Some(Event::OperatorAsked(asked)) if asked == ask));
    }
}

#[tokio::test]
async fn an_order_to_a_stopping_daemon_is_refused() {
    let mut device = Device::start().await;
    device.events.close();
    let refusal = refused(device.client.ask(Ask::Reload).await);
    assert_eq!(refusal.status, 503);
}

#[tokio::test]
async fn the_screenshot_comes_as_it_was_taken() {
    let device = Device::start().await;
    assert_eq!(device.client.screenshot().await.unwrap(), b"\x89PNG");
}

#[tokio::test]
async fn health_follows_the_phase() {
    let device = Device::start().await;
    for (phase, code) in [
        (Phase::Showing, 200),
        (Phase::Dark, 200),
        (Phase::Unconfigured, 200),
        (Phase::Recovering, 503),
        (Phase::Denied, 503),
        (Phase::Offline, 503),
    ] {
        device
            .status
            .send_modify(|snapshot| snapshot.status.phase = phase);
        let answer = device.raw("GET /healthz").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {code} ")), "{answer}");
    }
}

#[tokio::test]
async fn whatever_is_not_there_is_refused_in_the_same_way() {
    let device = Device::start().await;
    for (request, code) in [
        ("GET /nothing", 404),
        ("POST /api/v1/actions/explode", 404),
        ("GET /api/v1/actions/reload", 405),
    ] {
        let answer = device.raw(request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {code} ")), "{answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
        assert!(answer.contains("\"detail\":"), "{answer}");
    }
}

#[tokio::test]
async fn settings_are_read_and_written_with_their_revision() {
    let device = Device::start().await;
    let read = device.client.settings().await.unwrap();
    assert_eq!(
        (read.text.as_str(), read.revision.as_str()),
        (GOOD, &*store::revision(GOOD))
    );
    let revision = device.push(BETTER, Some(&read.revision)).await.unwrap();
    assert_eq!(revision, store::revision(BETTER));
    assert_eq!(device.file(), BETTER);
    assert_eq!(device.client.settings().await.unwrap().revision, revision);
}

#[tokio::test]
async fn settings_are_written_where_there_were_none() {
    let device = Device::start().await;
    fs::remove_file(device.settings_path()).unwrap();
    assert_eq!(refused(device.client.settings().await).status, 404);
    device.push(GOOD, None).await.unwrap();
    assert_eq!(device.file(), GOOD);
}

#[tokio::test]
async fn bad_settings_leave_the_file_alone_and_every_problem_is_listed() {
    let device = Device::start().await;
    let refusal = refused(device.push(BAD, None).await);
    assert_eq!(refusal.status, 422);
    let lines: Vec<_> = refusal
        .problems
        .iter()
        .map(|problem| problem.line)
        .collect();
    assert_eq!(lines, [2, 4]);
    assert!(refusal.to_string().contains("nmae"), "{refusal}");
    assert_eq!(device.file(), GOOD);
}

#[tokio::test]
async fn settings_that_changed_in_the_meantime_are_not_overwritten() {
    let device = Device::start().await;
    let known = device.client.settings().await.unwrap().revision;
    fs::write(device.settings_path(), BETTER).unwrap();
    let refusal = refused(device.push(GOOD, Some(&known)).await);
    assert_eq!(refusal.status, 412);
    assert_eq!(device.file(), BETTER);
}

#[tokio::test]
async fn of_many_pushes_from_the_same_revision_one_wins() {
    let device = Device::start().await;
    let mut pushes = JoinSet::new();
    for number in 0..16 {
        let client = device.client.clone();
        pushes.spawn(async move {
            let text = format!("[player]\nname = \"{number}\"\n");
            client
                .push_settings(text, Some(&store::revision(GOOD)))
                .await
        });
    }
    let pushed = pushes.join_all().await;
    assert_eq!(pushed.iter().filter(|result| result.is_ok()).count(), 1);
}

#[tokio::test]
async fn settings_that_are_too_large_are_refused() {
    let device = Device::start().await;
    let large = "#".repeat(store::SIZE_LIMIT + 1);
    assert_eq!(refused(device.push(&large, None).await).status, 413);
    assert_eq!(device.file(), GOOD);
}

#[tokio::test]
async fn a_client_without_a_daemon_says_so() {
    let dir = TempDir::new().unwrap();
    let socket = dir.path().join("control.sock");
    let client = Client::new(&socket).unwrap();
    let failure = client.status().await.unwrap_err();
    assert!(
        matches!(failure, ClientFailure::Unreachable { .. }),
        "{failure}"
    );
    drop(UnixListener::bind(&socket).unwrap());
    let failure = client.ask(Ask::Reload).await.unwrap_err();
    assert!(
        matches!(failure, ClientFailure::Unreachable { .. }),
        "{failure}"
    );
}

#[tokio::test]
async fn the_socket_is_for_owner_and_group() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("run/everlit/control.sock");
    let _socket = ControlSocket::bind(&path).await.unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
}

#[tokio::test]
async fn a_socket_left_behind_is_taken_over() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("control.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let socket = ControlSocket::bind(&path).await.unwrap();
    UnixStream::connect(&path).await.unwrap();
    drop(socket);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_socket_in_use_is_left_alone() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("control.sock");
    let first = ControlSocket::bind(&path).await.unwrap();
    let second = ControlSocket::bind(&path).await;
    assert!(matches!(second, Err(BindFailure::Occupied(_))));
    drop(second);
    UnixStream::connect(&path).await.unwrap();
    drop(first);
}

#[tokio::test]
async fn a_file_that_is_no_socket_is_not_replaced() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("control.sock");
    fs::write(&path, "precious").unwrap();
    let failure = ControlSocket::bind(&path).await.unwrap_err();
    assert!(matches!(failure, BindFailure::NotASocket(_)));
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A control socket with a made-up player behind it.
struct Device {
    dir: TempDir,
    client: Client,
    status: watch::Sender<Snapshot>,
    events: mpsc::Receiver<Event>,
    _serving: JoinSet<anyhow::Result<()>>,
}

impl Device {
    async fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let (socket_path, settings_path) = paths(dir.path());
        fs::write(&settings_path, GOOD).unwrap();
        let now = clock::now();
        let (status, status_reader) = watch::channel(snapshot(now, &settings_path));
        let (sender, events) = mpsc::channel(8);
        let control = Control {
            status: status_reader,
            facts: Arc::new(move || facts(now)),
            events: sender,
            screenshot: Arc::new(|| Box::pin(async { Ok(b"\x89PNG".to_vec()) })),
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
            _serving: serving,
        }
    }

    async fn push(&self, text: &str, if_match: Option<&str>) -> Result<String, ClientFailure> {
        self.client.push_settings(text.to_owned(), if_match).await
    }

    /// The whole answer to a request without a body.
    async fn raw(&self, request: &str) -> String {
        let mut stream = UnixStream::connect(paths(self.dir.path()).0).await.unwrap();
        let request = format!("{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let read = timeout(PATIENCE, stream.read_to_string(&mut answer)).await;
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
        clock_synchronized: true,
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
            failures: 1,
            last_error: Some("too many requests".to_owned()),
        },
        content: Some(ContentStatus {
            kind: ContentKind::Report,
            title: "Sales".to_owned(),
            index: 0,
            rendered: true,
        }),
        recoveries: Recoveries::default(),
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
