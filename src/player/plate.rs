//! The plate: the device's name and the way into it, over the picture, when an operator asks.

use std::time::{Duration, Instant};

use url::Url;

use super::{Invitation, InvitationReach, Player, Timer, ViewOrder};

const NAME_FOR: Duration = Duration::from_secs(10);
/// Somebody walks up to the screen, takes out a phone and types.
const INVITATION_FOR: Duration = Duration::from_secs(3 * 60);

/// What lies over the picture, which stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plate {
    /// Which device this is.
    Name {
        /// `None`: the host's name.
        device: Option<String>,
        /// The portal's; `None`: it leads nowhere from elsewhere, and the view says the host's.
        address: Option<Url>,
    },
    /// The same, and how to get in.
    Invitation {
        device: Option<String>,
        invitation: Invitation,
    },
}

impl Player {
    pub(super) fn identify(&mut self, now: Instant) {
        match self.plate {
            // It says the name, too, and somebody may be reading the code.
            Some(Plate::Invitation { .. }) => {}
            Some(Plate::Name { .. }) | None => self.show_plate(self.name_plate(), now + NAME_FOR),
        }
    }

    pub(super) fn invite(&mut self, now: Instant) {
        match self.invitation_plate() {
            Some(plate) => self.show_plate(plate, now + INVITATION_FOR),
            None => self.identify(now),
        }
    }

    pub(super) fn hide_plate(&mut self) {
        self.timers.stop(Timer::Plate);
        if self.plate.take().is_some() {
            self.order(ViewOrder::HidePlate);
        }
    }

    /// The plate that is up says what is true now, as long as it was to be up.
    pub(super) fn renew_plate(&mut self, earlier: Option<&Invitation>) {
        let Some(until) = self.timers.get(Timer::Plate) else {
            return;
        };
        let had_code = earlier.is_some_and(|earlier| earlier.code.is_some());
        let has_code = self.invitation.as_ref().is_some_and(|it| it.code.is_some());
        match self.plate {
            None => {}
            Some(Plate::Name { .. }) => self.show_plate(self.name_plate(), until),
            // The code was used: whoever asked for it is in.
            Some(Plate::Invitation { .. }) if had_code && !has_code => self.hide_plate(),
            Some(Plate::Invitation { .. }) => {
                let plate = self.invitation_plate();
                self.show_plate(plate.unwrap_or_else(|| self.name_plate()), until);
            }
        }
    }

    fn show_plate(&mut self, plate: Plate, until: Instant) {
        self.timers.set(Timer::Plate, until);
        if self.plate.as_ref() != Some(&plate) {
            self.plate = Some(plate.clone());
            self.order(ViewOrder::ShowPlate(Box::new(plate)));
        }
    }

    fn name_plate(&self) -> Plate {
        Plate::Name {
            device: self.device_name(),
            address: self.invitation.as_ref().and_then(|it| match it.reach {
                InvitationReach::Network => Some(it.address.clone()),
                InvitationReach::LocalOnly => None,
            }),
        }
    }

    fn invitation_plate(&self) -> Option<Plate> {
        Some(Plate::Invitation {
            device: self.device_name(),
            invitation: self.invitation.clone()?,
        })
    }
}
