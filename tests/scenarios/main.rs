//! Stories of about ten lines: what the viewer sees when something happens.

mod counts;
mod expiry;
mod glass;
mod incidents;
mod invitation;
mod life;
mod patience;
mod trial;
mod trouble;
mod wall;

use std::time::Duration;

use everlit::{
    player::TokenFailure,
    settings::{
        Content, Cursor, Display, Entry, Network, Portal, Recovery, Report, Rotation, Settings,
        TokenSettings, WebPage, WhenOffline,
    },
};

fn mins(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

fn report(id: &str) -> Entry {
    Entry {
        content: Content::Report(Report {
            workspace_id: "w".into(),
            report_id: id.into(),
            page: None,
            bookmark: None,
            identity: None,
        }),
        show_for: mins(1),
    }
}

fn page(url: &str) -> Entry {
    Entry {
        content: Content::Page(WebPage {
            url: url.parse().expect("a URL"),
            reload_every: None,
            allow: Vec::new(),
        }),
        show_for: mins(1),
    }
}

fn denied() -> TokenFailure {
    TokenFailure::Denied {
        code: "AADSTS7000215".into(),
        reason: "wrong secret".into(),
        remedy: "make a new one".into(),
    }
}

fn unreachable() -> TokenFailure {
    TokenFailure::Unreachable {
        host: "login.example".into(),
        reason: "no route".into(),
    }
}

fn settings(playlist: &[Entry]) -> Settings {
    Settings {
        name: Some("hall".into()),
        token: TokenSettings {
            refresh_every: mins(40),
            refresh_on_interaction: true,
            refresh_before_expiry: mins(10),
        },
        source: None,
        playlist: playlist.to_vec(),
        display: Display {
            rotate: Rotation::None,
            zoom: 1.0,
            cursor: Cursor::Hidden,
            schedule: Vec::new(),
        },
        network: Network::default(),
        portal: Portal {
            listen: "127.0.0.1:8400".parse().expect("an address"),
            identity: None,
            hosts: Vec::new(),
            open_metrics: false,
        },
        update: None,
        recovery: Recovery {
            load_limit: mins(1),
            heartbeat_limit: Duration::from_secs(5),
            blank_after: mins(1),
            when_offline: WhenOffline::Keep,
            offline_limit: mins(60),
            confirm_within: mins(2),
        },
    }
}
