//! How an invitation is put into words, on slates and on the plate alike.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::player::{Invitation, InvitationReach};

use super::{
    qr::Qr,
    template::{Fill, fill},
};

pub(super) const LOCAL_ONLY: &str =
    "only on this device: [portal] listen in the settings opens it to the network";
/// The setting in it.
const LISTEN: &str = "[portal] listen";
pub(super) const CODE: &str = "Pairing code";
pub(super) const CODE_USE: &str = "enter it at this address to set the admin password";
pub(super) const FINGERPRINT: &str = "Certificate’s fingerprint (SHA-256)";

/// Bytes of a fingerprint that are read together.
const GROUP: usize = 4;

/// As a person types it.
pub(super) fn address_in_words(address: &Url) -> String {
    let words = address.as_str();
    match address.path() {
        "/" => words.strip_suffix('/').unwrap_or(words).to_owned(),
        _ => words.to_owned(),
    }
}

/// The same, which may be broken after any colon: an IPv6 address is long.
pub(super) fn address_in_lines(address: &Url) -> String {
    address_in_words(address)
        .replace(':', ":\u{200b}")
        .replace("\u{200b}//", "//")
}

/// The address and never the code: a phone keeps what it opened.
pub(super) fn qr(invitation: &Invitation) -> Option<Qr> {
    match invitation.reach {
        // On a phone it would lead to the phone.
        InvitationReach::LocalOnly => None,
        InvitationReach::Network => Qr::of(&invitation.address),
    }
}

/// `AB:CD:…` in parts that the eye can keep.
pub(super) fn groups(fingerprint: &str) -> Vec<String> {
    let bytes: Vec<&str> = fingerprint.split(':').collect();
    bytes.chunks(GROUP).map(|group| group.join(":")).collect()
}

/// As many dots as the code has letters.
pub(super) fn hidden(code: &SecretString) -> String {
    "•".repeat(code.expose_secret().chars().count())
}

/// The part of a slate that lets somebody in.
pub(super) fn panel(invitation: &Invitation) -> String {
    let qr = qr(invitation).map(|qr| qr.svg()).unwrap_or_default();
    fill(
        "<aside><div><dt>Open this address</dt><dd class=\"way\">{{address}}</dd>{{hint}}</div>\
         <div class=\"pair\">{{qr}}{{code}}</div>{{fingerprint}}</aside>",
        &[
            (
                "address",
                Fill::Words(&address_in_lines(&invitation.address)),
            ),
            ("hint", Fill::Own(&hint(invitation.reach))),
            ("qr", Fill::Own(&qr)),
            ("code", Fill::Own(&code(invitation.code.as_ref()))),
            ("fingerprint", Fill::Own(&fingerprint(invitation))),
        ],
    )
}

fn hint(reach: InvitationReach) -> String {
    match reach {
        InvitationReach::LocalOnly => {
            let words = LOCAL_ONLY.replace(LISTEN, &format!("<b>{LISTEN}</b>"));
            format!("<p>{words}</p>")
        }
        InvitationReach::Network => String::new(),
    }
}

fn code(code: Option<&SecretString>) -> String {
    let Some(code) = code else {
        return String::new();
    };
    fill(
        "<div><dt>{{label}}</dt><dd id=\"pairing-code\">{{code}}</dd><p>{{use}}</p></div>",
        &[
            ("label", Fill::Own(CODE)),
            ("code", Fill::Words(code.expose_secret())),
            ("use", Fill::Own(CODE_USE)),
        ],
    )
}

/// The certificate's fingerprint, if there is a certificate.
pub(super) fn fingerprint(invitation: &Invitation) -> String {
    let Some(fingerprint) = &invitation.fingerprint else {
        return String::new();
    };
    let groups: String = groups(fingerprint)
        .iter()
        .map(|group| fill("<span>{{group}}</span> ", &[("group", Fill::Words(group))]))
        .collect();
    format!("<div class=\"print\"><dt>{FINGERPRINT}</dt><dd>{groups}</dd></div>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation(reach: InvitationReach) -> Invitation {
        Invitation {
            address: "https://[2001:db8::7]:8400/".parse().unwrap(),
            reach,
            fingerprint: Some("AB:CD:EF:01:23:<b>".to_owned()),
            code: Some("KX4-<i>".into()),
        }
    }

    #[test]
    fn the_panel_has_address_code_and_fingerprint_and_none_of_them_is_html() {
        let panel = panel(&invitation(InvitationReach::Network));
        let address = panel.replace('\u{200b}', "");
        assert!(address.contains("https://[2001:db8::7]:8400<"), "{panel}");
        assert!(panel.contains(">KX4-&lt;i&gt;<"), "{panel}");
        assert!(panel.contains("<span>AB:CD:EF:01</span> <span>23:&lt;b&gt;</span>"));
        assert!(panel.contains("<svg class=\"qr\""));
        assert!(!panel.contains("{{"));
    }

    #[test]
    fn what_leads_nowhere_on_a_phone_has_no_qr_code_and_says_why() {
        let panel = panel(&invitation(InvitationReach::LocalOnly));
        assert!(!panel.contains("<svg"));
        assert!(panel.contains("only on this device: <b>[portal] listen</b>"));
    }

    #[test]
    fn the_qr_code_is_the_same_whatever_the_pairing_code_is() {
        let paired = invitation(InvitationReach::Network);
        let without = paired.without_code();
        let svg = |invitation| qr(invitation).unwrap().svg();
        assert_eq!(svg(&paired), svg(&without));
        assert_eq!(svg(&paired), Qr::of(&paired.address).unwrap().svg());
    }

    #[test]
    fn a_fingerprint_of_32_bytes_is_eight_groups() {
        let groups = groups(&["AB"; 32].join(":"));
        assert_eq!(groups, vec!["AB:AB:AB:AB"; 8]);
    }
}
