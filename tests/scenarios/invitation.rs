//! Stories of the first contact: who stands in front of the screen gets in, and nobody else.

use std::time::Duration;

use everlit::player::*;
use secrecy::ExposeSecret as _;

use crate::{denied, mins, report, settings, wall::Wall};

const CODE: &str = "KX4-7QD";

fn invitation(code: Option<&str>) -> Invitation {
    Invitation {
        address: "https://192.0.2.7:8400/".parse().expect("a URL"),
        reach: InvitationReach::Network,
        fingerprint: Some("AB:CD".into()),
        code: code.map(Into::into),
    }
}

fn invite(wall: &mut Wall, code: Option<&str>) {
    wall.tell(Event::InvitationChanged(Some(invitation(code))));
}

fn ask(wall: &mut Wall, ask: Ask) {
    wall.tell(Event::OperatorAsked(ask));
}

fn code(invitation: Option<&Invitation>) -> Option<&str> {
    Some(invitation?.code.as_ref()?.expose_secret())
}

fn code_on_slate(wall: &Wall) -> Option<&str> {
    code(wall.shown_slate.as_ref()?.invitation.as_ref())
}

fn code_on_plate(wall: &Wall) -> Option<&str> {
    match wall.plate.as_ref()? {
        Plate::Name { .. } => None,
        Plate::Invitation { invitation, .. } => code(Some(invitation)),
    }
}

fn is_invited(wall: &Wall) -> bool {
    matches!(wall.plate, Some(Plate::Invitation { .. }))
}

/// The device says that it has nothing to show.
fn unconfigured() -> Wall {
    let mut wall = Wall::starting(&[]);
    wall.rendered();
    assert_eq!(wall.slate(), SlateKind::Unconfigured);
    wall
}

fn refused() -> Wall {
    let mut wall = Wall::starting(&[report("sales")]);
    invite(&mut wall, Some(CODE));
    wall.no_token(denied());
    assert_eq!(wall.slate(), SlateKind::Denied);
    wall
}

#[test]
fn a_device_without_settings_shows_the_code_until_a_password_is_set() {
    let mut wall = unconfigured();
    invite(&mut wall, Some(CODE));
    assert_eq!(code_on_slate(&wall), Some(CODE));
    invite(&mut wall, None);
    assert_eq!(code_on_slate(&wall), None);
    let slate = wall.shown_slate.as_ref().expect("a slate");
    assert_eq!(slate.invitation, Some(invitation(None)), "the way in stays");
    assert_eq!(
        (wall.slate(), wall.phase()),
        (SlateKind::Unconfigured, Phase::Unconfigured)
    );
}

#[test]
fn an_invitation_that_came_before_the_slate_is_on_it() {
    let mut wall = Wall::starting(&[report("sales")]);
    invite(&mut wall, Some(CODE));
    wall.load_settings(settings(&[]));
    assert_eq!(code_on_slate(&wall), Some(CODE));
}

#[test]
fn the_slate_is_drawn_anew_only_for_news() {
    let mut wall = unconfigured();
    invite(&mut wall, Some(CODE));
    let drawn = wall.page;
    invite(&mut wall, Some(CODE));
    assert_eq!(wall.page, drawn);
    invite(&mut wall, Some("AAA-AAA"));
    assert_ne!(wall.page, drawn);
    wall.tell(Event::InvitationChanged(None));
    assert_eq!(wall.shown_slate.and_then(|slate| slate.invitation), None);
}

#[test]
fn another_name_leaves_the_invitation_on_the_slate() {
    let mut wall = unconfigured();
    invite(&mut wall, Some(CODE));
    let mut renamed = settings(&[]);
    renamed.name = Some("canteen".into());
    wall.load_settings(renamed);
    assert_eq!(code_on_slate(&wall), Some(CODE));
}

#[test]
fn a_slate_of_a_refused_report_has_the_address_and_never_the_code() {
    let mut wall = refused();
    let slate = wall.shown_slate.clone().expect("a slate");
    assert_eq!(slate.invitation, Some(invitation(None)));
    let shown = wall.page;
    invite(&mut wall, Some("AAA-AAA"));
    assert_eq!((wall.page, code_on_slate(&wall)), (shown, None));
}

#[test]
fn a_plate_touches_no_healthy_report() {
    let mut wall = Wall::showing(&[report("sales")]);
    invite(&mut wall, Some(CODE));
    let (shown, looks, ended) = (wall.page, wall.looks, wall.ended);
    ask(&mut wall, Ask::Invite);
    assert_eq!(code_on_plate(&wall), Some(CODE));
    ask(&mut wall, Ask::Identify);
    invite(&mut wall, Some("AAA-AAA"));
    invite(&mut wall, None);
    assert_eq!((wall.page, wall.looks, wall.ended), (shown, looks, ended));
    assert!(wall.fetch.is_none() && !wall.is_covered);
    assert_eq!(wall.phase(), Phase::Showing);
}

#[test]
fn the_plate_with_the_code_stays_three_minutes() {
    let mut wall = Wall::showing(&[report("sales")]);
    invite(&mut wall, Some(CODE));
    ask(&mut wall, Ask::Invite);
    wall.pass(mins(3) - Duration::from_secs(1));
    assert!(is_invited(&wall));
    wall.pass(Duration::from_secs(1));
    assert_eq!(wall.plate, None);
}

#[test]
fn a_new_code_is_on_the_plate_at_once_and_for_no_longer() {
    let mut wall = Wall::showing(&[report("sales")]);
    invite(&mut wall, Some(CODE));
    ask(&mut wall, Ask::Invite);
    wall.pass(mins(2));
    invite(&mut wall, Some("AAA-AAA"));
    assert_eq!(code_on_plate(&wall), Some("AAA-AAA"));
    wall.pass(mins(1));
    assert_eq!(wall.plate, None);
}

#[test]
fn the_plate_goes_when_its_code_was_used_or_the_portal_is_gone() {
    for left in [Some(invitation(None)), None] {
        let mut wall = Wall::showing(&[report("sales")]);
        invite(&mut wall, Some(CODE));
        ask(&mut wall, Ask::Invite);
        wall.tell(Event::InvitationChanged(left));
        assert_eq!(wall.plate, None);
    }
}

#[test]
fn a_plate_without_a_code_follows_the_invitation() {
    let mut wall = Wall::showing(&[report("sales")]);
    invite(&mut wall, None);
    ask(&mut wall, Ask::Invite);
    assert!(is_invited(&wall) && code_on_plate(&wall).is_none());
    invite(&mut wall, Some(CODE));
    assert_eq!(code_on_plate(&wall), Some(CODE));
}

#[test]
fn a_device_without_a_portal_only_says_its_name() {
    let mut wall = Wall::showing(&[report("sales")]);
    for asked in [Ask::Identify, Ask::Invite] {
        ask(&mut wall, asked);
        let name = Plate::Name {
            device: Some("hall".into()),
            address: None,
        };
        assert_eq!(wall.plate, Some(name));
        wall.pass(Duration::from_secs(10));
        assert_eq!(wall.plate, None);
    }
}

#[test]
fn to_identify_shows_name_and_address_and_takes_no_invitation_away() {
    let mut wall = Wall::showing(&[report("sales")]);
    invite(&mut wall, Some(CODE));
    ask(&mut wall, Ask::Identify);
    let name = Plate::Name {
        device: Some("hall".into()),
        address: Some(invitation(None).address),
    };
    assert_eq!(wall.plate, Some(name));
    ask(&mut wall, Ask::Invite);
    ask(&mut wall, Ask::Identify);
    wall.pass(mins(2));
    assert_eq!(code_on_plate(&wall), Some(CODE));
}

#[test]
fn no_debug_text_has_the_code() {
    let mut wall = unconfigured();
    invite(&mut wall, Some(CODE));
    ask(&mut wall, Ask::Invite);
    let event = Event::InvitationChanged(Some(invitation(Some(CODE))));
    let text = format!(
        "{event:?} {:?} {:?} {:?}",
        wall.player, wall.plate, wall.shown_slate
    );
    assert!(text.contains("192.0.2.7") && !text.contains(CODE), "{text}");
}

#[test]
fn an_address_that_leads_nowhere_is_not_said_with_the_name() {
    let mut wall = Wall::showing(&[report("sales")]);
    let local = Invitation {
        reach: InvitationReach::LocalOnly,
        ..invitation(Some(CODE))
    };
    wall.tell(Event::InvitationChanged(Some(local)));
    ask(&mut wall, Ask::Identify);
    assert!(matches!(
        wall.plate,
        Some(Plate::Name { address: None, .. })
    ));
}
