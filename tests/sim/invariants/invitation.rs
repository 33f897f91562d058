//! Rules on who may read the pairing code, and for how long.

use std::time::Duration;

use everlit::player::{Invitation, Plate, Slate, SlateKind};
use secrecy::{ExposeSecret, SecretString};

use super::{Check, rule};
use crate::{
    ledger::{Ledger, Scene},
    settings::MINUTE,
};

/// Three minutes for each time that it was asked for; nobody asks all the time.
const PLATE_AT_MOST: Duration = MINUTE.saturating_mul(60);

pub(super) fn only_an_unconfigured_slate_has_the_code(slate: &Slate, ledger: &Ledger) -> Check {
    let code = code(slate.invitation.as_ref());
    rule(
        "only_an_unconfigured_slate_has_the_code",
        code.is_none() || slate.kind == SlateKind::Unconfigured,
        || format!("the code is on a slate {:?}", slate.kind),
    )?;
    rule(
        "no_old_code_is_on_a_slate",
        code.is_none() || code == exposed(ledger.code.as_ref()),
        || "a slate has a code that is no longer good".to_owned(),
    )
}

pub(super) fn no_old_code_is_on_a_plate(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let on_plate = match &scene.view.glazing.plate {
        Some(Plate::Invitation { invitation, .. }) => code(Some(invitation)),
        Some(Plate::Name { .. }) | None => return Ok(()),
    };
    rule(
        "no_old_code_is_on_a_plate",
        on_plate == exposed(ledger.code.as_ref()),
        || "the plate has another code than the one that is good".to_owned(),
    )
}

pub(super) fn a_plate_goes_again(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let since = ledger.plate_since;
    let up_for = since.map(|since| scene.now.saturating_duration_since(since));
    rule(
        "a_plate_goes_again",
        up_for.is_none_or(|up_for| up_for <= PLATE_AT_MOST),
        || format!("a plate has been over the picture for {up_for:?}"),
    )
}

fn code(invitation: Option<&Invitation>) -> Option<&str> {
    exposed(invitation?.code.as_ref())
}

fn exposed(code: Option<&SecretString>) -> Option<&str> {
    code.map(ExposeSecret::expose_secret)
}
