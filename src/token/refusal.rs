//! Reads the services' refusals.

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::{
    answer::Answer,
    meaning::{
        ENTRA, ENTRA_DISLIKES_OUR_CLOCK, ENTRA_IS_BUSY, ENTRA_IS_THROTTLING, Meaning, POWER_BI,
        POWER_BI_DISLIKES_THE_TOKEN, POWER_BI_WORDS,
    },
};
use crate::player::TokenFailure;

/// A refusal (4xx) of Entra's token endpoint.
pub(super) fn of_entra(answer: &Answer) -> TokenFailure {
    let json = answer.json().unwrap_or_default();
    let Some(code) = entra_code(&json) else {
        return nameless(
            answer,
            "Check powerbi.tenant_id, powerbi.cloud and powerbi.endpoints.",
        );
    };
    if ENTRA_IS_BUSY.contains(&code.as_str()) {
        return answer.nonsense(&format!("{code}, a passing disturbance"));
    }
    if ENTRA_IS_THROTTLING.contains(&code.as_str()) {
        return TokenFailure::Throttled { retry_after: None };
    }
    if code == ENTRA_DISLIKES_OUR_CLOCK {
        return TokenFailure::Unprepared {
            reason: format!("{code}: this device's clock is wrong"),
            remedy: "Check the time synchronization of this device.".into(),
        };
    }
    let said = json["error_description"].as_str().unwrap_or_default();
    let said = said.split(" Trace ID:").next().unwrap_or_default();
    let said = said.strip_prefix(&format!("{code}: ")).unwrap_or(said);
    denied(
        code,
        &ENTRA,
        said,
        "Look the code up at https://login.microsoftonline.com/error.",
    )
}

/// A refusal (4xx) of the Power BI REST API.
pub(super) fn of_power_bi(answer: &Answer) -> TokenFailure {
    let json = answer.json().unwrap_or_default();
    let named = json["error"]["code"].as_str().and_then(code_like);
    let Some(code) = header_code(&answer.headers).or(named) else {
        return nameless(answer, remedy_for(answer.status.as_u16()));
    };
    if POWER_BI_DISLIKES_THE_TOKEN.contains(&code.as_str()) {
        let reason = format!("{code}, although the Entra token is new; is powerbi.cloud right?");
        return answer.nonsense(&reason);
    }
    let said = json["error"]["message"].as_str().unwrap_or_default();
    let lower = said.to_lowercase();
    let telling = POWER_BI_WORDS
        .iter()
        .find(|(word, _, _)| lower.contains(word));
    if let Some((_, reason, remedy)) = telling {
        return TokenFailure::Denied {
            code,
            reason: (*reason).into(),
            remedy: (*remedy).into(),
        };
    }
    denied(code, &POWER_BI, said, remedy_for(answer.status.as_u16()))
}

/// A refusal (4xx) of the operator's token service. Its words are not repeated: what a home-made
/// service says may hold what it was told.
pub(super) fn of_token_service(answer: &Answer) -> TokenFailure {
    let json = answer.json().unwrap_or_default();
    let error = &json["error"];
    let named = error["code"]
        .as_str()
        .or(error.as_str())
        .and_then(code_like);
    let status = answer.status.as_u16();
    TokenFailure::Denied {
        code: named.unwrap_or_else(|| format!("HTTP {status}")),
        reason: "the token service refuses to give a token for this report".into(),
        remedy: match status {
            401 => "Check token_service.bearer.".into(),
            404 | 405 => "Check token_service.url; it has to answer a POST.".into(),
            _ => "Look into the token service's log; check its rules for this report.".into(),
        },
    }
}

/// A refusal without a code.
fn nameless(answer: &Answer, remedy: &str) -> TokenFailure {
    let status = answer.status.as_u16();
    if answer.is_web_page() {
        // Neither Entra nor Power BI answers with HTML; a firewall or a captive portal does.
        return answer.nonsense(&format!(
            "HTTP {status} with a web page from somebody in between"
        ));
    }
    let code = format!("HTTP {status}");
    denied(code, &[], "", remedy)
}

fn denied(code: String, meanings: &[Meaning], said: &str, remedy: &str) -> TokenFailure {
    let meaning = meanings.iter().find(|(known, _, _)| *known == code);
    let (reason, remedy) = match meaning {
        Some((_, reason, remedy)) => ((*reason).to_owned(), *remedy),
        None => (quoted(said), remedy),
    };
    TokenFailure::Denied {
        code,
        reason,
        remedy: remedy.to_owned(),
    }
}

fn remedy_for(status: u16) -> &'static str {
    match status {
        401 | 403 => {
            "Add the app to the workspace as a member, allow service principals to use Power BI \
             APIs in the admin portal, and check that the capacity's embed tokens are not used up."
        }
        404 => "Check report_id, workspace_id and powerbi.endpoints.",
        _ => "Check the settings of this report; ask Microsoft's support with this code.",
    }
}

fn header_code(headers: &HeaderMap) -> Option<String> {
    code_like(headers.get("x-powerbi-error-info")?.to_str().ok()?)
}

/// `AADSTS` with the number, or the OAuth error's name where there is none.
fn entra_code(json: &Value) -> Option<String> {
    if let Some(number) = json["error_codes"][0].as_u64() {
        return Some(format!("AADSTS{number}"));
    }
    let said = json["error_description"].as_str().unwrap_or_default();
    let digits = said.strip_prefix("AADSTS").unwrap_or_default();
    let end = digits.find(|c: char| !c.is_ascii_digit());
    let digits = &digits[..end.unwrap_or(digits.len())];
    if digits.is_empty() {
        return json["error"].as_str().and_then(code_like);
    }
    Some(format!("AADSTS{digits}"))
}

/// A text that is a code and not a sentence or a secret.
fn code_like(text: &str) -> Option<String> {
    let is_code = |c: u8| c.is_ascii_alphanumeric() || b"_.-".contains(&c);
    ((1..=64).contains(&text.len()) && text.bytes().all(is_code)).then(|| text.to_owned())
}

/// A service's own words, cut to one short line without anything that could be a token.
fn quoted(said: &str) -> String {
    const MOST: usize = 200;
    let line = said.lines().next().unwrap_or_default();
    let words: Vec<_> = line
        .split_whitespace()
        .map(|word| if could_be_secret(word) { "…" } else { word })
        .collect();
    let text: String = words.join(" ").chars().take(MOST).collect();
    if text.is_empty() {
        return "the service refuses and gives no reason".to_owned();
    }
    text
}

/// Whether a word is random text, not prose. An ID is none: it helps, and it opens nothing.
fn could_be_secret(word: &str) -> bool {
    let word = word.trim_matches(|c: char| "'\"`()[]<>{}.,:;".contains(c));
    let groups: Vec<_> = word.split('-').map(str::len).collect();
    let is_hex = |b: u8| b.is_ascii_hexdigit() || b == b'-';
    if groups == [8, 4, 4, 4, 12] && word.bytes().all(is_hex) {
        return false;
    }
    let mixes =
        word.bytes().any(|b| b.is_ascii_digit()) && word.bytes().any(|b| b.is_ascii_alphabetic());
    word.len() > 30 || (word.len() > 15 && mixes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn entras_known_codes_come_with_our_words() {
        let (code, reason, remedy) = denied(of_entra(&entra(7_000_222, "Expired.")));
        assert_eq!(code, "AADSTS7000222");
        assert_eq!(reason, "the client secret has expired");
        assert!(remedy.contains("new client secret"), "{remedy}");
    }

    #[test]
    fn entras_unknown_codes_come_with_its_own_words() {
        let (code, reason, _) = denied(of_entra(&entra(123_456, "The moon is full.")));
        assert_eq!(code, "AADSTS123456");
        assert_eq!(reason, "The moon is full.");
    }

    #[test]
    fn entras_code_is_found_in_its_text_too() {
        let body = json!({
            "error": "invalid_client",
            "error_description": "AADSTS7000215: Invalid client secret provided.",
        });
        let answer = Answer::canned(401, &[], &body.to_string());
        assert_eq!(denied(of_entra(&answer)).0, "AADSTS7000215");
        let answer = Answer::canned(401, &[], r#"{"error": "invalid_client"}"#);
        assert_eq!(denied(of_entra(&answer)).0, "invalid_client");
    }

    #[test]
    fn a_passing_disturbance_of_entra_is_no_refusal() {
        let failure = of_entra(&entra(90033, "A transient error has occurred."));
        assert!(matches!(failure, TokenFailure::Nonsense { .. }));
        let failure = of_entra(&entra(90055, "Too many requests."));
        assert!(matches!(failure, TokenFailure::Throttled { .. }));
    }

    #[test]
    fn an_assertion_out_of_its_time_is_our_clocks_fault() {
        let failure = of_entra(&entra(700_024, "Not within its valid time range."));
        let TokenFailure::Unprepared { reason, remedy } = failure else {
            panic!("{failure:?}")
        };
        assert!(reason.contains("clock is wrong"), "{reason}");
        assert!(remedy.contains("time synchronization"), "{remedy}");
    }

    #[test]
    fn power_bis_code_is_read_from_the_header_of_an_empty_answer() {
        let header = ("x-powerbi-error-info", "PowerBINotAuthorizedException");
        let (code, _, remedy) = denied(of_power_bi(&Answer::canned(403, &[header], "")));
        assert_eq!(code, "PowerBINotAuthorizedException");
        assert!(remedy.contains("Add the app to the workspace"), "{remedy}");
    }

    #[test]
    fn an_empty_refusal_is_named_by_its_status() {
        let (code, reason, remedy) = denied(of_power_bi(&Answer::canned(403, &[], "")));
        assert_eq!(code, "HTTP 403");
        assert!(reason.contains("gives no reason"), "{reason}");
        assert!(remedy.contains("service principals"), "{remedy}");
    }

    #[test]
    fn a_complaint_about_our_entra_token_is_no_refusal() {
        let expired = of_power_bi(&power_bi(403, "TokenExpired", "Access token has expired"));
        let header = ("x-powerbi-error-info", "InvalidToken");
        let invalid = of_power_bi(&Answer::canned(403, &[header], ""));
        for failure in [expired, invalid] {
            assert!(
                matches!(failure, TokenFailure::Nonsense { .. }),
                "{failure:?}"
            );
        }
    }

    #[test]
    fn a_missing_identity_is_explained_with_the_setting() {
        let said = "Creating embed token for accessing dataset 1 requires effective identity to \
                    be provided";
        let (code, _, remedy) = denied(of_power_bi(&power_bi(400, "InvalidRequest", said)));
        assert_eq!(code, "InvalidRequest");
        assert!(remedy.contains("[playlist.identity]"), "{remedy}");
    }

    #[test]
    fn a_web_page_instead_of_a_refusal_comes_from_somebody_in_between() {
        let page = Answer::canned(403, &[], "<html>Blocked by policy</html>");
        for failure in [of_entra(&page), of_power_bi(&page)] {
            assert!(
                matches!(failure, TokenFailure::Nonsense { .. }),
                "{failure:?}"
            );
        }
        // An operator's own server may well refuse with its standard page.
        assert_eq!(denied(of_token_service(&page)).0, "HTTP 403");
    }

    #[test]
    fn a_token_services_code_is_kept_and_its_words_are_not() {
        let body = r#"{"error": {"code": "report.withdrawn", "message": "s3cret"}}"#;
        let failure = of_token_service(&Answer::canned(403, &[], body));
        assert!(!format!("{failure:?}").contains("s3cret"));
        assert_eq!(denied(failure).0, "report.withdrawn");
    }

    #[test]
    fn what_could_be_a_token_is_not_quoted() {
        let token = "eyJ0eXAi".repeat(20);
        let failure = of_power_bi(&power_bi(400, "Odd", &format!("bad token {token} given")));
        assert_eq!(denied(failure).1, "bad token … given");
    }

    #[test]
    fn a_client_secret_that_a_service_repeats_is_not_quoted_and_an_id_is() {
        let id = "11111111-2222-4333-8444-555555555555";
        let secret = "Zx8Q~AbCdEfGhIjKlMnOpQrStUvWxYz012345678";
        let said = format!("The value '{secret}' of app '{id}' is odd.");
        let (_, reason, _) = denied(of_entra(&entra(123_456, &said)));
        assert_eq!(reason, format!("The value … of app '{id}' is odd."));
    }

    fn entra(number: u32, words: &str) -> Answer {
        let body = json!({
            "error": "invalid_request",
            "error_description":
                format!("AADSTS{number}: {words}\r\nTrace ID: 1 Correlation ID: 2 Timestamp: 3"),
            "error_codes": [number],
        });
        Answer::canned(400, &[], &body.to_string())
    }

    fn power_bi(status: u16, code: &str, message: &str) -> Answer {
        let body = json!({"error": {"code": code, "message": message}});
        Answer::canned(status, &[], &body.to_string())
    }

    fn denied(failure: TokenFailure) -> (String, String, String) {
        let TokenFailure::Denied {
            code,
            reason,
            remedy,
        } = failure
        else {
            panic!("{failure:?}")
        };
        (code, reason, remedy)
    }
}
