//! Every definite refusal comes with its code, a reason and a remedy; passing trouble is none.

use std::time::Duration;

use everlit::player::TokenFailure;
use everlit_standin::{Credential, ErrorForm, Refusal, Trouble};

use crate::lab::{Lab, denied};

#[tokio::test]
async fn entras_refusals_tell_the_technician_what_to_do() {
    let lab = Lab::new(Credential::Secret);
    for (number, hint) in [
        (7_000_215, "secret's value (not its ID)"),
        (7_000_222, "new client secret"),
        (700_016, "powerbi.client_id"),
        (90002, "powerbi.tenant_id"),
        (700_027, "Upload the certificate"),
        (53003, "exempt the app"),
    ] {
        lab.standin.set_faults(|f| f.entra_refusal = Some(number));
        let (code, reason, remedy) = denied(lab.failure().await);
        assert_eq!(code, format!("AADSTS{number}"));
        assert!(!reason.is_empty());
        assert!(remedy.contains(hint), "{code}: {remedy}");
    }
}

#[tokio::test]
async fn a_wrong_secret_tenant_or_app_is_denied_by_entra_itself() {
    let mut lab = Lab::new(Credential::Secret);
    std::fs::write(lab.standin.client_secret_path(), "another").unwrap();
    assert_eq!(denied(lab.failure().await).0, "AADSTS7000215");
    lab.principal_mut().client_id = "another".into();
    assert_eq!(denied(lab.failure().await).0, "AADSTS700016");
    lab.principal_mut().tenant_id = "another".into();
    assert_eq!(denied(lab.failure().await).0, "AADSTS90002");
}

#[tokio::test]
async fn a_certificate_that_nobody_registered_is_denied() {
    let mut lab = Lab::new(Credential::Certificate);
    lab.fetch().await.unwrap();
    // The stand-in's own certificate is a good one, but not the registered one.
    let other = lab.standin.certificate_path().to_owned();
    let everlit::settings::Credential::Certificate { certificate, .. } =
        &mut lab.principal_mut().credential
    else {
        panic!("the credential is a certificate")
    };
    *certificate = everlit::settings::SecretRef::File(other);
    assert_eq!(denied(lab.failure().await).0, "AADSTS700027");
}

#[tokio::test]
async fn power_bis_refusals_tell_the_technician_what_to_do() {
    let lab = Lab::new(Credential::Secret);
    for (refusal, code, hint) in [
        (
            Refusal::group_not_accessible(),
            "GroupNotAccessible",
            "workspace_id",
        ),
        (
            Refusal::entity_not_found(),
            "PowerBIEntityNotFound",
            "report_id",
        ),
        (
            Refusal::empty_forbidden(),
            "PowerBINotAuthorizedException",
            "admin portal",
        ),
    ] {
        lab.standin.set_faults(|f| f.api_refusal = Some(refusal));
        let (named, _, remedy) = denied(lab.failure().await);
        assert_eq!(named, code);
        assert!(remedy.contains(hint), "{code}: {remedy}");
    }
}

#[tokio::test]
async fn a_report_or_workspace_that_is_not_there_is_denied() {
    let mut lab = Lab::new(Credential::Secret);
    lab.report_mut().report_id = "00000000-0000-4000-8000-000000000000".into();
    assert_eq!(denied(lab.failure().await).0, "PowerBIEntityNotFound");
    lab.report_mut().workspace_id = "00000000-0000-4000-8000-000000000000".into();
    assert_eq!(denied(lab.failure().await).0, "GroupNotAccessible");
}

#[tokio::test]
async fn a_refusal_without_any_word_is_named_by_its_status() {
    let lab = Lab::new(Credential::Secret);
    lab.standin.set_faults(|f| f.api = Trouble::Status(403));
    assert_eq!(denied(lab.failure().await).0, "HTTP 403");
}

#[tokio::test]
async fn an_unknown_refusal_keeps_the_services_own_code() {
    let lab = Lab::new(Credential::Secret);
    let refusal = Refusal {
        status: 400,
        code: "BrandNewError".into(),
        form: ErrorForm::HeaderAndBody,
    };
    lab.standin.set_faults(|f| f.api_refusal = Some(refusal));
    assert_eq!(denied(lab.failure().await).0, "BrandNewError");
}

#[tokio::test]
async fn an_entra_token_that_is_called_expired_is_no_refusal() {
    let lab = Lab::new(Credential::Secret);
    let refusal = Refusal {
        status: 403,
        code: "TokenExpired".into(),
        form: ErrorForm::HeaderAndBody,
    };
    lab.standin.set_faults(|f| f.api_refusal = Some(refusal));
    let failure = lab.failure().await;
    assert!(
        matches!(failure, TokenFailure::Nonsense { .. }),
        "{failure:?}"
    );
}

#[tokio::test]
async fn a_token_service_denies_too() {
    let lab = Lab::new(Credential::TokenService);
    lab.standin
        .set_faults(|f| f.token_service_refusal = Some(403));
    assert_eq!(denied(lab.failure().await).0, "HTTP 403");
    lab.standin.set_faults(|f| f.token_service_refusal = None);
    std::fs::write(lab.standin.bearer_path(), "another").unwrap();
    let (code, _, remedy) = denied(lab.failure().await);
    assert_eq!(code, "HTTP 401");
    assert!(remedy.contains("token_service.bearer"), "{remedy}");
}

#[tokio::test]
async fn throttling_says_how_long_to_wait() {
    let throttle = Trouble::Throttle { retry_after_s: 17 };
    let retry_after = Some(Duration::from_secs(17));
    let lab = Lab::new(Credential::Secret);
    lab.standin.set_faults(|f| f.api = throttle);
    assert_eq!(lab.failure().await, TokenFailure::Throttled { retry_after });
    lab.standin.set_faults(|f| f.entra = throttle);
    assert_eq!(lab.failure().await, TokenFailure::Throttled { retry_after });
    let lab = Lab::new(Credential::TokenService);
    lab.standin.set_faults(|f| f.token_service = throttle);
    assert_eq!(lab.failure().await, TokenFailure::Throttled { retry_after });
}

#[tokio::test]
async fn a_server_in_trouble_is_no_refusal() {
    let lab = Lab::new(Credential::Secret);
    for status in [408, 500, 503] {
        lab.standin.set_faults(|f| f.api = Trouble::Status(status));
        let failure = lab.failure().await;
        let TokenFailure::Nonsense { host, reason } = &failure else {
            panic!("{status}: {failure:?}")
        };
        assert_eq!(host, "api.powerbi.com");
        assert!(reason.contains(&status.to_string()), "{reason}");
    }
}
