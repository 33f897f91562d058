//! Any request to the API's settings: no 5xx, and never a bad settings file.
#![no_main]

use std::{cell::LazyCell, fs, path::Path, sync::Arc};

use axum::{
    Extension, Router,
    body::Body,
    http::{Method, Request, header::HeaderName},
};
use everlit::{
    clock,
    player::Player,
    portal::{Caller, Control, Snapshot, Today, router},
    recent::Recent,
    settings::check,
    store::{History, How, SettingsFile},
};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use tokio::{
    runtime::{Builder, Runtime},
    sync::{mpsc, watch},
};
use tower::ServiceExt as _;

const GOOD: &str = "[player]\nname = \"lobby\"\n";

thread_local! {
    static DEVICE: LazyCell<Device> = const { LazyCell::new(Device::new) };
}

fuzz_target!(|bytes: &[u8]| {
    let Some(request) = request(bytes) else {
        return;
    };
    DEVICE.with(|device| device.ask(request));
});

struct Device {
    runtime: Runtime,
    folder: TempDir,
    router: Router,
}

impl Device {
    fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let now = clock::now();
        let status = Player::new(1, now).status(now);
        let (_, status) = watch::channel(Snapshot {
            status,
            taken: now,
            today: Today::default(),
        });
        let control = Control {
            status,
            facts: Arc::new(|| unreachable!("only the status asks for facts")),
            events: mpsc::channel(8).0,
            screenshot: Arc::new(|_| Box::pin(async { Err("none".to_owned()) })),
            running: watch::channel(None).1,
            log: Recent::new(),
            host: String::new(),
            system: Arc::new(String::new),
            more_diagnostics: Arc::new(Vec::new),
            settings: SettingsFile::new(
                folder.path().join("settings.toml"),
                History::open(&folder.path().join("state")),
            ),
        };
        let caller = Caller {
            who: "nobody".to_owned(),
            how: How::Socket,
        };
        let runtime = Builder::new_current_thread().enable_all().build();
        let device = Self {
            runtime: runtime.expect("a runtime"),
            router: router(control).layer(Extension(caller)),
            folder,
        };
        fs::write(device.file(), GOOD).expect("a writable folder");
        device
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("settings.toml")
    }

    fn ask(&self, request: Request<Body>) {
        let router = self.router.clone();
        let answer = self.runtime.block_on(router.oneshot(request));
        let answer = answer.unwrap_or_else(|never| match never {});
        assert!(!answer.status().is_server_error(), "{answer:?}");
        let text = fs::read_to_string(self.file()).expect("the file is there");
        if text != GOOD {
            check(&text, Path::new("settings.toml")).expect("only good settings are written");
            assert!(answer.status().is_success(), "{answer:?}");
            fs::write(self.file(), GOOD).expect("a writable folder");
        }
    }
}

/// The request that the bytes spell: `METHOD`, a line for each header, an empty line, the body.
fn request(bytes: &[u8]) -> Option<Request<Body>> {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n")?;
    let mut lines = bytes[..end].split(|byte| *byte == b'\n');
    let method = Method::from_bytes(lines.next()?).ok()?;
    let mut request = Request::builder().method(method).uri("/api/v1/settings");
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        request = request.header(name, &line[colon + 1..]);
    }
    request.body(Body::from(bytes[end + 2..].to_vec())).ok()
}
