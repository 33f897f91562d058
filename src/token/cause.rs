//! Why a request failed, in plain words.

use std::{error::Error, io};

use rustls::CertificateError;

/// The innermost cause that is known, for people. Holds neither address nor body.
pub(super) fn in_plain_words(error: &reqwest::Error) -> String {
    if let Some(words) = chain(error).find_map(certificate) {
        return words.to_owned();
    }
    if error.is_timeout() {
        let words = if error.is_connect() {
            "no connection in time"
        } else {
            "no answer in time"
        };
        return words.to_owned();
    }
    if error.is_dns() {
        return "its name is not known to the name server (DNS), or there is no network".to_owned();
    }
    if let Some(words) = chain(error).find_map(connection) {
        return words.to_owned();
    }
    innermost(error)
}

/// The error, and what caused it, outermost first.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| cause(*error))
}

fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    // An IO error gives the cause of what it wraps, not what it wraps.
    let wrapped = error.downcast_ref().and_then(io::Error::get_ref);
    match wrapped {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn certificate(error: &(dyn Error + 'static)) -> Option<&'static str> {
    use CertificateError as Wrong;
    let rustls::Error::InvalidCertificate(wrong) = error.downcast_ref()? else {
        return None;
    };
    if matches!(
        wrong,
        Wrong::Expired
            | Wrong::ExpiredContext { .. }
            | Wrong::NotValidYet
            | Wrong::NotValidYetContext { .. }
    ) {
        return Some("its certificate is expired or not valid yet; is this device's clock right?");
    }
    if matches!(
        wrong,
        Wrong::NotValidForName | Wrong::NotValidForNameContext { .. }
    ) {
        return Some("its certificate is for another name; something in between answers instead");
    }
    Some(
        "certificate not trusted: add it to network.trusted_certificates or the system store, \
         if it is your company's",
    )
}

fn connection(error: &(dyn Error + 'static)) -> Option<&'static str> {
    use io::ErrorKind as Kind;
    let kind = error.downcast_ref::<io::Error>()?.kind();
    if kind == Kind::ConnectionRefused {
        return Some("connection refused");
    }
    if matches!(kind, Kind::NetworkUnreachable | Kind::HostUnreachable) {
        return Some("no route to it; is the network connected?");
    }
    if matches!(kind, Kind::ConnectionReset | Kind::UnexpectedEof) {
        return Some("the connection was cut");
    }
    None
}

fn innermost(error: &reqwest::Error) -> String {
    let text = chain(error)
        .skip(1)
        .last()
        .map_or_else(|| "the request failed".to_owned(), ToString::to_string);
    match text.strip_prefix("tunnel error: ") {
        Some("proxy authorization required") => {
            "the proxy wants a name and a password (network.proxy)".to_owned()
        }
        Some(_) => "the proxy (network.proxy) does not connect to it".to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_out_of_its_time_makes_one_look_at_the_clock() {
        for wrong in [CertificateError::Expired, CertificateError::NotValidYet] {
            let words = certificate_words(wrong);
            assert!(words.contains("is this device's clock right?"), "{words}");
        }
    }

    #[test]
    fn a_strange_certificate_is_explained_with_the_setting() {
        let words = certificate_words(CertificateError::UnknownIssuer);
        assert!(
            words.starts_with("certificate not trusted: add it to network.trusted_certificates")
        );
    }

    #[test]
    fn a_certificate_for_another_name_is_called_so() {
        let words = certificate_words(CertificateError::NotValidForName);
        assert!(words.contains("for another name"), "{words}");
    }

    fn certificate_words(wrong: CertificateError) -> &'static str {
        let tls = rustls::Error::InvalidCertificate(wrong);
        // As it arrives: wrapped in IO errors.
        let error = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, tls));
        chain(&error).find_map(certificate).unwrap()
    }
}
