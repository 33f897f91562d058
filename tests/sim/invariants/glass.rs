//! Rules on what the viewer sees in the end: no blank, no error, no cover over a living picture.

use std::time::Duration;

use everlit::player::{Phase, Status};

use super::{Check, rule};
use crate::{
    ledger::{Ledger, Scene},
    view::Cover,
};

/// A look each minute, and a second one to be sure.
const BLANK_AT_MOST: Duration = Duration::from_secs(65);
/// The page answers an operation within ten seconds, or it is loaded again.
const HIDDEN_AT_MOST: Duration = Duration::from_secs(13);

pub(super) fn a_blank_picture_is_noticed(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let Some(since) = ledger.blank_since else {
        return Ok(());
    };
    let blank_for = scene.now.saturating_duration_since(since.max(ledger.peace));
    rule(
        "a_blank_picture_is_noticed",
        blank_for <= BLANK_AT_MOST,
        || format!("the picture has been blank for {blank_for:?}"),
    )
}

pub(super) fn a_cover_hides_no_slate_and_no_living_picture(
    ledger: &Ledger,
    scene: &Scene<'_>,
) -> Check {
    let page = scene.view.page.as_ref();
    let is_up = scene.view.glazing.cover == Cover::Up;
    rule(
        "a_cover_hides_no_slate",
        !is_up || page.is_none_or(|page| !page.is_slate()),
        || "a slate is covered".to_owned(),
    )?;
    let quiet = ledger.peace.max(ledger.answered);
    let since = ledger.hidden_since.map(|since| since.max(quiet));
    let hidden = since.map(|since| scene.now.saturating_duration_since(since));
    rule(
        "a_cover_hides_no_living_picture",
        hidden.is_none_or(|hidden| hidden <= HIDDEN_AT_MOST),
        || format!("a living picture has been covered for {hidden:?}"),
    )
}

pub(super) fn nothing_is_shown_only_under_a_cover(scene: &Scene<'_>) -> Check {
    rule(
        "nothing_is_shown_only_under_a_cover",
        scene.view.glazing.cover == Cover::Up,
        || "an empty page is to be seen".to_owned(),
    )
}

/// Where a last good picture is kept, it hides the errors of visuals.
pub(super) fn no_error_stays_on_the_glass(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let Some(since) = ledger.error_since else {
        return Ok(());
    };
    let seen_for = scene.now - since;
    rule(
        "no_error_stays_on_the_glass",
        seen_for <= Duration::from_secs(1),
        || format!("visuals have said for {seen_for:?} that their token expired"),
    )
}

pub(super) fn an_old_picture_says_its_age(status: &Status, scene: &Scene<'_>) -> Check {
    let age = scene.view.glazing.age;
    let page = scene.view.page.as_ref();
    let is_up = page.is_some_and(|page| page.up_since().is_some());
    rule(
        "an_old_picture_says_its_age",
        match status.phase {
            Phase::Offline => age.is_some() || !is_up,
            Phase::Showing | Phase::Denied | Phase::Unconfigured | Phase::Loading => age.is_none(),
            Phase::Waiting | Phase::Recovering | Phase::Dark | Phase::Stopping => true,
        },
        || format!("{:?} with the age {age:?} on the screen", status.phase),
    )
}
