//! Draws slates: our own pages, readable from across a room.

use crate::player::{InvitationReach, Slate, SlateKind};

use super::{
    invitation,
    template::{Fill, fill, nonce},
};

const TEMPLATE: &str = include_str!("slate.html");

/// The page for a slate. `host_address` is for a portal that cannot be reached from elsewhere.
pub(super) fn page(slate: &Slate, host_address: fn() -> String) -> String {
    let device = device_name(slate.device.as_deref());
    let face = Face::of(slate.kind);
    fill(
        TEMPLATE,
        &[
            ("nonce", Fill::Own(&nonce())),
            ("class", Fill::Own(face.class)),
            ("mark", Fill::Own(face.mark)),
            ("headline", Fill::Own(face.headline)),
            ("reason", Fill::Words(&slate.reason)),
            ("remedy", Fill::Own(&remedy(slate))),
            ("device", Fill::Words(&device)),
            ("address", Fill::Own(&address(slate, host_address))),
            ("invitation", Fill::Own(&panel(slate))),
            ("fingerprint", Fill::Own(&fingerprint(slate))),
            ("next_try", Fill::Own(&next_try(slate))),
        ],
    )
}

/// The device's name, or its host's.
pub(super) fn device_name(given: Option<&str>) -> String {
    given.map_or_else(
        || {
            let host = rustix::system::uname();
            host.nodename().to_string_lossy().into_owned()
        },
        str::to_owned,
    )
}

/// Whether the slate is there to let somebody in; the others only say where the device is.
fn invites(kind: SlateKind) -> bool {
    match kind {
        SlateKind::Unconfigured => true,
        SlateKind::Starting
        | SlateKind::WaitingForNetwork
        | SlateKind::WaitingForTime
        | SlateKind::Denied
        | SlateKind::Trouble => false,
    }
}

fn panel(slate: &Slate) -> String {
    match &slate.invitation {
        Some(invitation) if invites(slate.kind) => invitation::panel(invitation),
        Some(_) | None => String::new(),
    }
}

fn address(slate: &Slate, host_address: fn() -> String) -> String {
    let words = match &slate.invitation {
        Some(invitation) => match invitation.reach {
            // The panel has it in large letters.
            InvitationReach::Network if invites(slate.kind) => return String::new(),
            InvitationReach::Network => invitation::address_in_lines(&invitation.address),
            InvitationReach::LocalOnly => host_address(),
        },
        None => host_address(),
    };
    fill(
        "<div><dt>Address</dt><dd>{{address}}</dd></div>",
        &[("address", Fill::Words(&words))],
    )
}

/// For whoever wants to open the address of a slate that does not invite.
fn fingerprint(slate: &Slate) -> String {
    match &slate.invitation {
        Some(invitation) if !invites(slate.kind) => match invitation.reach {
            InvitationReach::Network => invitation::fingerprint(invitation),
            InvitationReach::LocalOnly => String::new(),
        },
        Some(_) | None => String::new(),
    }
}

fn remedy(slate: &Slate) -> String {
    let Some(remedy) = &slate.remedy else {
        return String::new();
    };
    fill(
        "<p class=\"remedy\">{{remedy}}</p>",
        &[("remedy", Fill::Words(remedy))],
    )
}

fn next_try(slate: &Slate) -> String {
    let Some(wait) = slate.next_try else {
        return String::new();
    };
    let seconds = wait.as_secs_f64().ceil();
    format!(
        "<div class=\"try\"><dt>Next try</dt><dd data-seconds=\"{seconds}\">in {seconds} s</dd></div>"
    )
}

/// What tells the kinds of slates apart.
struct Face {
    class: &'static str,
    headline: &'static str,
    /// SVG shapes on a 24 × 24 field.
    mark: &'static str,
}

impl Face {
    fn of(kind: SlateKind) -> Self {
        match kind {
            SlateKind::Starting => Self {
                class: "starting",
                headline: "Starting",
                mark: r#"<rect x="3" y="4" width="18" height="12.5" rx="2"/><path d="M8.5 20.5h7M12 16.5v4M7.5 12.5v-2M12 12.5V8M16.5 12.5v-3"/>"#,
            },
            SlateKind::Unconfigured => Self {
                class: "unconfigured",
                headline: "Not set up yet",
                mark: r#"<path d="M3 5.5h10M17 5.5h4M3 12h2.5M9.5 12H21M3 18.5h8M15 18.5h6"/><circle cx="15" cy="5.5" r="2"/><circle cx="7.5" cy="12" r="2"/><circle cx="13" cy="18.5" r="2"/>"#,
            },
            SlateKind::WaitingForNetwork => Self {
                class: "network",
                headline: "Waiting for the network",
                mark: r#"<path d="M2.5 9.2a14 14 0 0 1 19 0M5.8 12.8a9 9 0 0 1 12.4 0M9 16.3a4.4 4.4 0 0 1 6 0"/><circle cx="12" cy="19.6" r=".6" fill="currentColor"/>"#,
            },
            SlateKind::WaitingForTime => Self {
                class: "time",
                headline: "Waiting for the time",
                mark: r#"<circle cx="12" cy="12" r="9"/><path d="M12 6.8V12l3.6 2.4"/>"#,
            },
            SlateKind::Denied => Self {
                class: "denied",
                headline: "Access was refused",
                mark: r#"<rect x="4.5" y="10.5" width="15" height="10" rx="2"/><path d="M8 10.5V7.5a4 4 0 0 1 8 0v3M12 14.5v2.5"/>"#,
            },
            SlateKind::Trouble => Self {
                class: "trouble",
                headline: "This does not load",
                mark: r#"<path d="M12 3.8 21.5 20h-19zM12 10v4.6"/><circle cx="12" cy="17.3" r=".6" fill="currentColor"/>"#,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::player::Invitation;

    const HOST: fn() -> String = || "192.0.2.20".to_owned();

    fn slate(kind: SlateKind, reach: Option<InvitationReach>) -> Slate {
        Slate {
            kind,
            device: Some("Lobby <1>".to_owned()),
            reason: "<script>alert(1)</script>".to_owned(),
            remedy: None,
            next_try: None,
            invitation: reach.map(|reach| Invitation {
                address: "https://192.0.2.7:8400/".parse().unwrap(),
                reach,
                fingerprint: Some("AB:CD".to_owned()),
                code: None,
            }),
        }
    }

    #[test]
    fn words_from_outside_cannot_become_html() {
        let remedy = Some("<img src=x onerror=alert(2)>".to_owned());
        let slate = Slate {
            remedy,
            ..slate(SlateKind::Denied, None)
        };
        let page = page(&slate, || "<u>10.0.0.1</u>".to_owned());
        assert!(page.contains("&lt;script&gt;alert(1)"));
        assert!(page.contains("Lobby &lt;1&gt;"));
        assert!(page.contains("&lt;img src=x"));
        assert!(page.contains("&lt;u&gt;10.0.0.1"));
    }

    #[test]
    fn a_slate_without_a_next_try_counts_nothing_down() {
        let page = page(&slate(SlateKind::Denied, None), HOST);
        assert!(!page.contains("data-seconds=\""));
        assert!(!page.contains("{{"));
    }

    #[test]
    fn only_an_unconfigured_device_invites() {
        let network = Some(InvitationReach::Network);
        let invites = page(&slate(SlateKind::Unconfigured, network), HOST);
        assert!(invites.contains("<aside>") && !invites.contains("192.0.2.20"));
        let denied = page(&slate(SlateKind::Denied, network), HOST);
        assert!(!denied.contains("<aside>"));
        let denied = denied.replace('\u{200b}', "");
        assert!(denied.contains("<dd>https://192.0.2.7:8400</dd>"));
        assert!(denied.contains("AB:CD"));
    }

    #[test]
    fn an_address_that_leads_nowhere_is_not_the_devices_address() {
        let denied = slate(SlateKind::Denied, Some(InvitationReach::LocalOnly));
        let page = page(&denied, HOST);
        assert!(page.contains("<dd>192.0.2.20</dd>"));
        assert!(!page.contains("192.0.2.7"));
    }
}
