//! Verifies a client assertion as Entra does: PS256, by the registered certificate, for this endpoint, still valid.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{clock, entra::Aadsts, names::CLIENT_ID};

/// The certificate is not the registered one, or the signature is wrong.
const BAD_SIGNATURE: Aadsts = Aadsts(700_027);
/// The assertion is not by or for whom it should be.
const BAD_SUBJECT: Aadsts = Aadsts(700_021);
const BAD_AUDIENCE: Aadsts = Aadsts(700_023);
/// Not yet or no longer valid, or valid for too long.
const BAD_TIME: Aadsts = Aadsts(700_024);
const MALFORMED: Aadsts = Aadsts(50027);

const LONGEST_LIFE_S: i64 = 24 * 3600;
const CLOCK_SKEW_S: i64 = 300;

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: String,
    #[serde(rename = "x5t#S256")]
    thumbprint: String,
}

#[derive(Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    sub: String,
    jti: String,
    nbf: i64,
    exp: i64,
}

pub(crate) fn verify(
    assertion: &str,
    certificate: &CertificateDer<'_>,
    audience: &str,
) -> Result<(), Aadsts> {
    let (signed, signature) = assertion.rsplit_once('.').ok_or(MALFORMED)?;
    let (header, claims) = signed.split_once('.').ok_or(MALFORMED)?;
    verify_header(&decoded(header)?, certificate)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| MALFORMED)?;
    webpki::EndEntityCert::try_from(certificate)
        .and_then(|certificate| {
            certificate.verify_signature(
                webpki::ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
                signed.as_bytes(),
                &signature,
            )
        })
        .map_err(|_| BAD_SIGNATURE)?;
    verify_claims(&decoded(claims)?, audience)
}

fn verify_header(header: &Header, certificate: &CertificateDer<'_>) -> Result<(), Aadsts> {
    let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, certificate));
    if header.alg != "PS256" || header.typ != "JWT" || header.thumbprint != thumbprint {
        return Err(BAD_SIGNATURE);
    }
    Ok(())
}

fn verify_claims(claims: &Claims, audience: &str) -> Result<(), Aadsts> {
    if claims.aud != audience {
        return Err(BAD_AUDIENCE);
    }
    if claims.sub != CLIENT_ID || claims.iss != CLIENT_ID || claims.jti.is_empty() {
        return Err(BAD_SUBJECT);
    }
    let now = clock::wall().as_second();
    let in_time = claims.nbf <= now + CLOCK_SKEW_S && now < claims.exp + CLOCK_SKEW_S;
    if !in_time || claims.exp - claims.nbf > LONGEST_LIFE_S {
        return Err(BAD_TIME);
    }
    Ok(())
}

fn decoded<T: DeserializeOwned>(part: &str) -> Result<T, Aadsts> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| MALFORMED)?;
    serde_json::from_slice(&json).map_err(|_| MALFORMED)
}
