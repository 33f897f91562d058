//! Claiming the device, signing in and out, and the way to the door.

use super::*;

#[tokio::test]
async fn whoever_reads_the_code_sets_the_password_and_is_in() {
    let device = Device::new().await;
    let code = device.code();
    let form = format!("code={code}&password=three+blind+mice&again=three+blind+mice");
    let answer = device
        .post("/claim", None)
        .body(form.clone())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 303);
    let set = answer.headers()[header::SET_COOKIE]
        .to_str()
        .unwrap()
        .to_owned();
    for word in [
        "__Host-everlit=",
        "; Secure",
        "; HttpOnly",
        "; SameSite=Strict",
        "; Path=/",
    ] {
        assert!(set.contains(word), "{set}");
    }
    let cookie = cookie(&answer).unwrap();
    assert_eq!(device.status(device.get("/", Some(&cookie))).await, 200);
    assert!(
        device.access.code().borrow().is_none(),
        "the screen shows no code any more"
    );
    let again = device.post("/claim", None).body(form).send().await.unwrap();
    assert_eq!(
        again.headers()[header::LOCATION],
        "/sign-in",
        "a code is good once"
    );
}

#[tokio::test]
async fn until_then_nothing_is_told_or_changed() {
    let device = Device::new().await;
    let token = device.token(Scope::Configure).await;
    for (method, place) in [
        (Method::GET, "/api/v1/status"),
        (Method::GET, "/api/v1/screenshot.png"),
        (Method::PUT, "/api/v1/settings"),
        (Method::POST, "/api/v1/actions/reload"),
    ] {
        let request = device.request(method, place).bearer_auth(&token).body("");
        assert_eq!(device.status(request).await, 401, "{place}");
    }
    let page = device.get("/", None).send().await.unwrap();
    assert_eq!(page.headers()[header::LOCATION], "/claim");
    assert_eq!(device.status(device.get("/healthz", None)).await, 200);
}

#[tokio::test]
async fn a_weak_password_or_a_mistyped_one_is_not_taken() {
    let device = Device::new().await;
    let code = device.code();
    for (form, problem) in [
        (
            format!("code={code}&password=short&again=short"),
            "too short",
        ),
        (
            format!("code={code}&password=three+blind+mice&again=three+blind+rats"),
            "differ",
        ),
    ] {
        let answer = device.post("/claim", None).body(form).send().await.unwrap();
        assert_eq!(answer.status(), 422);
        assert!(answer.text().await.unwrap().contains(problem));
    }
    assert!(!device.access.is_claimed());
}

#[tokio::test]
async fn the_password_opens_and_signing_out_closes() {
    let device = Device::claimed().await;
    let browser = device.sign_in().await;
    assert_eq!(
        device.status(device.get("/", Some(&browser.cookie))).await,
        200
    );
    let out = device.post("/sign-out", Some(&browser.cookie));
    let out = out
        .body(format!("csrf={}", browser.form_word))
        .send()
        .await
        .unwrap();
    assert_eq!(out.headers()[header::LOCATION], "/sign-in");
    let page = device
        .get("/log", Some(&browser.cookie))
        .send()
        .await
        .unwrap();
    assert_eq!(page.headers()[header::LOCATION], "/sign-in?next=%2Flog");
}

#[tokio::test]
async fn a_new_password_signs_every_other_browser_out() {
    let device = Device::claimed().await;
    let (first, second) = (device.sign_in().await, device.sign_in().await);
    let form = format!(
        "csrf={}&old=wrong&new=four+blind+mice&again=four+blind+mice",
        first.form_word
    );
    let refused = device
        .post("/access/password", Some(&first.cookie))
        .body(form);
    assert_eq!(device.status(refused).await, 403);
    let form = format!(
        "csrf={}&old={PASSWORD}&new=four+blind+mice&again=four+blind+mice",
        first.form_word
    );
    let changed = device
        .post("/access/password", Some(&first.cookie))
        .body(form);
    let changed = changed.send().await.unwrap();
    let fresh = cookie(&changed).unwrap();
    assert_eq!(device.status(device.get("/", Some(&fresh))).await, 200);
    assert_eq!(
        device.status(device.get("/", Some(&second.cookie))).await,
        303
    );
    assert_eq!(
        device.status(device.get("/", Some(&first.cookie))).await,
        303
    );
}

#[tokio::test]
async fn a_reset_locks_the_device_until_somebody_stands_in_front_of_it() {
    let device = Device::claimed().await;
    let browser = device.sign_in().await;
    device.access.reset().await.unwrap();
    let page = device.get("/", Some(&browser.cookie)).send().await.unwrap();
    assert_eq!(page.headers()[header::LOCATION], "/claim");
    assert!(device.access.code().borrow().is_some());
    device.claim().await;
}

#[tokio::test]
async fn a_restart_keeps_the_password_and_the_tokens_and_no_session() {
    let device = Device::claimed().await;
    let browser = device.sign_in().await;
    let token = device.token(Scope::Read).await;
    let state = device.dir.path().join("state");
    let text = fs::read_to_string(state.join("portal.json")).unwrap();
    assert!(!text.contains(PASSWORD) && !text.contains(&token), "{text}");
    let again = Access::open(&state);
    assert!(again.is_claimed());
    assert_eq!(again.token(&token).unwrap().scope, Scope::Read);
    let word = browser.cookie.split_once('=').unwrap().1;
    assert!(again.session(word, everlit::clock::now()).is_none());
    again
        .sign_in(PASSWORD.into(), device.address.ip())
        .await
        .unwrap();
}

#[tokio::test]
async fn off_loopback_it_speaks_tls_with_the_fingerprint_that_the_screen_shows() {
    let device = Device::listening("0.0.0.0:0").await;
    let entrance = device.entrance.borrow().clone().unwrap();
    assert_eq!(entrance.fingerprint.unwrap().len(), 95);
    let port = entrance.address.port();
    let https = device
        .client
        .get(format!("https://127.0.0.1:{port}/healthz"));
    assert_eq!(device.status(https).await, 200);
    let http = device
        .client
        .get(format!("http://127.0.0.1:{port}/log?level=warn"));
    let led = http.send().await.unwrap();
    assert_eq!(led.status(), 308);
    let target = format!("https://127.0.0.1:{port}/log?level=warn");
    assert_eq!(led.headers()[header::LOCATION], target.as_str());
}

#[tokio::test]
async fn the_door_moves_with_the_settings_and_comes_back_when_its_place_is_free() {
    let mut device = Device::new().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let wanted = parse(&format!("[portal]\nlisten = '127.0.0.1:{port}'\n"));
    device.strings.running.send_replace(Some(wanted));
    let gone = timeout(PATIENCE, device.entrance.wait_for(Option::is_none)).await;
    gone.unwrap().unwrap();
    assert!(
        device.get("/healthz", None).send().await.is_err(),
        "the old door is closed"
    );
    drop(taken);
    let back = timeout(PATIENCE, device.entrance.wait_for(Option::is_some)).await;
    let back = back.unwrap().unwrap().clone().unwrap();
    assert_eq!(back.address.port(), port);
    device.address = back.address;
    assert_eq!(device.status(device.get("/healthz", None)).await, 200);
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_a_page_for_people_and_a_problem_for_programs() {
    let device = Device::claimed().await;
    let browser = device.sign_in().await;
    for (place, kind) in [
        ("/nowhere", "text/html"),
        ("/assets/nothing.js", "text/html"),
        ("/api/v1/nothing", "application/problem+json"),
    ] {
        let answer = device.get(place, Some(&browser.cookie)).send().await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 404, "{place}");
        let told = answer.headers()[header::CONTENT_TYPE].to_str().unwrap();
        assert!(told.starts_with(kind), "{place}: {told}");
    }
}
