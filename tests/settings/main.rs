//! The settings file: what it means, every kind of mistake in it, its schema and its examples.

use std::{path::Path, time::Duration};

use everlit::settings::{
    Content, Credential, Cursor, Endpoints, Rotation, SecretRef, Settings, Source, WhenOffline,
    check, host_matches,
};

mod catalogue;
mod diff;
mod form;
mod form_playlist;
mod form_properties;
mod mistakes;
mod schema;
mod secrets;
mod update;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const UUID: &str = "7f1d3c5a-0b2e-4c6d-8e9f-a1b2c3d4e5f6";

fn parse(text: &str) -> Settings {
    Settings::parse(text, Path::new("s.toml")).unwrap_or_else(|problems| panic!("{problems}"))
}

fn problems(text: &str) -> String {
    let result = Settings::parse(text, Path::new("s.toml"));
    result.expect_err("the file is bad").to_string()
}

/// A `[powerbi]` table with these lines besides the three that it needs.
fn powerbi(lines: &str) -> String {
    format!(
        "[powerbi]\ntenant_id = \"{UUID}\"\nclient_id = \"{UUID}\"\nclient_secret = \"pbi\"\n{lines}\n"
    )
}

fn endpoints(text: &str) -> Endpoints {
    match parse(text).source {
        Some(Source::ServicePrincipal(principal)) => principal.endpoints,
        other => panic!("no service principal: {other:?}"),
    }
}

fn refresh_every(text: &str) -> Result<Duration, String> {
    Settings::parse(
        &format!("token.refresh_every = {text}"),
        Path::new("s.toml"),
    )
    .map(|settings| settings.token.refresh_every)
    .map_err(|problems| problems.to_string())
}

#[test]
fn an_empty_file_is_an_unconfigured_device_with_good_defaults() {
    for text in ["", " \n\t\n", "# nothing yet\n", "\u{feff}"] {
        let settings = parse(text);
        assert_eq!(settings.name, None);
        assert_eq!(settings.source, None);
        assert_eq!(settings.playlist, []);
        assert_eq!(settings.embed_hosts(), [] as [&str; 0]);
        assert_eq!(settings.token.refresh_every, 40 * MINUTE);
        assert!(settings.token.refresh_on_interaction);
        assert_eq!(settings.token.refresh_before_expiry, 10 * MINUTE);
        assert_eq!(settings.display.rotate, Rotation::None);
        assert_eq!(settings.display.zoom, 1.0);
        assert_eq!(settings.display.cursor, Cursor::Hidden);
        assert!(settings.display.schedule.is_empty());
        assert_eq!(settings.network.proxy, None);
        assert!(settings.network.trusted_certificates.is_empty());
        assert_eq!(settings.portal.listen.to_string(), "127.0.0.1:8400");
        assert_eq!(settings.portal.identity, None);
        assert!(settings.portal.hosts.is_empty());
        assert!(!settings.portal.open_metrics);
        assert_eq!(settings.recovery.load_limit, MINUTE);
        assert_eq!(settings.recovery.heartbeat_limit, 5 * SECOND);
        assert_eq!(settings.recovery.blank_after, MINUTE);
        assert_eq!(settings.recovery.when_offline, WhenOffline::Keep);
        assert_eq!(settings.recovery.offline_limit, 8 * HOUR);
        assert_eq!(settings.recovery.confirm_within, 3 * MINUTE);
    }
}

#[test]
fn the_smallest_useful_file_shows_a_report() {
    let settings = parse(include_str!("../../config/minimal.toml"));
    let Some(Source::ServicePrincipal(principal)) = &settings.source else {
        panic!("no service principal: {settings:?}");
    };
    assert_eq!(principal.tenant_id, "contoso.onmicrosoft.com");
    let secret = SecretRef::Credential("powerbi-secret".to_owned());
    assert_eq!(principal.credential, Credential::ClientSecret(secret));
    let [entry] = &settings.playlist[..] else {
        panic!("not one entry: {settings:?}");
    };
    assert_eq!(entry.show_for, MINUTE);
    assert!(matches!(&entry.content, Content::Report(report) if report.identity.is_none()));
    let hosts = [
        "*.powerbi.com",
        "*.fabric.microsoft.com",
        "*.analysis.windows.net",
    ];
    assert_eq!(settings.embed_hosts(), hosts);
}

#[test]
fn every_value_that_is_set_arrives() {
    let text = powerbi("cloud = 'china'")
        + &format!(
            r#"
            [[playlist]]
            report_id = "{UUID}"
            workspace_id = "{UUID}"
            page = "Sales"
            bookmark = "June"
            seconds = 1.5
            [playlist.identity]
            username = "lobby@example.com"
            roles = ["North", "South"]
            [[playlist]]
            url = "http://intranet.example.com/wall"
            reload_every = "1 h"
            allow = ["LOGIN.example.com", "*.Example.org", "10.0.0.1"]
            [display]
            rotate = 270
            zoom = 2
            cursor = "shown"
            schedule = "Mon-Fri 07:00-19:00"
            [network]
            proxy = "http://proxy.example.com:3128"
            trusted_certificates = ["/etc/company.pem"]
            [recovery]
            when_offline = "slate"
            "#
        );
    let settings = parse(&text);
    let Content::Report(report) = &settings.playlist[0].content else {
        panic!("no report first: {settings:?}");
    };
    assert_eq!(report.page.as_deref(), Some("Sales"));
    assert_eq!(report.bookmark.as_deref(), Some("June"));
    assert_eq!(settings.playlist[0].show_for, Duration::from_millis(1500));
    let identity = report.identity.as_ref().expect("it has an identity");
    assert_eq!(identity.username, "lobby@example.com");
    assert_eq!(identity.roles, ["North", "South"]);
    let Content::Page(page) = &settings.playlist[1].content else {
        panic!("no page second: {settings:?}");
    };
    assert_eq!(page.url.as_str(), "http://intranet.example.com/wall");
    assert_eq!(page.reload_every, Some(HOUR));
    assert_eq!(
        page.allow,
        ["login.example.com", "*.example.org", "10.0.0.1"]
    );
    assert_eq!(settings.display.rotate, Rotation::Clockwise270);
    assert_eq!(settings.display.zoom, 2.0);
    assert_eq!(settings.display.cursor, Cursor::Shown);
    assert_eq!(settings.display.schedule, ["Mon-Fri 07:00-19:00"]);
    let proxy = settings.network.proxy.expect("it has a proxy");
    assert_eq!(proxy.as_str(), "http://proxy.example.com:3128/");
    assert_eq!(
        settings.network.trusted_certificates,
        [Path::new("/etc/company.pem")]
    );
    assert_eq!(settings.recovery.when_offline, WhenOffline::Slate);
}

#[test]
fn a_certificate_takes_the_place_of_the_secret() {
    let text = powerbi("client_certificate = '/etc/pbi.crt'\nclient_key = 'pbi-key'");
    let settings = parse(&text.replace("client_secret = \"pbi\"\n", ""));
    let Some(Source::ServicePrincipal(principal)) = settings.source else {
        panic!("no service principal");
    };
    let expected = Credential::Certificate {
        certificate: SecretRef::File("/etc/pbi.crt".into()),
        key: SecretRef::Credential("pbi-key".to_owned()),
    };
    assert_eq!(principal.credential, expected);
}

#[test]
fn a_token_service_may_name_its_own_embed_hosts() {
    let text = "[token_service]\nurl = 'http://127.0.0.1:9/token'\n";
    assert_eq!(parse(text).embed_hosts()[0], "*.powerbi.com");
    let own = text.to_owned() + "embed_hosts = ['app.powerbi.cn']";
    assert_eq!(parse(&own).embed_hosts(), ["app.powerbi.cn"]);
}

#[test]
fn each_cloud_has_its_own_addresses() {
    let rows = [
        (
            "public",
            "login.microsoftonline.com",
            "analysis.windows.net",
            "api.powerbi.com",
            "app.powerbi.com",
        ),
        (
            "us-gov-gcc",
            "login.microsoftonline.com",
            "analysis.usgovcloudapi.net",
            "api.powerbigov.us",
            "app.powerbigov.us",
        ),
        (
            "us-gov-gcc-high",
            "login.microsoftonline.us",
            "high.analysis.usgovcloudapi.net",
            "api.high.powerbigov.us",
            "app.high.powerbigov.us",
        ),
        (
            "us-gov-dod",
            "login.microsoftonline.us",
            "mil.analysis.usgovcloudapi.net",
            "api.mil.powerbigov.us",
            "app.mil.powerbigov.us",
        ),
        (
            "china",
            "login.chinacloudapi.cn",
            "analysis.chinacloudapi.cn",
            "api.powerbi.cn",
            "app.powerbi.cn",
        ),
    ];
    for (cloud, authority, resource, api, app) in rows {
        let found = endpoints(&powerbi(&format!("cloud = '{cloud}'")));
        assert_eq!(found.authority.as_str(), format!("https://{authority}/"));
        assert_eq!(
            found.scope,
            format!("https://{resource}/powerbi/api/.default")
        );
        assert_eq!(found.api.as_str(), format!("https://{api}/"));
        assert!(
            found.embed_hosts.iter().any(|host| host_matches(host, app)),
            "{cloud}: {app}"
        );
    }
}

#[test]
fn endpoints_override_the_clouds_one_by_one() {
    let found = endpoints(&powerbi("endpoints.api = 'http://localhost:8443/'"));
    assert_eq!(found.api.as_str(), "http://localhost:8443/");
    assert_eq!(
        found.authority.as_str(),
        "https://login.microsoftonline.com/"
    );
    let found = endpoints(&powerbi("endpoints.embed_hosts = ['app.powerbi.com']"));
    assert_eq!(found.embed_hosts, ["app.powerbi.com"]);
}

#[test]
fn durations_read_as_people_write_them() {
    let rows = [
        ("40 min", 40 * MINUTE),
        ("40min", 40 * MINUTE),
        ("40m", 40 * MINUTE),
        ("  1 h 30 min ", 90 * MINUTE),
        ("1h30m5s", 90 * MINUTE + 5 * SECOND),
        ("1.5 hours", 90 * MINUTE),
        ("5 s", 5 * SECOND),
        ("2 Seconds", 2 * SECOND),
        ("1 s 500 ms", Duration::from_millis(1500)),
        ("1500 ms", Duration::from_millis(1500)),
        ("1 d", 24 * HOUR),
    ];
    for (text, expected) in rows {
        assert_eq!(refresh_every(&format!("'{text}'")), Ok(expected), "{text}");
    }
}

#[test]
fn text_that_is_no_duration_is_refused() {
    let example = "write a duration such as \"5 s\", \"40 min\" or \"1 h 30 min\"";
    let bad = [
        "",
        " ",
        "40",
        "min",
        "40 parsecs",
        "-5 s",
        "5 s 5 s",
        "5 s 1 h",
        "1..5 s",
        "5 s,",
        "∞ s",
    ];
    for text in bad {
        let expected = format!("s.toml:1:23: token.refresh_every: is no duration; {example}");
        assert_eq!(refresh_every(&format!("'{text}'")), Err(expected), "{text}");
    }
}

#[test]
fn a_host_pattern_means_subdomains_and_not_the_domain_itself() {
    assert!(host_matches("app.powerbi.com", "App.PowerBI.com"));
    assert!(host_matches("*.powerbi.com", "app.powerbi.com"));
    assert!(host_matches("*.PowerBI.com", "wabi.north.POWERBI.com"));
    for host in [
        "powerbi.com",
        ".powerbi.com",
        "evilpowerbi.com",
        "powerbi.com.evil.org",
        "",
        "é.com",
    ] {
        assert!(!host_matches("*.powerbi.com", host), "{host}");
    }
    assert!(!host_matches("powerbi.com", "app.powerbi.com"));
}

#[test]
fn keys_without_effect_are_noted_where_they_stand() {
    let text = "[display]\nzoom = 1.0\nrotate = 90\n[recovery]\nload_limit = '5 s'\nconfirm_within = '50 s'\n\
        [portal]\nlisten = '[::1]:80'\nopen_metrics = true\n";
    let checked = check(text, Path::new("s.toml")).expect("the file is good");
    let notes: Vec<_> = checked.notes.iter().map(ToString::to_string).collect();
    let expected = ["s.toml:3:1: display.rotate: has no effect yet"];
    assert_eq!(notes, expected);
}
