//! Every kind of mistake, with the exact words that the operator reads.

use everlit::settings::Settings;

use crate::{UUID, powerbi, problems};

/// Bad texts and all the problems that each must show, in this order. `UUID` stands for a UUID.
fn assert_problems(rows: &[(&str, &[&str])]) {
    for (text, expected) in rows {
        let found = problems(&text.replace("UUID", UUID)).replace(UUID, "UUID");
        assert_eq!(found.lines().collect::<Vec<_>>(), *expected, "{text}");
    }
}

#[test]
fn text_that_is_no_toml() {
    assert_problems(&[
        (
            "[token\nrefresh_every = '40 min'\nx = = 3\n",
            &[
                "s.toml:1:7: unclosed table; expected `]`",
                "s.toml:3:5: extra `=`",
            ],
        ),
        ("[token]\n[token]\n", &["s.toml:2:2: duplicate key"]),
        ("title", &["s.toml:1:6: key with no value; expected `=`"]),
        (
            "x = 'é' y\n",
            &["s.toml:1:9: unexpected key or value; expected newline, `#`"],
        ),
        (
            "x = \"abc",
            &["s.toml:1:9: invalid basic string; expected `\"`"],
        ),
    ]);
}

#[test]
fn keys_that_nobody_knows() {
    let rows: &[(&str, &[&str])] = &[
        (
            "[token]\nrefresh_evry = 1\n'refresh every' = 1\nRefresh-Every = 1\n",
            &[
                "s.toml:2:1: token.refresh_evry: is no known key; did you mean \"refresh_every\"?",
                "s.toml:3:1: token.\"refresh every\": is no known key; did you mean \"refresh_every\"?",
                "s.toml:4:1: token.Refresh-Every: is no known key; did you mean \"refresh_every\"?",
            ],
        ),
        (
            "[[plalist]]\n[nonsense.deep]\n",
            &[
                "s.toml:1:3: plalist: is no known key; did you mean \"playlist\"?",
                "s.toml:2:2: nonsense: is no known key; known here: player, token, powerbi, \
                 token_service, playlist, display, network, portal, recovery, \
                 update",
            ],
        ),
        (
            "[[playlist]]\nurl = 'https://a.example'\nzoom = 2\n",
            &[
                "s.toml:3:1: playlist[0].zoom: is no known key; known here: seconds, report_id, \
                 workspace_id, page, bookmark, identity, url, reload_every, allow",
            ],
        ),
    ];
    assert_problems(rows);
}

#[test]
fn values_of_the_wrong_kind() {
    assert_problems(&[
        (
            "token = 5\n[[powerbi]]\n[playlist]\nurl = 'https://a.example'\n",
            &[
                "s.toml:1:9: token: must be a table, not a number; write it as [token]",
                "s.toml:2:1: powerbi: must be a table, not a list; write it as [powerbi]",
                "s.toml:3:1: playlist: must be a list, not a table; write each entry as [[playlist]]",
            ],
        ),
        (
            "playlist = ['a', { url = 5, seconds = '5 s', allow = 'x' }]",
            &[
                "s.toml:1:13: playlist[0]: must be a table, not a text; write each entry as [[playlist]]",
                "s.toml:1:26: playlist[1].url: must be a text, not a number; \
                 write an address such as \"https://example.com/dashboard\"",
                "s.toml:1:39: playlist[1].seconds: must be a number, not a text; \
                 write a number from 1 to 86400",
                "s.toml:1:54: playlist[1].allow: must be a list, not a text; write host names \
                 without https:// and port, such as \"example.com\" or \"*.example.com\"",
            ],
        ),
        (
            "[portal]\nopen_metrics = 1\nlisten = 2026-01-01\n[player]\nname = true\n",
            &[
                "s.toml:2:16: portal.open_metrics: must be true or false, not a number; \
                 write true or false, without quotes",
                "s.toml:3:10: portal.listen: must be a text, not a date; \
                 write ADDRESS:PORT, such as \"127.0.0.1:8400\"",
                "s.toml:5:8: player.name: must be a text, not true or false; \
                 write a text of 1 to 64 characters",
            ],
        ),
    ]);
}

#[test]
fn durations_without_unit_or_out_of_range() {
    assert_problems(&[
        (
            "[token]\nrefresh_every = 40\nrefresh_before_expiry = 0.5\n",
            &[
                "s.toml:2:17: token.refresh_every: has no unit; write \"40 s\" or \"40 min\"",
                "s.toml:3:25: token.refresh_before_expiry: has no unit; \
                 write it as text with a unit, such as \"5 s\" or \"40 min\"",
            ],
        ),
        (
            "[token]\nrefresh_every = '500 ms'\nrefresh_before_expiry = '25 h'\n\
             [recovery]\nheartbeat_limit = '0 s'\noffline_limit = '999999999999999999999 d'\n",
            &[
                "s.toml:2:17: token.refresh_every: is too short; \
                 write a duration from \"1 s\" to \"24 h\"",
                "s.toml:3:25: token.refresh_before_expiry: is too long; \
                 write a duration from \"1 s\" to \"24 h\"",
                "s.toml:5:19: recovery.heartbeat_limit: is too short; \
                 write a duration from \"1 s\" to \"1 h\"",
                "s.toml:6:17: recovery.offline_limit: is no duration; \
                 write a duration such as \"5 s\", \"40 min\" or \"1 h 30 min\"",
            ],
        ),
    ]);
}

#[test]
fn a_service_principal_that_is_not_complete() {
    let row: &[&str] = &[
        "s.toml:2:1: powerbi.tenant_id: is missing; add the directory's UUID or domain name",
        "s.toml:2:1: powerbi.client_id: is missing; add the application's UUID",
        "s.toml:2:1: powerbi.client_secret: is missing; add where the secret is kept, \
         or client_certificate and client_key",
    ];
    assert_problems(&[("\n[powerbi]\n", row)]);
    let half = |line: &str| problems(&powerbi(line).replace("client_secret = \"pbi\"\n", ""));
    assert_eq!(
        half("client_certificate = 'a'"),
        "s.toml:1:1: powerbi.client_key: is missing; add where the certificate's key is kept"
    );
    assert_eq!(
        half("client_key = 'a'"),
        "s.toml:1:1: powerbi.client_certificate: is missing; add where the key's certificate is kept"
    );
}

#[test]
fn two_ways_where_one_is_meant() {
    let beside = "stands beside client_secret; keep either client_secret, \
                  or client_certificate and client_key";
    assert_eq!(
        problems(&powerbi("client_certificate = 'a'\nclient_key = 'b'")),
        format!("s.toml:5:1: powerbi.client_certificate: {beside}")
    );
    assert_eq!(
        problems(&powerbi("client_key = 'b'")),
        format!("s.toml:5:1: powerbi.client_key: {beside}")
    );
    assert_eq!(
        problems(&powerbi("[token_service]\nurl = 'https://a.example'")),
        "s.toml:5:1: token_service: stands beside [powerbi]; keep one source of tokens"
    );
}

#[test]
fn a_service_principal_with_everything_wrong() {
    let text = "[powerbi]\ntenant_id = 'contoso'\nclient_id = 'x'\nclient_secret = 'secrets/pbi.txt'\n\
        cloud = 'germany'\n[powerbi.endpoints]\nauthority = 'http://login.example.com'\n\
        scope = 'https://analysis.windows.net/powerbi/api'\napi = 'api.powerbi.com'\nembed_hosts = []\n";
    assert_problems(&[(
        text,
        &[
            "s.toml:2:13: powerbi.tenant_id: is neither a UUID nor a domain name; write the \
             directory's UUID or domain name, such as \"contoso.onmicrosoft.com\"",
            "s.toml:3:13: powerbi.client_id: is no UUID; write it as in \"UUID\"",
            "s.toml:4:17: powerbi.client_secret: is neither a credential's name nor an absolute \
             path; write the name of a systemd credential, such as \"powerbi-secret\", or the \
             absolute path of a file that holds the secret",
            "s.toml:5:9: powerbi.cloud: is no known word; write one of \"public\", \
             \"us-gov-gcc\", \"us-gov-gcc-high\", \"us-gov-dod\", \"china\"",
            "s.toml:7:13: powerbi.endpoints.authority: is not encrypted; write it with https://",
            "s.toml:8:9: powerbi.endpoints.scope: does not end with /.default; write one such as \
             \"https://analysis.windows.net/powerbi/api/.default\"",
            "s.toml:9:7: powerbi.endpoints.api: is no address; \
             write an address such as \"https://example.com/path\"",
            "s.toml:10:15: powerbi.endpoints.embed_hosts: is empty; write host names without \
             https:// and port, such as \"example.com\" or \"*.example.com\"",
        ],
    )]);
}

#[test]
fn a_token_service_that_cannot_be_asked() {
    let hosts = "is no host name; write host names without https:// and port, \
                 such as \"example.com\" or \"*.example.com\"";
    assert_eq!(
        problems(
            "[token_service]\nembed_hosts = ['https://a.example', '*', 'a:80', '*.10.0.0.1']\n"
        ),
        format!(
            "s.toml:1:1: token_service.url: is missing; add the address that answers with a token\n\
             s.toml:2:16: token_service.embed_hosts[0]: {hosts}\n\
             s.toml:2:37: token_service.embed_hosts[1]: {hosts}\n\
             s.toml:2:42: token_service.embed_hosts[2]: {hosts}\n\
             s.toml:2:50: token_service.embed_hosts[3]: {hosts}"
        )
    );
}

#[test]
fn playlist_entries_that_are_neither_report_nor_page() {
    assert_problems(&[(
        "[[playlist]]\nreport_id = 'UUID'\nreload_every = '5 s'\nallow = []\n\
         [[playlist]]\nurl = 'ftp://x'\nworkspace_id = 'UUID'\n\
         [[playlist]]\nurl = 'https://user:pass@x'\nreport_id = 'UUID'\n\
         [[playlist]]\nseconds = 0.5\n",
        &[
            "s.toml:1:1: playlist[0].workspace_id: is missing; add the UUID of the report's workspace",
            "s.toml:2:13: playlist[0].report_id: needs tokens, and the file tells no source of them; \
             add a [powerbi] or a [token_service] table",
            "s.toml:3:1: playlist[0].reload_every: is for web pages; leave it out of a report",
            "s.toml:4:1: playlist[0].allow: is for web pages; leave it out of a report",
            "s.toml:6:7: playlist[1].url: is no http or https address; \
             write an address such as \"https://example.com/dashboard\"",
            "s.toml:7:1: playlist[1].workspace_id: is for reports; leave it out of a web page",
            "s.toml:9:1: playlist[2].url: stands beside report_id; \
             keep report_id for a report, or url for a web page",
            "s.toml:11:1: playlist[3]: has neither report_id nor url; \
             add report_id and workspace_id for a report, or url for a web page",
            "s.toml:12:11: playlist[3].seconds: is out of range; write a number from 1 to 86400",
        ],
    )]);
}

#[test]
fn an_identity_that_power_bi_would_refuse() {
    let identity = |lines: &str| {
        let report = format!("report_id = '{UUID}'\nworkspace_id = '{UUID}'\n");
        problems(&powerbi(&format!(
            "[[playlist]]\n{report}[playlist.identity]\n{lines}"
        )))
    };
    let long = "n".repeat(257);
    let many = vec!["'r'"; 51].join(", ");
    let key = "playlist[0].identity";
    assert_eq!(
        identity(&format!(
            "username = '{long}'\nroles = ['a,b', '', '{}']",
            "r".repeat(51)
        )),
        format!(
            "s.toml:9:12: {key}.username: is too long; write a text of 1 to 256 characters\n\
             s.toml:10:10: {key}.roles[0]: has a comma; write each role as a text of its own\n\
             s.toml:10:17: {key}.roles[1]: is empty; write a text of 1 to 50 characters\n\
             s.toml:10:21: {key}.roles[2]: is too long; write a text of 1 to 50 characters"
        )
    );
    assert_eq!(
        identity(&format!("roles = [{many}]")),
        format!(
            "s.toml:8:1: {key}.username: is missing; add the user name that the data set's rules go by\n\
             s.toml:9:9: {key}.roles: has more than 50 roles; keep 50 at most"
        )
    );
}

#[test]
fn a_screen_a_network_and_a_portal_that_cannot_be() {
    assert_problems(&[(
        "[display]\nrotate = 45\nzoom = 10\ncursor = 'hiden'\nschedule = ['', 7]\n\
         [network]\nproxy = 'proxy:3128'\ntrusted_certificates = ['company.pem']\n\
         [portal]\nlisten = 'localhost:8400'\n[player]\nname = \" \"\n[recovery]\nwhen_offline = 'go'\n",
        &[
            "s.toml:2:10: display.rotate: is no quarter turn; write 0, 90, 180 or 270",
            "s.toml:3:8: display.zoom: is out of range; write a number from 0.25 to 5",
            "s.toml:4:10: display.cursor: is no known word; did you mean \"hidden\"?",
            "s.toml:5:13: display.schedule[0]: is empty; write a text of 1 to 200 characters",
            "s.toml:5:17: display.schedule[1]: must be a text, not a number; \
             write a text of 1 to 200 characters",
            "s.toml:7:9: network.proxy: is no http or https address; \
             write an address such as \"http://proxy.example.com:3128\"",
            "s.toml:8:25: network.trusted_certificates[0]: is no absolute path; \
             write an absolute path, such as \"/etc/everlit/company.pem\"",
            "s.toml:10:10: portal.listen: is no address with a port; \
             write ADDRESS:PORT, such as \"127.0.0.1:8400\"",
            "s.toml:12:8: player.name: is empty; write a text of 1 to 64 characters",
            "s.toml:14:16: recovery.when_offline: is no known word; write one of \"keep\", \"slate\"",
        ],
    )]);
}

#[test]
fn a_portal_needs_both_its_certificate_and_its_key() {
    assert_problems(&[
        (
            "[portal]\ncertificate = '/etc/everlit/portal.crt'\nhosts = ['*.example.com', 'wall7']\n",
            &[
                "s.toml:1:1: portal.key: is missing; add where the certificate's key is kept",
                "s.toml:3:10: portal.hosts[0]: is no host name; \
                 write host names without https:// and port, such as \"wall7.example.com\"",
            ],
        ),
        (
            "[portal]\nkey = 'portal-key'\n",
            &[
                "s.toml:1:1: portal.certificate: is missing; add where the key's certificate is kept",
            ],
        ),
    ]);
}

#[test]
fn a_problem_without_a_place_names_the_file_only() {
    let mut problems = Settings::parse("x", "s.toml".as_ref()).expect_err("it is bad");
    let problem = &mut problems.0[0];
    problem.line = 0;
    problem.problem = "cannot be read".to_owned();
    problem.remedy = String::new();
    assert_eq!(problem.to_string(), "s.toml: cannot be read");
}

#[test]
fn plain_http_is_fine_on_this_machine_only() {
    for host in [
        "localhost",
        "a.localhost",
        "127.0.0.1:80",
        "127.9.9.9",
        "[::1]:8443",
    ] {
        crate::parse(&format!("token_service.url = 'http://{host}/'"));
    }
    for host in ["10.0.0.1", "localhost.example.com", "[::2]", "notlocalhost"] {
        let found = problems(&format!("token_service.url = 'http://{host}/'"));
        assert!(found.contains("is not encrypted"), "{host}: {found}");
    }
}
