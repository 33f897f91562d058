//! Stories of new settings that have to lead to a picture, and of what is put back.

use std::{sync::Arc, time::Duration};

use everlit::{
    clock,
    player::*,
    settings::{Credential, Endpoints, Entry, SecretRef, ServicePrincipal, Settings, Source},
};

use crate::{denied, mins, page, report, settings, unreachable, wall::Wall};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_push_that_breaks_the_picture_is_undone() {
    let mut wall = Wall::showing(&[report("sales")]);
    assert_eq!(wall.settled, ["r1"]);
    wall.load_settings(settings(&[report("gone")]));
    let trial = wall.status().settings.trial.unwrap();
    assert_eq!(
        (trial.fallback.as_str(), trial.ends_in),
        ("r1", Some(mins(2)))
    );
    pass_with(&mut wall, mins(2) - SECOND, denied);
    assert_eq!(wall.revert, None);
    pass_with(&mut wall, SECOND, denied);
    let (from, to, reason) = wall.revert.clone().unwrap();
    assert_eq!((from.as_str(), to.as_str()), ("r2", "r1"));
    assert!(
        reason.contains("settings r2") && reason.contains("AADSTS7000215"),
        "{reason}"
    );

    put_back(&mut wall, &[report("sales")]);
    wall.token_when_asked(mins(60));
    wall.rendered();
    let status = wall.status();
    assert_eq!(
        (status.phase, status.settings.trial),
        (Phase::Showing, None)
    );
    assert_eq!(status.settings.state, SettingsState::Rejected);
    assert_eq!(status.settings.problems[0].problem, reason);
    assert!(wall.line.contains("put back"), "{}", wall.line);
    wall.load_settings(settings(&[report("stock")]));
    assert_eq!(wall.status().settings.state, SettingsState::Applied);
}

#[test]
fn a_push_that_only_moves_a_deadline_is_confirmed_at_once() {
    let mut wall = Wall::showing(&[report("sales")]);
    let shown = wall.page;
    let mut changed = settings(&[report("sales")]);
    changed.token.refresh_every = mins(20);
    wall.load_settings(changed);
    assert_eq!(wall.settled, ["r1", "r2"]);
    assert_eq!((wall.page, wall.status().settings.trial), (shown, None));
}

#[test]
fn the_picture_that_was_up_before_does_not_speak_for_another_report() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.load_settings(settings(&[report("stock")]));
    wall.rendered();
    assert_eq!(wall.settled, ["r1"], "the old picture was drawn once more");
    wall.token(mins(60));
    assert_eq!(wall.settled, ["r1"]);
    wall.rendered();
    assert_eq!(wall.settled, ["r1", "r2"]);
    wall.pass(mins(10));
    assert_eq!(wall.revert, None);
}

#[test]
fn another_look_of_the_same_report_is_confirmed_when_it_is_drawn() {
    let mut wall = Wall::showing(&[report("sales")]);
    let mut changed = settings(&[report("sales")]);
    changed.display.zoom = 2.0;
    wall.load_settings(changed);
    assert_eq!(wall.settled, ["r1"]);
    wall.rendered();
    assert_eq!(wall.settled, ["r1", "r2"]);
}

#[test]
fn a_new_secret_is_confirmed_by_the_first_token_in_its_place() {
    let mut wall = Wall::starting(&[]);
    wall.load_settings(with_secret("old"));
    wall.token(mins(60));
    wall.rendered();
    let shown = wall.page;
    wall.load_settings(with_secret("new"));
    wall.rendered();
    wall.token(mins(60));
    assert_eq!(wall.settled, ["r2"], "the token is not in place yet");
    wall.answer(Outcome::Done);
    assert_eq!((wall.settled.len(), wall.page), (2, shown));
}

#[test]
fn a_secret_that_is_refused_is_undone() {
    let mut wall = Wall::starting(&[]);
    wall.load_settings(with_secret("old"));
    wall.token(mins(60));
    wall.rendered();
    wall.load_settings(with_secret("new"));
    wall.no_token(denied());
    assert_eq!(wall.slate(), SlateKind::Denied);
    pass_with(&mut wall, mins(2), denied);
    let (_, to, reason) = wall.revert.take().unwrap();
    assert!(
        to == "r2" && reason.contains("wrong secret"),
        "{to} {reason}"
    );
    wall.load_revision(with_secret("old"), "r2");
    wall.token_when_asked(mins(60));
    wall.rendered();
    assert_eq!(wall.phase(), Phase::Showing);
}

#[test]
fn without_a_network_link_or_a_date_a_trial_waits_and_then_has_its_full_time() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.load_settings(settings(&[report("stock")]));
    wall.pass(mins(1));
    wall.tell(Event::NetworkChanged(NetworkState::Offline));
    pass_with(&mut wall, mins(30), unreachable);
    assert_eq!(wall.status().settings.trial.unwrap().ends_in, None);
    wall.tell(Event::ClockJudged(ClockState::Implausible));
    wall.tell(Event::NetworkChanged(NetworkState::Online));
    pass_with(&mut wall, mins(30), unreachable);
    wall.tell(Event::ClockJudged(ClockState::Plausible));
    assert_eq!(wall.status().settings.trial.unwrap().ends_in, Some(mins(2)));
    pass_with(&mut wall, mins(2) - SECOND, unreachable);
    assert_eq!(wall.revert, None);
    // From here on the service is away although there is a link: a wrong proxy looks like that.
    pass_with(&mut wall, SECOND, unreachable);
    assert!(wall.revert.unwrap().2.contains("no route"));
}

#[test]
fn a_second_push_during_a_trial_has_its_full_time_and_the_same_fallback() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.load_settings(settings(&[report("stock")]));
    pass_with(&mut wall, mins(1), denied);
    wall.load_settings(settings(&[report("stocks")]));
    pass_with(&mut wall, mins(2) - SECOND, denied);
    assert_eq!(wall.revert, None);
    pass_with(&mut wall, SECOND, denied);
    let (from, to, _) = wall.revert.unwrap();
    assert_eq!((from.as_str(), to.as_str()), ("r3", "r1"));
}

#[test]
fn a_second_push_that_moves_a_deadline_does_not_confirm_the_first() {
    let mut wall = Wall::showing(&[report("sales")]);
    let mut changed = settings(&[report("sales")]);
    changed.display.zoom = 2.0;
    wall.load_settings(changed.clone());
    changed.token.refresh_every = mins(20);
    wall.load_settings(changed);
    assert_eq!(wall.settled, ["r1"]);
    wall.rendered();
    assert_eq!(wall.settled, ["r1", "r3"]);
}

#[test]
fn what_was_put_back_stays_even_if_it_does_not_show_either() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.load_settings(settings(&[report("gone")]));
    pass_with(&mut wall, mins(2), denied);
    put_back(&mut wall, &[report("sales")]);
    pass_with(&mut wall, mins(60), denied);
    assert_eq!(
        (wall.revert.take(), wall.status().settings.trial),
        (None, None)
    );
    assert_eq!(wall.phase(), Phase::Denied);
}

#[test]
fn an_operator_who_goes_back_by_himself_ends_the_trial() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.load_settings(settings(&[report("stock")]));
    wall.no_token(denied());
    wall.load_revision(settings(&[report("sales")]), "r1");
    assert_eq!(wall.status().settings.trial, None);
    assert_eq!(wall.status().settings.state, SettingsState::Applied);
    pass_with(&mut wall, mins(10), denied);
    assert_eq!(wall.revert, None);
}

#[test]
fn an_empty_playlist_is_never_confirmed() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.load_settings(settings(&[]));
    wall.rendered();
    wall.pass(mins(2));
    assert!(wall.revert.unwrap().2.contains("nothing to show"));
    assert_eq!(wall.settled, ["r1"]);
}

#[test]
fn a_device_that_showed_nothing_before_has_nothing_to_fall_back_to() {
    let mut wall = Wall::starting(&[]);
    wall.load_settings(settings(&[report("sales")]));
    pass_with(&mut wall, mins(30), denied);
    assert_eq!(
        (wall.revert.take(), wall.status().settings.trial),
        (None, None)
    );
    wall.token_when_asked(mins(60));
    wall.rendered();
    assert_eq!(wall.settled, ["r2"]);
}

#[test]
fn of_several_entries_one_is_enough() {
    let mut wall = Wall::showing(&[page("https://one.example/")]);
    wall.load_settings(settings(&[report("gone"), page("https://two.example/")]));
    wall.no_token(denied());
    wall.rendered();
    assert_eq!(wall.settled, ["r1", "r2"]);
}

#[test]
fn a_trial_that_was_cut_off_is_finished_by_the_next_daemon() {
    let now = clock::now();
    let mut player = Player::new(7, now);
    player.handle_event(
        Event::SettingsLoaded {
            settings: Arc::new(settings(&[report("gone")])),
            revision: "new".to_owned(),
            fallback: Some("old".to_owned()),
        },
        now,
    );
    player.handle_timeout(now + mins(2));
    let reverts = std::iter::from_fn(|| player.poll_command()).filter_map(|command| {
        if let Command::RevertSettings { from, to, .. } = command {
            return Some((from, to));
        }
        None
    });
    assert_eq!(
        reverts.collect::<Vec<_>>(),
        [("new".to_owned(), "old".to_owned())]
    );
}

#[test]
fn a_new_source_that_no_report_has_asked_yet_is_left_alone() {
    let mut playlist = vec![page("https://one.example/"), report("sales")];
    playlist[0].show_for = mins(600);
    let mut wall = Wall::showing(&playlist);
    wall.load_settings(Settings {
        playlist,
        ..with_secret("new")
    });
    assert_eq!(wall.settled, ["r1"]);
    wall.pass(mins(2));
    assert_eq!((wall.settled.len(), wall.revert), (2, None));
}

/// The driver puts back what was proven.
fn put_back(wall: &mut Wall, playlist: &[Entry]) {
    let (_, to, _) = wall.revert.take().expect("a revert");
    wall.load_revision(settings(playlist), &to);
}

/// Lets time pass while every fetch fails.
fn pass_with(wall: &mut Wall, time: Duration, failure: fn() -> TokenFailure) {
    let end = wall.now + time;
    while wall.now < end {
        if wall.fetch.is_some() {
            wall.no_token(failure());
            // The slate that says so, or the old picture once more.
            wall.rendered();
        }
        wall.pass(SECOND.min(end - wall.now));
    }
}

fn with_secret(name: &str) -> Settings {
    let url = |text: &str| text.parse().expect("a URL");
    Settings {
        source: Some(Source::ServicePrincipal(ServicePrincipal {
            tenant_id: "t".into(),
            client_id: "c".into(),
            credential: Credential::ClientSecret(SecretRef::Credential(name.into())),
            endpoints: Endpoints {
                authority: url("https://login.example/"),
                scope: "s".into(),
                api: url("https://api.example/"),
                embed_hosts: Vec::new(),
            },
        })),
        ..settings(&[report("sales")])
    }
}
