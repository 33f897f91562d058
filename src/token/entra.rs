//! Gets an Entra token for the service principal.

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{
    answer::exchange,
    assertion::{self, Assertion},
    refusal,
};
use crate::{
    clock,
    player::TokenFailure,
    secret::Secrets,
    settings::{Credential, ServicePrincipal},
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A new Entra token. Use it once and drop it: a token that it makes lives only as long as it.
pub(super) async fn token(
    client: &Client,
    secrets: &Secrets,
    principal: &ServicePrincipal,
) -> Result<SecretString, TokenFailure> {
    let url = token_url(principal)?;
    let proof = proof(secrets, principal, &url)?;
    let mut form = vec![
        ("grant_type", "client_credentials"),
        ("client_id", principal.client_id.as_str()),
        ("scope", principal.endpoints.scope.as_str()),
    ];
    match &proof {
        Proof::Secret(secret) => form.push(("client_secret", secret.expose_secret())),
        Proof::Assertion(assertion) => {
            form.push(("client_assertion_type", ASSERTION_TYPE));
            form.push(("client_assertion", assertion.expose_secret()));
        }
    }
    let answer = exchange(client.post(url).form(&form)).await?;
    let fields = answer.accepted(refusal::of_entra)?;
    Ok(SecretString::from(fields.text("access_token")?))
}

/// What shows that we are the service principal.
enum Proof {
    Secret(SecretString),
    Assertion(SecretString),
}

fn proof(
    secrets: &Secrets,
    principal: &ServicePrincipal,
    url: &Url,
) -> Result<Proof, TokenFailure> {
    match &principal.credential {
        Credential::ClientSecret(place) => Ok(secrets.line(place).map(Proof::Secret)?),
        Credential::Certificate { certificate, key } => {
            let certificate =
                assertion::certificate(&secrets.public_pem(certificate)?, certificate)?;
            let key = assertion::key(&secrets.pem(key)?, key)?;
            let assertion = Assertion {
                client_id: &principal.client_id,
                audience: url.as_str(),
                now: clock::wall(),
            };
            assertion.sign(&certificate, &key).map(Proof::Assertion)
        }
    }
}

fn token_url(principal: &ServicePrincipal) -> Result<Url, TokenFailure> {
    let path = [principal.tenant_id.as_str(), "oauth2", "v2.0", "token"];
    below(&principal.endpoints.authority, &path)
}

/// The address of a path below a base address.
pub(super) fn below(base: &Url, path: &[&str]) -> Result<Url, TokenFailure> {
    let mut url = base.clone();
    match url.path_segments_mut() {
        Ok(mut segments) => segments.pop_if_empty().extend(path),
        Err(()) => {
            return Err(TokenFailure::Unprepared {
                reason: format!("{base} is no web address"),
                remedy: "Correct [powerbi.endpoints] in the settings.".into(),
            });
        }
    };
    Ok(url)
}
