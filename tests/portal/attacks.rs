//! Attacks, each tried.

use std::net::TcpStream as Wire;

use super::*;

/// Sends bytes as they are, and answers whatever comes back until the other side closes.
async fn wire(device: &Device, bytes: Vec<u8>) -> String {
    use std::io::{Read as _, Write as _};
    let address = device.address;
    let talk = tokio::task::spawn_blocking(move || {
        let mut wire = Wire::connect(address).unwrap();
        wire.set_read_timeout(Some(PATIENCE)).unwrap();
        // The other side may have heard enough.
        let _ = wire.write_all(&bytes);
        let mut answer = Vec::new();
        let _ = wire.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    });
    talk.await.unwrap()
}

#[tokio::test]
async fn without_a_session_nothing_is_shown_or_done() {
    let device = Device::claimed().await;
    for place in [
        "/",
        "/settings",
        "/versions",
        "/log",
        "/log/live",
        "/live",
        "/diagnostics",
        "/access",
    ] {
        let answer = device.get(place, None).send().await.unwrap();
        assert_eq!(answer.status(), 303, "{place}");
        let target = answer.headers()[header::LOCATION].to_str().unwrap();
        assert!(target.starts_with("/sign-in?next="), "{target}");
    }
    for place in [
        "/api/v1/status",
        "/api/v1/log",
        "/api/v1/diagnostics.tar.gz",
        "/metrics",
    ] {
        let answer = device.get(place, None).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{place}");
        assert_eq!(
            answer.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
    }
    let push = device
        .request(Method::PUT, "/api/v1/settings")
        .body("[player]\nname = 'x'\n");
    assert_eq!(device.status(push).await, 401);
    assert_eq!(device.file(), GOOD);
}

#[tokio::test]
async fn a_forged_session_or_token_is_none() {
    let device = Device::claimed().await;
    let browser = device.sign_in().await;
    let mut forged = browser.cookie.clone();
    let last = if forged.ends_with('A') { 'B' } else { 'A' };
    forged.pop();
    forged.push(last);
    for cookie in [
        forged.as_str(),
        "__Host-everlit=",
        "__Host-everlit=admin",
        "everlit=1",
    ] {
        assert_eq!(
            device.status(device.get("/", Some(cookie))).await,
            303,
            "{cookie}"
        );
    }
    for token in ["", "everlit_", "admin", &browser.cookie] {
        let request = device.get("/api/v1/status", None).bearer_auth(token);
        assert_eq!(device.status(request).await, 401, "{token}");
    }
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let device = Device::claimed().await;
    let browser = device.sign_in().await;
    let form = format!("csrf={}", browser.form_word);
    let act = |origin: Option<&str>, site: Option<&str>, form: &str| {
        let mut request = device.request(Method::POST, "/actions/reload");
        request = request
            .header(header::COOKIE, &browser.cookie)
            .body(form.to_owned());
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        request
    };
    let own = device.url("");
    for (origin, site, form) in [
        (Some("https://evil.example"), None, form.as_str()),
        (Some("null"), None, form.as_str()),
        (None, Some("cross-site"), form.as_str()),
        (None, Some("same-site"), form.as_str()),
        (Some(own.as_str()), Some("same-origin"), "csrf=guessed"),
        (Some(own.as_str()), Some("same-origin"), ""),
    ] {
        assert_eq!(
            device.status(act(origin, site, form)).await,
            403,
            "{origin:?} {site:?} {form}"
        );
    }
    let api = device.request(Method::POST, "/api/v1/actions/reload");
    let api = api
        .header(header::COOKIE, &browser.cookie)
        .header(header::ORIGIN, &own);
    assert_eq!(
        device.status(api).await,
        403,
        "the API wants the form word, too"
    );
    assert!(device.strings.events.is_empty());
    let good = act(Some(&own), Some("same-origin"), &form);
    assert_eq!(device.status(good).await, 303);
    assert_eq!(device.strings.events.len(), 1);
}

#[tokio::test]
async fn a_name_that_is_not_ours_is_not_answered() {
    let device = Device::claimed().await;
    let port = device.address.port();
    for host in [
        "evil.example",
        "evil.example:8400",
        "192.0.2.1",
        "localhost.evil.example",
        "user@localhost",
        "[::1]",
    ] {
        let request = device
            .get("/api/v1/status", None)
            .header(header::HOST, host);
        assert_eq!(device.status(request).await, 421, "{host}");
    }
    for host in [
        format!("localhost:{port}"),
        "WALL7".to_owned(),
        "127.0.0.1".to_owned(),
    ] {
        let request = device.get("/healthz", None).header(header::HOST, &host);
        assert_eq!(device.status(request).await, 200, "{host}");
    }
    for lines in [
        "",
        "Host: localhost\r\nHost: evil.example\r\n",
        "Host: \r\n",
    ] {
        let text = format!("GET /healthz HTTP/1.1\r\n{lines}Connection: close\r\n\r\n");
        let answer = wire(&device, text.into_bytes()).await;
        assert!(!answer.starts_with("HTTP/1.1 200"), "{lines:?}: {answer}");
    }
    let text =
        "GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = wire(&device, text.into()).await;
    assert!(answer.starts_with("HTTP/1.1 421"), "{answer}");
}

#[tokio::test]
async fn no_path_leads_out_of_the_portal() {
    let device = Device::claimed().await;
    let browser = device.sign_in().await;
    for path in [
        "/assets/../portal.json",
        "/assets/..%2fportal.json",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/assets//etc/passwd",
        "/..//..//etc/passwd",
        "/api/v1/../../etc/passwd",
        "/%2fapi/v1/settings",
    ] {
        let text = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nConnection: close\r\n\r\n",
            browser.cookie
        );
        let answer = wire(&device, text.into_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
        assert!(!answer.contains("root:"), "{path}");
    }
}

#[tokio::test]
async fn ten_megabytes_are_too_much_and_a_long_head_as_well() {
    let device = Device::claimed().await;
    let token = device.token(Scope::Configure).await;
    let large = "#".repeat(10_000_000);
    let push = device
        .request(Method::PUT, "/api/v1/settings")
        .bearer_auth(&token)
        .body(large);
    // It may have been refused before all of it was sent.
    if let Ok(answer) = push.send().await {
        assert_eq!(answer.status(), 413);
    }
    assert_eq!(device.file(), GOOD);
    let head = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n",
        "x".repeat(100_000)
    );
    let answer = wire(&device, head.into_bytes()).await;
    assert!(
        !answer.contains("200 OK") && !answer.contains("303"),
        "{answer}"
    );
    let many = "X: 1\r\n".repeat(500);
    let head =
        format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{many}Connection: close\r\n\r\n");
    let answer = wire(&device, head.into_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test]
async fn a_hundred_guesses_at_the_password_get_nowhere() {
    let device = Device::claimed().await;
    let mut refused = [0, 0];
    for guess in 0..100 {
        let request = device
            .post("/sign-in", None)
            .body(format!("password=guess-number-{guess}"));
        match device.status(request).await {
            403 => refused[0] += 1,
            429 => refused[1] += 1,
            other => panic!("{other}"),
        }
    }
    assert!(refused[0] <= 8, "{refused:?}");
    let answer = device
        .post("/sign-in", None)
        .body(format!("password={PASSWORD}"));
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.status(), 429, "not even the right one gets in now");
    assert!(answer.headers().contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn guesses_at_the_pairing_code_use_it_up_and_get_nowhere() {
    let device = Device::new().await;
    let first = device.code();
    for guess in 0..30 {
        let form = format!("code=AAAA-{guess:04}&password={PASSWORD}&again={PASSWORD}");
        let status = device.status(device.post("/claim", None).body(form)).await;
        assert!([403, 429].contains(&status), "{status}");
    }
    assert_ne!(device.code(), first, "the screen shows another one");
    assert!(!device.access.is_claimed());
}

#[tokio::test]
async fn a_request_cannot_be_smuggled_or_split() {
    let device = Device::claimed().await;
    let smuggled = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (head, most) in [
        (
            format!(
                "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n{smuggled}"
            ),
            1,
        ),
        (
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\nConnection: close\r\n\r\n"
                .to_owned(),
            0,
        ),
        (
            format!(
                "GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\nConnection: close\r\n\r\nabc{smuggled}"
            ),
            0,
        ),
        (
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX : a\r\nConnection: close\r\n\r\n"
                .to_owned(),
            0,
        ),
        (
            "GET /healthz\r\nX-Injected: 1 HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
            0,
        ),
    ] {
        let answer = wire(&device, head.clone().into_bytes()).await;
        let good = answer.matches("HTTP/1.1 200").count();
        assert!(
            good == 0 && answer.matches("HTTP/1.1").count() <= most.max(1),
            "{head:?}: {answer}"
        );
    }
    let browser = device.sign_in().await;
    let split = device
        .get("/sign-in?next=%2F%0d%0aSet-Cookie:%20a=b", None)
        .send()
        .await
        .unwrap();
    assert!(!split.headers().contains_key(header::SET_COOKIE));
    let split = device.post("/sign-in", Some(&browser.cookie));
    let split = split.body(format!("password={PASSWORD}&next=%2F%0d%0aX-Evil:%201"));
    let split = split.send().await.unwrap();
    assert_eq!(split.headers()[header::LOCATION], "/");
    assert!(!split.headers().contains_key("x-evil"));
}

#[tokio::test]
async fn a_push_cannot_make_the_daemon_read_the_systems_files() {
    let device = Device::claimed().await;
    let token = device.token(Scope::Configure).await;
    let id = "00000000-0000-0000-0000-000000000000";
    let text = format!(
        "[powerbi]\ntenant_id = '{id}'\nclient_id = '{id}'\nclient_secret = '/etc/shadow'\n\
         [powerbi.endpoints]\nauthority = 'https://evil.example'\n"
    );
    let push = device
        .request(Method::PUT, "/api/v1/settings")
        .bearer_auth(&token)
        .body(text);
    let answer = push.send().await.unwrap();
    assert_eq!(answer.status(), 422);
    assert!(
        answer
            .text()
            .await
            .unwrap()
            .contains("powerbi.client_secret")
    );
    assert_eq!(device.file(), GOOD);
}

#[tokio::test]
async fn names_and_titles_from_outside_stay_words() {
    let device = Device::claimed().await;
    let browser = device.sign_in().await;
    let evil = "<script>alert(1)</script><img src=x onerror=alert(2)>";
    let named = format!("[player]\nname = '{evil}'\n[portal]\nlisten = '127.0.0.1:0'\n");
    device.strings.running.send_replace(Some(parse(&named)));
    device.strings.status.send_modify(|snapshot| {
        snapshot.status.content.as_mut().unwrap().title = evil.to_owned();
        snapshot.status.token.last_error = Some(evil.to_owned());
        snapshot.status.settings.problems[0].key = evil.to_owned();
    });
    device.strings.log.add(everlit::recent::LogLine {
        at: everlit::clock::wall(),
        level: everlit::recent::Level::Info,
        target: None,
        text: evil.to_owned(),
    });
    for place in ["/", "/log", "/settings", "/access", "/versions", "/nowhere"] {
        let page = device
            .get(place, Some(&browser.cookie))
            .send()
            .await
            .unwrap();
        let policy = page.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(
            policy.contains("script-src 'self'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(page.headers()[header::X_FRAME_OPTIONS], "DENY");
        let page = page.text().await.unwrap();
        assert!(
            !page.contains("<script>alert") && !page.contains("<img src=x"),
            "{place}: {page}"
        );
    }
}
