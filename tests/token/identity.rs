//! What the services are asked, word for word, and whose clock counts.

use std::time::Duration;

use everlit::{
    player::TokenFailure,
    settings::{Identity, Source},
};
use everlit_standin::{CLIENT_ID, Credential, REPORT_ID, TENANT_ID, WORKSPACE_ID};
use serde_json::{Value, json};

use crate::{
    canned::{self, Canned, DATE},
    lab::Lab,
};

const ENTRA: &str =
    r#"{"token_type": "Bearer", "expires_in": 3599, "access_token": "entra-t0ken"}"#;
const DETAILS: &str = r#"{"name": "Sales", "datasetId": "d1", "embedUrl": "https://app.powerbi.com/reportEmbed?x=1"}"#;
/// One hour after [`DATE`].
const TOKEN: &str =
    r#"{"token": "embed-t0ken", "tokenId": "1", "expiration": "2031-05-06T08:08:09Z"}"#;

#[tokio::test]
async fn the_services_are_asked_as_they_want_to_be() {
    let (mut lab, service) = lab_with(&[ENTRA, DETAILS, TOKEN]);
    lab.report_mut().identity = Some(Identity {
        username: "wall@example.com".into(),
        roles: vec!["Reader".into()],
    });
    lab.fetch().await.unwrap();
    let [entra, details, token] = <[String; 3]>::try_from(service.requests()).unwrap();
    assert!(entra.starts_with(&format!("POST /{TENANT_ID}/oauth2/v2.0/token HTTP/1.1")));
    assert!(entra.contains(&format!(
        "user-agent: everlit/{}",
        env!("CARGO_PKG_VERSION")
    )));
    assert!(entra.contains("grant_type=client_credentials"));
    assert!(entra.contains(&format!("client_id={CLIENT_ID}")));
    assert!(entra.contains("scope=https%3A%2F%2Fanalysis.windows.net%2Fpowerbi%2Fapi%2F.default"));
    let path = format!("/v1.0/myorg/groups/{WORKSPACE_ID}/reports/{REPORT_ID}");
    assert!(details.starts_with(&format!("GET {path} HTTP/1.1")));
    assert!(details.contains("authorization: Bearer entra-t0ken"));
    assert!(token.starts_with("POST /v1.0/myorg/GenerateToken HTTP/1.1"));
    assert_eq!(
        body(&token),
        json!({
            "datasets": [{"id": "d1"}],
            "reports": [{"id": REPORT_ID, "allowEdit": false}],
            "targetWorkspaces": [{"id": WORKSPACE_ID}],
            "identities": [
                {"username": "wall@example.com", "roles": ["Reader"], "datasets": ["d1"]}
            ],
        })
    );
}

#[tokio::test]
async fn a_report_without_identity_is_asked_for_without_one() {
    let (lab, service) = lab_with(&[ENTRA, DETAILS, TOKEN]);
    lab.fetch().await.unwrap();
    assert_eq!(body(&service.requests()[2]).get("identities"), None);
}

#[tokio::test]
async fn a_token_service_is_told_report_and_identity() {
    let service = Canned::serve(vec![canned::json(TOKEN)]);
    let mut lab = Lab::new(Credential::TokenService);
    let Some(Source::TokenService(settings)) = &mut lab.settings.source else {
        panic!("the source is a token service")
    };
    settings.url = service.url("/token");
    lab.report_mut().identity = Some(Identity {
        username: "wall".into(),
        roles: vec![],
    });
    lab.fetch().await.unwrap();
    let request = service.requests().remove(0);
    let bearer = format!("authorization: Bearer {}", lab.standin.bearer());
    assert!(request.starts_with("POST /token HTTP/1.1") && request.contains(&bearer));
    assert_eq!(
        body(&request),
        json!({
            "workspaceId": WORKSPACE_ID,
            "reportId": REPORT_ID,
            "identity": {"username": "wall", "roles": []},
        })
    );
}

#[tokio::test]
async fn life_is_counted_by_the_services_date_and_not_by_our_clock() {
    let (lab, _service) = lab_with(&[ENTRA, DETAILS, TOKEN]);
    let life = lab.fetch().await.unwrap().life;
    let hour = Duration::from_secs(3600);
    assert!(life <= hour, "{life:?} by {DATE}");
    assert!(life > hour - Duration::from_secs(3), "{life:?} by {DATE}");
}

#[tokio::test]
async fn a_token_that_is_dead_on_arrival_is_none() {
    let dead = TOKEN.replace("08:08:09", "07:08:09");
    let (lab, _service) = lab_with(&[ENTRA, DETAILS, &dead]);
    let failure = lab.failure().await;
    let TokenFailure::Nonsense { reason, .. } = &failure else {
        panic!("{failure:?}")
    };
    assert!(reason.contains("had expired when it came"), "{reason}");
}

#[tokio::test]
async fn an_answer_that_lacks_something_says_what() {
    for (answers, missing) in [
        ([r#"{"error": "odd"}"#, DETAILS, TOKEN], "access_token"),
        ([ENTRA, r#"{"name": "Sales"}"#, TOKEN], "embedUrl"),
        ([ENTRA, DETAILS, r#"{"token": ""}"#], "token"),
        ([ENTRA, DETAILS, r#"{"token": "t"}"#], "expiration"),
        (
            [ENTRA, DETAILS, r#"{"token": "t", "expiration": "soon"}"#],
            "expiration",
        ),
    ] {
        let (lab, _service) = lab_with(&answers);
        let failure = lab.failure().await;
        let TokenFailure::Nonsense { host, reason } = &failure else {
            panic!("{failure:?}")
        };
        assert_eq!(host, "127.0.0.1");
        assert!(reason.contains(&format!("`{missing}`")), "{reason}");
    }
}

fn lab_with(answers: &[&str]) -> (Lab, Canned) {
    let service = Canned::serve(answers.iter().map(|body| canned::json(body)).collect());
    let mut lab = Lab::new(Credential::Secret);
    let endpoints = &mut lab.principal_mut().endpoints;
    endpoints.authority = service.url("/");
    endpoints.api = service.url("/");
    (lab, service)
}

fn body(request: &str) -> Value {
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}
