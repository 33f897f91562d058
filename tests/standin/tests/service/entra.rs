//! Entra's token endpoint: secrets, assertions, refusals.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use everlit_standin::*;
use reqwest::StatusCode;
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{RSA_PSS_SHA256, RsaKeyPair},
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject};
use serde_json::{Value, json};

use crate::caller::{Caller, json_of};

#[tokio::test]
async fn a_wrong_secret_an_unknown_application_and_an_unknown_tenant_are_refused_by_number() {
    let caller = Caller::new(|_| {});
    let refused = caller.entra("wrong").await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(json_of(refused).await["error_codes"][0], 7_000_215);
    caller
        .standin
        .set_faults(|faults| faults.entra_refusal = Some(7_000_222));
    let refused = json_of(caller.entra(caller.standin.client_secret()).await).await;
    let description = refused["error_description"].as_str().unwrap();
    assert!(description.starts_with("AADSTS7000222: "), "{description}");
}

#[tokio::test]
async fn a_certificate_is_taken_when_it_signs_for_this_endpoint() {
    let caller = Caller::new(|_| {});
    let taken = assert_with(&caller, &claims()).await;
    assert_eq!(taken.status(), StatusCode::OK);
}

#[tokio::test]
async fn assertions_for_others_or_out_of_time_are_refused_by_number() {
    let caller = Caller::new(|_| {});
    let now = jiff::Timestamp::now().as_second();
    for (claim, value, number) in [
        (
            "aud",
            json!("https://login.microsoftonline.com/common"),
            700_023,
        ),
        ("sub", json!("somebody"), 700_021),
        ("iss", json!("somebody"), 700_021),
        ("exp", json!(now - 1000), 700_024),
        ("nbf", json!(now + 1000), 700_024),
    ] {
        let mut claims = claims();
        claims[claim] = value;
        let refused = json_of(assert_with(&caller, &claims).await).await;
        assert_eq!(refused["error_codes"][0], number, "{claim}");
    }
}

#[tokio::test]
async fn a_changed_assertion_is_refused() {
    let caller = Caller::new(|_| {});
    let assertion = signed(&caller, &claims());
    let (rest, signature) = assertion.rsplit_once('.').unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    bytes[7] ^= 1;
    let changed = format!("{rest}.{}", URL_SAFE_NO_PAD.encode(bytes));
    let refused = json_of(send(&caller, &changed).await).await;
    assert_eq!(refused["error_codes"][0], 700_027);
}

fn claims() -> Value {
    let now = jiff::Timestamp::now().as_second();
    json!({
        "aud": format!("https://{ENTRA_HOST}/{TENANT_ID}/oauth2/v2.0/token"),
        "iss": CLIENT_ID, "sub": CLIENT_ID, "jti": "once", "nbf": now, "iat": now, "exp": now + 600,
    })
}

async fn assert_with(caller: &Caller, claims: &Value) -> reqwest::Response {
    send(caller, &signed(caller, claims)).await
}

async fn send(caller: &Caller, assertion: &str) -> reqwest::Response {
    caller
        .entra_form(&[
            ("grant_type", "client_credentials"),
            ("client_id", CLIENT_ID),
            ("scope", "https://analysis.windows.net/powerbi/api/.default"),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", assertion),
        ])
        .await
}

fn signed(caller: &Caller, claims: &Value) -> String {
    let certificate =
        CertificateDer::from_pem_file(caller.standin.client_certificate_path()).unwrap();
    let key = PrivatePkcs8KeyDer::from_pem_file(caller.standin.client_key_path()).unwrap();
    let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).unwrap();
    let header = json!({
        "alg": "PS256", "typ": "JWT",
        "x5t#S256": URL_SAFE_NO_PAD.encode(digest(&SHA256, &certificate)),
    });
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let text = format!("{}.{}", part(&header), part(claims));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(
        &RSA_PSS_SHA256,
        &SystemRandom::new(),
        text.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}
