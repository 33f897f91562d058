//! How a technician reaches the device's portal, and what a slate says of it.

use std::time::Instant;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{Player, SlateKind, stage::Stage};

/// The way into the portal, for somebody who stands in front of the screen.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Such as `https://192.0.2.7:8400/`.
    pub address: Url,
    pub reach: InvitationReach,
    /// SHA-256 of the portal's certificate, such as `AB:CD:…`; `None`: there is no certificate.
    pub fingerprint: Option<String>,
    /// Good once, to set the admin password; `None`: there is a password already.
    pub code: Option<SecretString>,
}

/// From where the portal's address leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationReach {
    /// From the device itself only.
    LocalOnly,
    Network,
}

impl Invitation {
    /// The same way in, for places where the code is not to be read.
    #[must_use]
    pub fn without_code(&self) -> Self {
        Self {
            code: None,
            ..self.clone()
        }
    }
}

impl PartialEq for Invitation {
    fn eq(&self, other: &Self) -> bool {
        let code = self.code.as_ref().map(ExposeSecret::expose_secret);
        self.address == other.address
            && self.reach == other.reach
            && self.fingerprint == other.fingerprint
            && code == other.code.as_ref().map(ExposeSecret::expose_secret)
    }
}

impl Eq for Invitation {}

impl Player {
    pub(super) fn invitation_changed(&mut self, invitation: Option<Invitation>, now: Instant) {
        if self.invitation == invitation {
            return;
        }
        let earlier = std::mem::replace(&mut self.invitation, invitation);
        self.renew_invitation_on_slate(now);
        self.renew_plate(earlier.as_ref());
    }

    /// What a slate of this kind says of the portal.
    pub(super) fn invitation_on(&self, kind: SlateKind) -> Option<Invitation> {
        let invitation = self.invitation.as_ref()?;
        match kind {
            SlateKind::Unconfigured => Some(invitation.clone()),
            SlateKind::Starting
            | SlateKind::WaitingForNetwork
            | SlateKind::WaitingForTime
            | SlateKind::Denied
            | SlateKind::Trouble => Some(invitation.without_code()),
        }
    }

    /// The other slates take it over when they are drawn next: nobody waits in front of them.
    fn renew_invitation_on_slate(&mut self, now: Instant) {
        let invitation = self.invitation_on(SlateKind::Unconfigured);
        if let Stage::Slate { slate, .. } = &mut self.stage
            && slate.kind == SlateKind::Unconfigured
        {
            slate.invitation = invitation;
            self.order_stage(now);
        }
    }
}
