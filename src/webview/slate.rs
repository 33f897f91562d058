//! Draws slates: our own pages, readable from across a room.

use crate::player::{Slate, SlateKind};

use super::template::{Fill, fill, nonce};

const TEMPLATE: &str = include_str!("slate.html");

/// The page for a slate. `address` is the device's.
pub(super) fn page(slate: &Slate, address: &str) -> String {
    let own_name = || {
        rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned()
    };
    let device = slate.device.clone().unwrap_or_else(own_name);
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
            ("address", Fill::Words(address)),
            ("next_try", Fill::Own(&next_try(slate))),
        ],
    )
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

    fn denied(reason: &str) -> Slate {
        Slate {
            kind: SlateKind::Denied,
            device: Some("Lobby <1>".to_owned()),
            reason: reason.to_owned(),
            remedy: None,
            next_try: None,
        }
    }

    #[test]
    fn words_from_outside_cannot_become_html() {
        let page = page(&denied("<script>alert(1)</script>"), "10.0.0.1");
        assert!(page.contains("&lt;script&gt;alert(1)"));
        assert!(page.contains("Lobby &lt;1&gt;"));
    }

    #[test]
    fn a_slate_without_a_next_try_counts_nothing_down() {
        let page = page(&denied("no"), "10.0.0.1");
        assert!(!page.contains("data-seconds=\""));
        assert!(!page.contains("{{"));
    }
}
