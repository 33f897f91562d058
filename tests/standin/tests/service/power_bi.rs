//! The REST API, the data endpoint and the token service.

use everlit_standin::*;
use reqwest::StatusCode;
use serde_json::json;

use crate::caller::{Caller, error_info, json_of, token_request};

#[tokio::test]
async fn a_principal_gets_a_report_a_token_and_data() {
    let caller = Caller::new(|_| {});
    let report = json_of(caller.report(WORKSPACE_ID, REPORT_ID).await).await;
    let embed_url = report["embedUrl"].as_str().unwrap();
    assert!(embed_url.starts_with("https://app.powerbi.com/reportEmbed?reportId="));
    let token = caller.embed_token().await;
    let data = json_of(caller.data(&token).await).await;
    assert_eq!(data["values"].as_array().unwrap().len(), 3);
    let page = caller.client.get(embed_url).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("Operations today"));
    let counters = caller.standin.counters();
    assert_eq!((counters.embed_tokens, counters.iframe_loads), (1, 1));
    assert_eq!((counters.data_fresh, counters.data_expired), (1, 0));
    assert!(
        counters
            .tokens
            .contains(&token["token"].as_str().unwrap().to_owned())
    );
}

#[tokio::test]
async fn an_embed_token_lives_as_long_as_the_entra_token_that_minted_it() {
    let caller = Caller::new(|faults| faults.token_life_s = 1000.0);
    let token = caller.embed_token().await;
    let expiration: jiff::Timestamp = token["expiration"].as_str().unwrap().parse().unwrap();
    let left = expiration.as_second() - jiff::Timestamp::now().as_second();
    assert!((997..=1000).contains(&left), "{left}");
    let dataset = caller.dataset().await;
    let mut body = token_request(&dataset);
    body["lifetimeInMinutes"] = json!(5);
    let shorter = json_of(caller.generate(&caller.entra_token().await, &body).await).await;
    let expiration: jiff::Timestamp = shorter["expiration"].as_str().unwrap().parse().unwrap();
    let left = expiration.as_second() - jiff::Timestamp::now().as_second();
    assert!((297..=300).contains(&left), "{left}");
}

#[tokio::test]
async fn killed_tokens_get_403_with_header_and_body_until_a_new_one_comes() {
    let caller = Caller::new(|_| {});
    let token = caller.embed_token().await;
    caller.standin.expire_all_tokens();
    let expired = caller.data(&token).await;
    assert_eq!(expired.status(), StatusCode::FORBIDDEN);
    assert_eq!(error_info(&expired), "TokenExpired");
    assert_eq!(json_of(expired).await["error"]["code"], "TokenExpired");
    assert!(caller.standin.counters().healed_ms.is_none());
    let fresh = caller.data(&caller.embed_token().await).await;
    assert_eq!(fresh.status(), StatusCode::OK);
    let counters = caller.standin.counters();
    assert!(counters.fresh_again_ms.unwrap() > counters.first_expired_ms.unwrap());
    assert_eq!(counters.healed_ms, counters.fresh_again_ms);
}

#[tokio::test]
async fn the_http_sign_of_expiry_can_be_hidden_in_a_200() {
    let caller = Caller::new(|faults| {
        faults.http_sign = HttpSign::OkWithError;
        faults.real_life_s = Some(0.0);
    });
    let answer = caller.data(&caller.embed_token().await).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.headers().get("x-powerbi-error-info").is_none());
    assert_eq!(json_of(answer).await["error"]["code"], "TokenExpired");
}

#[tokio::test]
async fn token_requests_that_the_service_would_not_take_are_refused() {
    let caller = Caller::new(|_| {});
    let (entra, dataset) = (caller.entra_token().await, caller.dataset().await);
    let no_reports = json!({"datasets": [{"id": dataset}], "reports": []});
    let typo = json!({"dataset": [], "reports": [{"id": REPORT_ID}]});
    for body in [no_reports, typo, token_request("another")] {
        let refused = caller.generate(&entra, &body).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{body}");
    }
    let unknown = json!({"datasets": [], "reports": [{"id": "nothing"}]});
    let refused = caller.generate(&entra, &unknown).await;
    assert_eq!(refused.status(), StatusCode::NOT_FOUND);
    let refused = caller.generate("garbled", &token_request(&dataset)).await;
    assert_eq!(error_info(&refused), "InvalidToken");
}

#[tokio::test]
async fn reports_are_refused_as_the_service_does() {
    let caller = Caller::new(|_| {});
    let other = caller.report("another-workspace", REPORT_ID).await;
    assert_eq!(other.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(error_info(&other), "GroupNotAccessible");
    for (refusal, status) in [
        (Refusal::group_not_accessible(), StatusCode::UNAUTHORIZED),
        (Refusal::entity_not_found(), StatusCode::NOT_FOUND),
        (Refusal::empty_forbidden(), StatusCode::FORBIDDEN),
    ] {
        let code = refusal.code.clone();
        caller
            .standin
            .set_faults(|faults| faults.api_refusal = Some(refusal.clone()));
        let refused = caller.report(WORKSPACE_ID, REPORT_ID).await;
        assert_eq!(
            (refused.status(), error_info(&refused)),
            (status, code.as_str())
        );
        let body = refused.text().await.unwrap();
        assert_eq!(
            body.is_empty(),
            refusal.form == ErrorForm::HeaderOnly,
            "{body}"
        );
    }
}

#[tokio::test]
async fn the_token_service_wants_its_bearer() {
    let caller = Caller::new(|_| {});
    let url = format!("https://{TOKEN_SERVICE_HOST}/token");
    let refused = caller
        .client
        .get(&url)
        .bearer_auth("wrong")
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let request = caller.client.get(&url).bearer_auth(caller.standin.bearer());
    let token = json_of(request.send().await.unwrap()).await;
    assert!(
        token["embedUrl"]
            .as_str()
            .unwrap()
            .starts_with("https://app.powerbi.com/")
    );
    assert_eq!(caller.data(&token).await.status(), StatusCode::OK);
}
