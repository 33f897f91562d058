//! A made-up player behind the API.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use everlit::{
    clock,
    player::{
        ContentKind, ContentStatus, Detections, Event, Failures, Phase, Recoveries, RecoveryTimes,
        SettingsState, SettingsStatus, Status, TokenState, TokenStatus,
    },
    portal::{Control, Facts, PortalDocument, Snapshot, Today, WebProcess},
    recent::Recent,
    settings::{Problem, Settings},
    store::{self, SettingsFile},
};
use tokio::sync::{mpsc, watch};

/// A settings file that is good.
pub(crate) const GOOD: &str = "[player]\nname = \"lobby\"\n";

/// The ends of a made-up player's channels.
pub(crate) struct Strings {
    pub(crate) status: watch::Sender<Snapshot>,
    pub(crate) running: watch::Sender<Option<Arc<Settings>>>,
    pub(crate) events: mpsc::Receiver<Event>,
    pub(crate) log: Recent,
}

/// What the API sees of a made-up player.
pub(crate) fn control(settings: SettingsFile) -> (Control, Strings) {
    let now = clock::now();
    let (status, status_reader) = watch::channel(snapshot(now, settings.path()));
    let (running, running_reader) = watch::channel(None);
    let (sender, events) = mpsc::channel(8);
    let log = Recent::new();
    let control = Control {
        status: status_reader,
        facts: Arc::new(move || facts(now)),
        events: sender,
        screenshot: Arc::new(|_| Box::pin(async { Ok(b"\x89PNG".to_vec()) })),
        running: running_reader,
        log: log.clone(),
        host: "tv 2/floor".to_owned(),
        system: Arc::new(|| "host: tv\n".to_owned()),
        more_diagnostics: Arc::new(|| vec![("versions.json".to_owned(), b"[]".to_vec())]),
        settings,
    };
    let strings = Strings {
        status,
        running,
        events,
        log,
    };
    (control, strings)
}

fn facts(taken: Instant) -> Facts {
    Facts {
        version: "1.2.3".to_owned(),
        webkit: "2.50.1".to_owned(),
        now: taken + Duration::from_secs(10),
        wall: "2026-05-01T12:00:00Z".parse().unwrap(),
        web_process: Some(WebProcess {
            pid: 4711,
            memory: 300_000_000,
        }),
        memory_limit: 500_000_000,
        clock_synchronized: true,
        uptime: Duration::from_secs(3600),
        portal: PortalDocument::default(),
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
            is_failing: false,
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
            is_undone: false,
            trial: None,
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
        is_drawn: true,
    };
    let today = Today::default();
    Snapshot {
        status,
        taken,
        today,
    }
}
