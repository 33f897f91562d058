//! The control socket, with a made-up player behind it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use everlit::{
    player::Event,
    portal::{
        Control, ControlSocket, Loss, Refusal, Snapshot,
        access::Access,
        client::{Client, ClientFailure},
        local::local_router,
    },
    recent::Recent,
    settings::Settings,
    store::{History, SettingsFile},
};
use made_up::{GOOD, control};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    sync::{mpsc, watch},
    task::JoinSet,
    time::timeout,
};

mod answers;
mod anything;
mod awaiting;
mod described;
mod diagnostics;
mod endurance;
mod exposition;
#[path = "../lines/mod.rs"]
mod lines;
mod log;
mod made_up;
mod metrics;
mod monitoring;
mod openapi;
mod routes;
mod settings;
mod socket;
mod versions;

/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A control socket with a made-up player behind it.
struct Device {
    dir: TempDir,
    client: Client,
    control: Control,
    history: History,
    status: watch::Sender<Snapshot>,
    events: mpsc::Receiver<Event>,
    log: Recent,
    /// Kept for those who wait for other settings.
    _running: watch::Sender<Option<Arc<Settings>>>,
    _serving: JoinSet<Loss>,
}

impl Device {
    async fn start() -> Self {
        Self::start_in(TempDir::new().unwrap()).await
    }

    async fn start_in(dir: TempDir) -> Self {
        let (socket_path, settings_path) = paths(dir.path());
        fs::write(&settings_path, GOOD).unwrap();
        let history = History::open(&dir.path().join("state"));
        let settings = SettingsFile::new(settings_path, history.clone());
        let (control, strings) = control(settings);
        let socket = ControlSocket::bind(&socket_path).await.unwrap();
        let mut serving = JoinSet::new();
        let access = Access::open(&dir.path().join("keys"));
        serving.spawn(socket.serve(local_router(control.clone(), access)));
        Self {
            client: Client::new(&socket_path).unwrap(),
            control,
            history,
            dir,
            status: strings.status,
            events: strings.events,
            log: strings.log,
            _running: strings.running,
            _serving: serving,
        }
    }

    async fn push(&self, text: &str, if_match: Option<&str>) -> Result<String, ClientFailure> {
        self.client.push_settings(text.to_owned(), if_match).await
    }

    /// The whole answer to a request below `/api/v1/`.
    async fn send(
        &self,
        method: &str,
        place: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> String {
        let length = body.len();
        let headers: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let request = format!(
            "{method} /api/v1/{place} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             content-length: {length}\r\n{headers}\r\n{body}"
        );
        String::from_utf8(self.exchange(&request).await).unwrap()
    }

    /// The whole answer to a request without a body.
    async fn raw(&self, request: &str) -> String {
        String::from_utf8(self.raw_bytes(request).await).unwrap()
    }

    async fn raw_bytes(&self, request: &str) -> Vec<u8> {
        self.exchange(&format!(
            "{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        ))
        .await
    }

    async fn exchange(&self, request: &str) -> Vec<u8> {
        let mut stream = UnixStream::connect(paths(self.dir.path()).0).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        read.unwrap().unwrap();
        answer
    }

    fn socket_path(&self) -> PathBuf {
        paths(self.dir.path()).0
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

fn refused<T: std::fmt::Debug>(result: Result<T, ClientFailure>) -> Refusal {
    match result.unwrap_err() {
        ClientFailure::Refused(refusal) => refusal,
        other @ (ClientFailure::Unreachable { .. } | ClientFailure::Nonsense(_)) => {
            panic!("{other}")
        }
    }
}
