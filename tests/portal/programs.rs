//! Programs with tokens, and what each scope is good for.

use super::*;

#[tokio::test]
async fn each_scope_opens_what_it_says_and_no_more() {
    let device = Device::claimed().await;
    let requests = [
        (Method::GET, "/api/v1/status", Scope::Read),
        (Method::GET, "/metrics", Scope::Read),
        (Method::GET, "/api/v1/screenshot.png", Scope::Read),
        (Method::GET, "/api/v1/settings", Scope::Read),
        (Method::POST, "/api/v1/actions/reload", Scope::Operate),
        (Method::PUT, "/api/v1/settings", Scope::Configure),
    ];
    for has in [Scope::Read, Scope::Operate, Scope::Configure] {
        let token = device.token(has).await;
        for (method, place, needs) in &requests {
            let request = device
                .request(method.clone(), place)
                .bearer_auth(&token)
                .body(GOOD);
            let status = device.status(request).await;
            let is_let_in = (200..300).contains(&status);
            assert_eq!(is_let_in, has >= *needs, "{has} {place}: {status}");
            assert!(is_let_in || status == 403, "{has} {place}: {status}");
        }
    }
}

#[tokio::test]
async fn a_token_that_was_ended_opens_nothing() {
    let device = Device::claimed().await;
    let token = device.token(Scope::Read).await;
    let id = device.access.tokens()[0].id.clone();
    assert!(device.access.revoke_token(&id).await.unwrap());
    assert!(!device.access.revoke_token(&id).await.unwrap());
    let request = device
        .request(Method::GET, "/api/v1/status")
        .bearer_auth(token);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.headers()[header::WWW_AUTHENTICATE], "Bearer");
}

#[tokio::test]
async fn a_token_makes_no_tokens_and_opens_no_pages() {
    let device = Device::claimed().await;
    let token = device.token(Scope::Configure).await;
    for place in ["/", "/access", "/settings"] {
        let request = device.get(place, None).bearer_auth(&token);
        assert_eq!(device.status(request).await, 303, "{place}");
    }
    let make = device.post("/access/tokens", None).bearer_auth(&token);
    assert_eq!(
        device.status(make.body("name=x&scope=configure")).await,
        303
    );
    assert_eq!(device.access.tokens().len(), 1);
}

#[tokio::test]
async fn a_token_is_shown_once_and_can_be_ended_on_its_page() {
    let device = Device::claimed().await;
    let browser = device.sign_in().await;
    let form = format!(
        "csrf={}&name=%3Cb%3EPrometheus&scope=read",
        browser.form_word
    );
    let made = device
        .post("/access/tokens", Some(&browser.cookie))
        .body(form);
    let page = made.send().await.unwrap().text().await.unwrap();
    let token = between(&page, "<p class=\"secret\"><code>", "</code>");
    let status = device
        .request(Method::GET, "/api/v1/status")
        .bearer_auth(token);
    assert_eq!(device.status(status).await, 200);
    assert!(page.contains("&#60;b&#62;Prometheus") && !page.contains("<b>Prometheus"));

    let page = device
        .get("/access", Some(&browser.cookie))
        .send()
        .await
        .unwrap();
    assert!(!page.text().await.unwrap().contains(token));
    let id = device.access.tokens()[0].id.clone();
    let end = device.post(&format!("/access/tokens/{id}/end"), Some(&browser.cookie));
    assert_eq!(
        device
            .status(end.body(format!("csrf={}", browser.form_word)))
            .await,
        303
    );
    let status = device
        .request(Method::GET, "/api/v1/status")
        .bearer_auth(token);
    assert_eq!(device.status(status).await, 401);
}

#[tokio::test]
async fn metrics_are_open_if_the_settings_say_so() {
    let device = Device::claimed().await;
    assert_eq!(device.status(device.get("/metrics", None)).await, 401);
    let open = "[portal]\nlisten = '127.0.0.1:0'\nopen_metrics = true\n";
    device.strings.running.send_replace(Some(parse(open)));
    assert_eq!(device.status(device.get("/metrics", None)).await, 200);
    assert_eq!(device.status(device.get("/api/v1/status", None)).await, 401);
}
