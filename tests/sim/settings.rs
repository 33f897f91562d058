//! The one builder of settings: a device with all defaults, to be changed field by field.

use std::time::Duration;

use everlit::settings::{
    Content, Credential, Cursor, Display, Endpoints, Entry, Network, Portal, Recovery, Report,
    Rotation, SecretRef, ServicePrincipal, Settings, Source, TokenSettings, WebPage, WhenOffline,
};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// One report, all defaults; only the heartbeat is slow, since beats cost the most time.
pub(crate) fn one_report() -> Settings {
    Settings {
        name: Some("lobby".to_owned()),
        token: TokenSettings {
            refresh_every: 40 * MINUTE,
            refresh_on_interaction: true,
            refresh_before_expiry: 10 * MINUTE,
        },
        source: Some(Source::ServicePrincipal(principal())),
        playlist: vec![entry(report(1))],
        display: Display {
            rotate: Rotation::None,
            zoom: 1.0,
            cursor: Cursor::Hidden,
            schedule: Vec::new(),
        },
        network: Network::default(),
        portal: Portal {
            listen: ([127, 0, 0, 1], 8400).into(),
            identity: None,
            hosts: Vec::new(),
            open_metrics: false,
        },
        update: None,
        recovery: Recovery {
            load_limit: MINUTE,
            heartbeat_limit: MINUTE,
            blank_after: MINUTE,
            when_offline: WhenOffline::Keep,
            offline_limit: 8 * HOUR,
            confirm_within: 2 * MINUTE,
        },
    }
}

/// What shows these contents in turn.
pub(crate) fn playlist(contents: &[Content]) -> Settings {
    Settings {
        playlist: contents.iter().cloned().map(entry).collect(),
        ..one_report()
    }
}

pub(crate) fn report(number: u64) -> Content {
    Content::Report(Report {
        workspace_id: "11111111-1111-4111-8111-111111111111".to_owned(),
        report_id: format!("22222222-2222-4222-8222-{number:012}"),
        page: None,
        bookmark: None,
        identity: None,
    })
}

pub(crate) fn web_page(number: u64) -> Content {
    let url = format!("https://intranet.example/board/{number}");
    Content::Page(WebPage {
        url: url.parse().expect("a good address"),
        reload_every: None,
        allow: Vec::new(),
    })
}

fn entry(content: Content) -> Entry {
    Entry {
        content,
        show_for: 5 * MINUTE,
    }
}

fn principal() -> ServicePrincipal {
    ServicePrincipal {
        tenant_id: "33333333-3333-4333-8333-333333333333".to_owned(),
        client_id: "44444444-4444-4444-8444-444444444444".to_owned(),
        credential: Credential::ClientSecret(SecretRef::Credential("powerbi".to_owned())),
        endpoints: Endpoints {
            authority: "https://login.microsoftonline.com/"
                .parse()
                .expect("a good address"),
            scope: "https://analysis.windows.net/powerbi/api/.default".to_owned(),
            api: "https://api.powerbi.com/".parse().expect("a good address"),
            embed_hosts: vec!["app.powerbi.com".to_owned()],
        },
    }
}
