//! What goes wrong and when: single happenings, spells of bad manners, and plans from a seed.

use std::{sync::Arc, time::Duration};

use everlit::{
    player::{
        Ask, Event, Glass, Invitation, InvitationReach, NetworkState, OpId, Outcome, PageEvent,
        PageId, RequestId, Sign, TokenFailure, WebProcessEnd,
    },
    settings::{Problem, Problems, Settings},
};
use fastrand::Rng;

use crate::{
    service::{MARKER, Mood},
    settings::{self, DAY, HOUR, MINUTE},
    view::{Ends, Glimpse, Loads, Manners, Operations, ReportContent},
    world::World,
};

/// Something that happens to the wall at one moment.
#[derive(Debug, Clone)]
pub(crate) enum Happening {
    ServiceBecomes(Mood),
    ViewBecomes(Manners),
    NetworkBecomes(NetworkState),
    TokensDie,
    WebProcessEnds(WebProcessEnd),
    WebProcessHangs(Glimpse),
    WebProcessOutgrows,
    NetworkProcessEnds,
    PictureTurnsBlank,
    /// So many megabytes are used of a limit of 1,000, again and again for two minutes.
    MemoryIs(u64),
    ViewerTouches,
    OperatorAsks(Ask),
    ClockSteps,
    /// The portal invites with this code, or to a device whose password is set.
    InvitationBecomes(Option<u8>),
    SettingsBecome(Arc<Settings>),
    SettingsBreak,
    /// Answers to questions that nobody asked, and words from pages of long ago.
    StraysArrive,
}

/// A device's life: its settings and what happens to it, ending in calm.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) settings: Settings,
    pub(crate) shortest_life: Duration,
    pub(crate) longest_life: Duration,
    pub(crate) poll_every: Duration,
    pub(crate) happenings: Vec<(Duration, Happening)>,
    /// From here on all is well.
    pub(crate) calm: Duration,
    pub(crate) end: Duration,
}

impl Happening {
    pub(crate) fn befall(&self, world: &mut World) -> Vec<Event> {
        match self {
            Self::ServiceBecomes(mood) => world.service.mood = *mood,
            Self::ViewBecomes(manners) => world.become_manners(*manners),
            Self::NetworkBecomes(network) => {
                world.network = *network;
                return vec![Event::NetworkChanged(*network)];
            }
            Self::TokensDie => world.kill_tokens(),
            Self::WebProcessEnds(end) => return world.view.end(*end),
            Self::WebProcessHangs(glimpse) => {
                world.with_view(|view, around| view.hang(*glimpse, around));
            }
            Self::WebProcessOutgrows => return vec![Event::WebProcessOutgrown; 2],
            Self::NetworkProcessEnds => return vec![Event::NetworkProcessEnded],
            Self::PictureTurnsBlank => world.view.turn_blank(world.now()),
            Self::MemoryIs(web_mb) => {
                let web_mb = *web_mb;
                return vec![
                    Event::MemoryMeasured {
                        web_mb,
                        limit_mb: 1_000
                    };
                    4
                ];
            }
            Self::ViewerTouches => return vec![Event::ViewerInteracted],
            Self::OperatorAsks(ask) => return vec![Event::OperatorAsked(*ask)],
            Self::ClockSteps => return vec![Event::ClockStepped],
            Self::SettingsBecome(settings) => return vec![world.write_settings(settings)],
            Self::SettingsBreak => return vec![Event::SettingsRejected(problems())],
            Self::InvitationBecomes(code) => return vec![invitation(*code)],
            Self::StraysArrive => return strays(),
        }
        Vec::new()
    }

    /// True if a wall may lose its picture over it for a moment.
    pub(crate) fn disturbs(&self) -> bool {
        match self {
            Self::ServiceBecomes(_)
            | Self::ViewBecomes(_)
            | Self::NetworkBecomes(_)
            | Self::TokensDie
            | Self::WebProcessEnds(_)
            | Self::WebProcessHangs(_)
            | Self::WebProcessOutgrows
            | Self::NetworkProcessEnds
            | Self::PictureTurnsBlank
            | Self::MemoryIs(_)
            | Self::OperatorAsks(Ask::Reload | Ask::RestartWebview)
            | Self::SettingsBecome(_) => true,
            Self::ViewerTouches
            | Self::OperatorAsks(Ask::RefreshToken | Ask::Identify | Ask::Invite)
            | Self::InvitationBecomes(_)
            | Self::ClockSteps
            | Self::SettingsBreak
            | Self::StraysArrive => false,
        }
    }
}

fn invitation(code: Option<u8>) -> Event {
    Event::InvitationChanged(Some(Invitation {
        address: "https://192.0.2.7:8400/".parse().expect("a URL"),
        reach: InvitationReach::Network,
        fingerprint: Some("AB:CD".to_owned()),
        code: code.map(|code| format!("{MARKER}{code}").into()),
    }))
}

impl Plan {
    /// Nothing ever happens.
    pub(crate) fn quiet(settings: Settings) -> Self {
        Self {
            settings,
            shortest_life: HOUR,
            longest_life: HOUR,
            poll_every: Duration::from_secs(30),
            happenings: Vec::new(),
            calm: Duration::ZERO,
            end: DAY,
        }
    }

    /// Some days with spells of faults, then calm.
    pub(crate) fn from_seed(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut plan = Self::quiet(some_settings(&mut rng));
        (plan.shortest_life, plan.longest_life) = some_lives(&mut rng);
        plan.poll_every = seconds(&mut rng, 5..60);
        // Beats and short lives make many steps a day.
        let costly = plan.longest_life < HOUR
            || plan.settings.token.refresh_every < MINUTE
            || plan.settings.recovery.heartbeat_limit < MINUTE;
        plan.calm = if costly { 16 * HOUR } else { 116 * HOUR };
        plan.end = plan.calm + 8 * HOUR;
        let spells_a_day = rng.u64(1..16);
        let hours = plan.calm.as_secs() / 3600;
        for _ in 0..spells_a_day * hours / 24 {
            let at = seconds(&mut rng, 0..plan.calm.as_secs());
            add_something(&mut plan, at, &mut rng);
        }
        plan.add_contacts(seed);
        plan.add_calm();
        plan
    }

    /// Technicians come by and touch nothing; their dice are their own, as they change no fate.
    fn add_contacts(&mut self, seed: u64) {
        let mut rng = Rng::with_seed(!seed);
        for _ in 0..40 {
            let at = seconds(&mut rng, 0..self.calm.as_secs());
            let pause = seconds(&mut rng, 1..400);
            self.add(at, some_contact(&mut rng));
            self.add(at + pause, some_contact(&mut rng));
        }
    }

    pub(crate) fn add(&mut self, at: Duration, happening: Happening) {
        self.happenings.push((at, happening));
    }

    /// From `calm` on everything behaves, for ever.
    pub(crate) fn add_calm(&mut self) {
        let calm = self.calm;
        self.happenings.retain(|(at, _)| *at < calm);
        self.add(calm, Happening::ServiceBecomes(Mood::Willing));
        self.add(calm, Happening::ViewBecomes(Manners::GOOD));
        self.add(calm, Happening::NetworkBecomes(NetworkState::Online));
    }
}

/// A spell of one fault, or a single blow.
fn add_something(plan: &mut Plan, at: Duration, rng: &mut Rng) {
    let lasts = match rng.u8(0..10) {
        0..4 => seconds(rng, 1..90),
        4..7 => seconds(rng, 60..1_800),
        7..9 => seconds(rng, 1_800..10_000),
        _ => seconds(rng, 10_000..60_000),
    };
    let end = at + lasts;
    match rng.u8(0..20) {
        0..5 => {
            plan.add(at, Happening::ServiceBecomes(some_mood(rng)));
            plan.add(end, Happening::ServiceBecomes(Mood::Willing));
        }
        5..8 => {
            plan.add(at, Happening::NetworkBecomes(NetworkState::Offline));
            plan.add(end, Happening::NetworkBecomes(NetworkState::Online));
        }
        8..12 => {
            plan.add(at, Happening::ViewBecomes(some_manners(rng)));
            plan.add(end, Happening::ViewBecomes(Manners::GOOD));
        }
        12 => {
            for _ in 0..rng.u8(2..9) {
                let delay = seconds(rng, 0..400);
                plan.add(
                    at + delay,
                    Happening::WebProcessEnds(WebProcessEnd::Crashed),
                );
            }
        }
        _ => {
            let blow = some_blow(&plan.settings, rng);
            plan.add(at, blow);
        }
    }
}

fn some_mood(rng: &mut Rng) -> Mood {
    let waits = [None, Some(0), Some(7), Some(300), Some(1_800), Some(90_000)];
    let wait = rng.choice(waits).flatten().map(Duration::from_secs);
    let moods = [
        Mood::Slow,
        Mood::Unreachable,
        Mood::Hanging,
        Mood::Refusing,
        Mood::Throttling(wait),
        Mood::Garbling,
        Mood::Unprepared,
        Mood::Stillborn,
    ];
    rng.choice(moods).unwrap_or(Mood::Slow)
}

pub(crate) fn some_manners(rng: &mut Rng) -> Manners {
    let mut manners = Manners::GOOD;
    match rng.u8(0..12) {
        0 => manners.operations = Operations::TokensRejected,
        1 => manners.operations = Operations::TokensUnanswered,
        2 => manners.operations = Operations::Rejected,
        3 => manners.operations = Operations::Unanswered,
        4 => manners.loads = Loads::Slow,
        5 => manners.loads = Loads::Failing,
        6 => manners.loads = Loads::Withdrawn,
        7 => manners.loads = Loads::NeverRendered,
        8 => manners.ends = Ends::Unanswered,
        9 => manners.report = ReportContent::ErrorWords,
        10 => manners.glass = Glass::Flat,
        _ => manners.report = ReportContent::ForbiddenVisual,
    }
    manners
}

fn some_blow(settings: &Settings, rng: &mut Rng) -> Happening {
    match rng.u8(0..18) {
        0..3 => Happening::TokensDie,
        3 => Happening::WebProcessEnds(WebProcessEnd::Crashed),
        4 => Happening::WebProcessEnds(WebProcessEnd::TooMuchMemory),
        5 if rng.bool() => Happening::WebProcessHangs(Glimpse::Waiting),
        5 => Happening::WebProcessHangs(Glimpse::Unsure),
        6 => Happening::ViewerTouches,
        7 => Happening::OperatorAsks(Ask::Reload),
        8 => Happening::OperatorAsks(Ask::RefreshToken),
        9 => Happening::OperatorAsks(Ask::RestartWebview),
        10 => Happening::ClockSteps,
        11 => Happening::SettingsBreak,
        12 => Happening::PictureTurnsBlank,
        13 => Happening::MemoryIs(rng.u64(800..1_500)),
        14 => Happening::NetworkProcessEnds,
        15 => Happening::WebProcessOutgrows,
        16 => Happening::SettingsBecome(Arc::new(other_settings(settings, rng))),
        _ => Happening::StraysArrive,
    }
}

fn some_contact(rng: &mut Rng) -> Happening {
    match rng.u8(0..4) {
        0 => Happening::OperatorAsks(Ask::Identify),
        1 => Happening::OperatorAsks(Ask::Invite),
        2 => Happening::InvitationBecomes(None),
        _ => Happening::InvitationBecomes(Some(rng.u8(..))),
    }
}

/// The same settings, or a change that operators make.
pub(crate) fn other_settings(settings: &Settings, rng: &mut Rng) -> Settings {
    let mut other = settings.clone();
    match rng.u8(0..7) {
        0 => {}
        1 => other.token.refresh_every = seconds(rng, 600..5_000),
        2 => other.token.refresh_before_expiry = seconds(rng, 1..1_200),
        3 => other.playlist = settings::playlist(&[settings::report(rng.u64(1..4))]).playlist,
        4 => {
            let contents = [settings::report(1), settings::report(2)];
            other.playlist = settings::playlist(&contents).playlist;
        }
        5 => {
            let contents = [settings::report(1), settings::web_page(1)];
            other.playlist = settings::playlist(&contents).playlist;
        }
        _ => other.display.zoom = 0.5 + rng.f64(),
    }
    other
}

fn some_settings(rng: &mut Rng) -> Settings {
    let mut settings = match rng.u8(0..8) {
        0 => settings::playlist(&[settings::report(1), settings::report(2)]),
        1 => settings::playlist(&[settings::report(1), settings::web_page(1)]),
        2 => settings::playlist(&[settings::web_page(1)]),
        _ => settings::one_report(),
    };
    settings.token.refresh_every = match rng.u8(0..24) {
        0 => seconds(rng, 3..60),
        1..7 => DAY,
        7..10 => 60 * MINUTE,
        _ => seconds(rng, 600..3_000),
    };
    settings.token.refresh_before_expiry = seconds(rng, 30..1_200);
    settings.recovery.offline_limit = seconds(rng, 60..40_000);
    settings.recovery.heartbeat_limit = match rng.u8(0..40) {
        0 => Duration::from_secs(5),
        1..4 => MINUTE,
        _ => seconds(rng, 120..600),
    };
    if rng.bool() {
        settings.recovery.when_offline = everlit::settings::WhenOffline::Slate;
    }
    settings
}

fn some_lives(rng: &mut Rng) -> (Duration, Duration) {
    match rng.u8(0..24) {
        0 => (Duration::from_secs(12), Duration::from_secs(20)),
        1 | 2 => (MINUTE, 5 * MINUTE),
        3..12 => (HOUR, 90 * MINUTE),
        _ => (HOUR, HOUR),
    }
}

fn seconds(rng: &mut Rng, range: std::ops::Range<u64>) -> Duration {
    Duration::from_millis(rng.u64(range.start * 1000..range.end * 1000))
}

fn problems() -> Problems {
    Problems(vec![Problem {
        file: "/etc/everlit/settings.toml".into(),
        line: 3,
        column: 1,
        key: "token.refresh_evry".to_owned(),
        problem: "there is no such key".to_owned(),
        remedy: "did you mean `refresh_every`?".to_owned(),
    }])
}

fn strays() -> Vec<Event> {
    let page = |event| Event::Page {
        page: PageId(u64::MAX),
        event,
    };
    vec![
        page(PageEvent::Rendered),
        page(PageEvent::ExpirySeen(Sign::Sdk)),
        page(PageEvent::ExpiryTextGone),
        page(PageEvent::Answered {
            op: OpId(u64::MAX),
            outcome: Outcome::Done,
        }),
        Event::TokenFetchFailed {
            request: RequestId(u64::MAX),
            failure: TokenFailure::Denied {
                code: "AADSTS7000215".to_owned(),
                reason: "an answer to another daemon".to_owned(),
                remedy: "none".to_owned(),
            },
        },
        Event::BeatAnswered(everlit::player::BeatId(u64::MAX)),
    ]
}
