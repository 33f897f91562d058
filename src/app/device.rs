//! The rest of the daemon, as the API and the portal see it.

use std::{path::PathBuf, sync::Arc};

use tokio::sync::{mpsc, watch};

use super::invitation::address;
use crate::{
    clock, links,
    player::Event,
    portal::{
        Control, Facts, PortalDocument, Snapshot, WebProcess, access::Access, door::Entrance,
    },
    recent::Recent,
    settings::Settings,
    store::SettingsFile,
    system,
    timedate::Judgement,
    webview::{self, ViewHandle},
};

const MB: u64 = 1024 * 1024;

/// What the API needs of the other parts.
pub(super) struct Device {
    pub(super) status: watch::Receiver<Snapshot>,
    pub(super) judged: watch::Receiver<Judgement>,
    pub(super) settings: SettingsFile,
    pub(super) running: watch::Receiver<Option<Arc<Settings>>>,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) view: ViewHandle,
    pub(super) memory_limit_mb: u32,
    pub(super) log: Recent,
}

impl Device {
    pub(super) fn control(
        self,
        state_dir: PathBuf,
        access: Access,
        entrance: watch::Receiver<Option<Entrance>>,
    ) -> Control {
        let history = self.settings.history().clone();
        let (judged, view) = (self.judged, self.view);
        let (started, memory_limit) = (clock::now(), u64::from(self.memory_limit_mb) * MB);
        Control {
            status: self.status,
            facts: Arc::new(move || {
                let now = clock::now();
                Facts {
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                    webkit: webview::webkit_version(),
                    now,
                    wall: clock::wall(),
                    web_process: web_process(),
                    memory_limit,
                    clock_synchronized: judged.borrow().synchronized,
                    uptime: now.saturating_duration_since(started),
                    portal: portal(entrance.borrow().as_ref(), &access),
                }
            }),
            events: self.events,
            screenshot: Arc::new(move |width| {
                let view = view.clone();
                Box::pin(async move {
                    let picture = view.screenshot(width).await;
                    picture.map_err(|error| format!("{error:#}"))
                })
            }),
            log: self.log,
            settings: self.settings,
            running: self.running,
            host: system::host(),
            system: words_about_the_system(state_dir),
            more_diagnostics: Arc::new(move || {
                let versions = serde_json::to_vec_pretty(&history.versions());
                vec![("versions.json".to_owned(), versions.unwrap_or_default())]
            }),
        }
    }
}

fn words_about_the_system(state: PathBuf) -> Arc<dyn Fn() -> String + Send + Sync> {
    Arc::new(move || {
        let more = [
            ("addresses", links::addresses_in_words()),
            ("WebKitGTK", webview::webkit_version()),
            ("everlit", env!("CARGO_PKG_VERSION").to_owned()),
        ];
        system::describe(&state, &more)
    })
}

fn portal(entrance: Option<&Entrance>, access: &Access) -> PortalDocument {
    PortalDocument {
        address: entrance.and_then(address).map(Into::into),
        fingerprint: entrance.and_then(|entrance| entrance.fingerprint.clone()),
        claimed: access.is_claimed(),
    }
}

fn web_process() -> Option<WebProcess> {
    let process = webview::web_process()?;
    Some(WebProcess {
        pid: process.pid,
        memory: process.memory_mb * MB,
    })
}
