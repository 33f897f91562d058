//! Signs the assertion that proves a service principal by its certificate.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use jiff::Timestamp;
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
    rsa::KeyPair,
    signature::RSA_PSS_SHA256,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::{player::TokenFailure, secret::spoken, settings::SecretRef};

/// How long an assertion is good, in seconds.
const LIFE_S: i64 = 600;

/// What an assertion says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Assertion<'a> {
    pub(super) client_id: &'a str,
    /// The token address that it is sent to.
    pub(super) audience: &'a str,
    pub(super) now: Timestamp,
}

impl Assertion<'_> {
    /// The signed assertion: a JWT with PS256.
    pub(super) fn sign(
        &self,
        certificate: &CertificateDer<'_>,
        key: &KeyPair,
    ) -> Result<SecretString, TokenFailure> {
        let header = json!({
            "alg": "PS256",
            "typ": "JWT",
            "x5t#S256": BASE64.encode(digest(&SHA256, certificate)),
        });
        let random = SystemRandom::new();
        let now = self.now.as_second();
        let claims = json!({
            "aud": self.audience,
            "iss": self.client_id,
            "sub": self.client_id,
            "jti": identifier(&random)?,
            "nbf": now,
            "iat": now,
            "exp": now + LIFE_S,
        });
        let signed = format!(
            "{}.{}",
            BASE64.encode(header.to_string()),
            BASE64.encode(claims.to_string())
        );
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(&RSA_PSS_SHA256, &random, signed.as_bytes(), &mut signature)
            .map_err(|_| no_randomness())?;
        Ok(SecretString::from(format!(
            "{signed}.{}",
            BASE64.encode(signature)
        )))
    }
}

/// The first certificate of a PEM file.
pub(super) fn certificate(
    pem: &str,
    place: &SecretRef,
) -> Result<CertificateDer<'static>, TokenFailure> {
    CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| TokenFailure::Unprepared {
        reason: format!("{} holds no PEM certificate", spoken(place)),
        remedy: "Name the file with the BEGIN CERTIFICATE line in powerbi.client_certificate."
            .into(),
    })
}

/// The RSA key of a PEM file, in PKCS#8 or PKCS#1.
pub(super) fn key(pem: &SecretString, place: &SecretRef) -> Result<KeyPair, TokenFailure> {
    let unusable = |problem: &str, remedy: &str| TokenFailure::Unprepared {
        reason: format!("{} {problem}", spoken(place)),
        remedy: remedy.to_owned(),
    };
    let pem = pem.expose_secret();
    if pem.contains("BEGIN ENCRYPTED PRIVATE KEY") || pem.contains("Proc-Type: 4,ENCRYPTED") {
        let remedy = "Take the password off (openssl pkey), and keep the key as a credential.";
        return Err(unusable("holds a key with a password", remedy));
    }
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| {
        let remedy = "Name the file with the BEGIN PRIVATE KEY line in powerbi.client_key.";
        unusable("holds no PEM private key", remedy)
    })?;
    let pair = match &key {
        PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
        PrivateKeyDer::Sec1(_) | _ => {
            let remedy = "Make an RSA key and certificate and register them with the app.";
            return Err(unusable("holds a key that is not RSA", remedy));
        }
    };
    pair.map_err(|error| {
        let remedy = "Use an RSA key of 2048 to 4096 bits in PKCS#8 or PKCS#1.";
        unusable(&format!("holds an unusable key ({error})"), remedy)
    })
}

/// A random identifier in the form of a UUID.
fn identifier(random: &SystemRandom) -> Result<String, TokenFailure> {
    let mut bytes = [0; 16];
    random.fill(&mut bytes).map_err(|_| no_randomness())?;
    let [a, b] = [&bytes[..8], &bytes[8..]].map(|half| {
        let half = <[u8; 8]>::try_from(half).unwrap_or_default();
        u64::from_be_bytes(half)
    });
    // Version 4, variant 1.
    let (a, b) = (a & !0xf000 | 0x4000, b & !(0b11 << 62) | (0b10 << 62));
    Ok(format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        a >> 32,
        a >> 16 & 0xffff,
        a & 0xffff,
        b >> 48,
        b & 0xffff_ffff_ffff
    ))
}

fn no_randomness() -> TokenFailure {
    TokenFailure::Unprepared {
        reason: "the system gives no random numbers".into(),
        remedy: "Restart the device.".into(),
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;
    use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
    use serde_json::Value;

    use super::*;

    const CERTIFICATE: &str = include_str!("../../tests/standin/fixtures/client-certificate.pem");
    const KEY: &str = include_str!("../../tests/standin/fixtures/client-key.pem");

    /// What precedes an RSA key of 2048 bits in PKCS#8.
    const PKCS8_HEAD: usize = 26;

    #[test]
    fn an_assertion_says_who_where_and_how_long_and_is_signed_by_the_key() {
        let key = key(&KEY.into(), &place()).unwrap();
        let (signed, signature) = split(&signed_by(&key));
        let (header, claims) = signed.split_once('.').unwrap();
        let header = json_of(header);
        assert_eq!(header["alg"], "PS256");
        assert_eq!(header["typ"], "JWT");
        let der = certificate(CERTIFICATE, &place()).unwrap();
        let thumbprint = BASE64.encode(digest(&SHA256, &der));
        assert_eq!(header["x5t#S256"], thumbprint.as_str());
        let claims = json_of(claims);
        assert_eq!(
            claims["aud"],
            "https://login.example/tenant/oauth2/v2.0/token"
        );
        assert_eq!(
            (&claims["iss"], &claims["sub"]),
            (&json!("app"), &json!("app"))
        );
        assert_eq!(
            (&claims["nbf"], &claims["iat"]),
            (&json!(1_000), &json!(1_000))
        );
        assert_eq!(claims["exp"], 1_600);
        let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key.public().as_ref());
        assert!(public.verify(signed.as_bytes(), &signature).is_ok());
    }

    #[test]
    fn no_two_assertions_have_the_same_identifier() {
        let key = key(&KEY.into(), &place()).unwrap();
        let identifiers = [(); 2].map(|()| {
            let (signed, _) = split(&signed_by(&key));
            json_of(signed.split_once('.').unwrap().1)["jti"].clone()
        });
        assert_ne!(identifiers[0], identifiers[1]);
        let text = identifiers[0].as_str().unwrap();
        let form: Vec<_> = text.split('-').map(str::len).collect();
        assert_eq!(form, [8, 4, 4, 4, 12], "{text}");
    }

    #[test]
    fn a_key_in_pkcs1_is_as_good() {
        let der = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
        let pkcs1 = BASE64_STANDARD.encode(&der.secret_der()[PKCS8_HEAD..]);
        let pem =
            format!("-----BEGIN RSA PRIVATE KEY-----\n{pkcs1}\n-----END RSA PRIVATE KEY-----\n");
        let [one, other] = [&pem, KEY].map(|pem| key(&pem.into(), &place()).unwrap());
        assert_eq!(one.public().as_ref(), other.public().as_ref());
    }

    #[test]
    fn what_is_no_usable_key_is_explained_without_quoting_it() {
        let pem = |kind: &str| format!("-----BEGIN {kind}-----\nc2VjcmV0\n-----END {kind}-----\n");
        for (text, words) in [
            (pem("ENCRYPTED PRIVATE KEY"), "with a password"),
            (pem("EC PRIVATE KEY"), "not RSA"),
            (pem("PRIVATE KEY"), "unusable key"),
            (CERTIFICATE.to_owned(), "no PEM private key"),
            ("c2VjcmV0".to_owned(), "no PEM private key"),
        ] {
            let failure = key(&text.into(), &place()).unwrap_err().to_string();
            assert!(failure.contains(words), "{failure}");
            assert!(failure.contains("/etc/everlit/app.pem"), "{failure}");
            assert!(!failure.contains("c2VjcmV0"), "{failure}");
        }
    }

    #[test]
    fn a_file_without_certificate_is_named() {
        let failure = certificate(KEY, &place()).unwrap_err().to_string();
        assert_eq!(failure, "/etc/everlit/app.pem holds no PEM certificate");
    }

    fn signed_by(key: &KeyPair) -> String {
        let assertion = Assertion {
            client_id: "app",
            audience: "https://login.example/tenant/oauth2/v2.0/token",
            now: Timestamp::from_second(1_000).unwrap(),
        };
        let der = certificate(CERTIFICATE, &place()).unwrap();
        let signed = assertion.sign(&der, key).unwrap();
        signed.expose_secret().to_owned()
    }

    fn split(assertion: &str) -> (String, Vec<u8>) {
        let (signed, signature) = assertion.rsplit_once('.').unwrap();
        (signed.to_owned(), BASE64.decode(signature).unwrap())
    }

    fn json_of(part: &str) -> Value {
        serde_json::from_slice(&BASE64.decode(part).unwrap()).unwrap()
    }

    fn place() -> SecretRef {
        SecretRef::File("/etc/everlit/app.pem".into())
    }
}
