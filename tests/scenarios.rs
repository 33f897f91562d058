//! Stories of about ten lines: what the viewer sees when something happens.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use everlit::{
    clock,
    player::*,
    settings::{
        Content, Cursor, Display, Entry, Network, Portal, Problem, Problems, Recovery, Report,
        Rotation, Settings, TokenSettings, WebPage, WhenOffline,
    },
};

#[test]
fn the_report_is_on_the_wall_and_stays_through_a_refresh() {
    let mut wall = Wall::showing(&[report("sales")]);
    let page = wall.page;
    wall.pass(mins(40));
    wall.token(mins(60));
    assert!(matches!(wall.operation(), Operation::SetToken(_)));
    wall.answer(Outcome::Done);

    assert_eq!(wall.phase(), Phase::Showing);
    assert_eq!(wall.page, page, "the picture is not touched");
    assert_eq!(wall.status().token.refreshes, 1);
}

#[test]
fn an_expired_report_heals_with_a_new_token_and_one_reload() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.sign(Sign::Sdk);
    wall.sign(Sign::Http);
    wall.token(mins(60));
    wall.answer(Outcome::Done);
    assert!(matches!(wall.operation(), Operation::ReloadReport));
    assert_eq!(wall.phase(), Phase::Recovering);
    wall.answer(Outcome::Done);
    wall.rendered();
    wall.sign(Sign::Http);

    assert_eq!(wall.phase(), Phase::Showing);
    assert_eq!(wall.status().recoveries.report, 1);
    assert_eq!(wall.status().detections.http, 1, "one expiry counts once");
    assert!(wall.fetch.is_none(), "the late sign is an echo");
}

#[test]
fn a_rejected_token_is_embedded_again_then_loaded_then_given_a_new_process() {
    let mut wall = Wall::showing(&[report("sales")]);
    let page = wall.page;
    wall.sign(Sign::Sdk);
    wall.token(mins(60));
    wall.answer(Outcome::Rejected("no".into()));
    assert!(matches!(wall.operation(), Operation::EmbedAgain(_)));
    wall.pass(mins(1));
    assert_ne!(wall.page, page, "the page is loaded afresh");
    wall.pass(mins(1));
    assert_eq!(wall.ended, 1);
    wall.rendered();

    assert_eq!(wall.status().recoveries.webview, 1);
    assert_eq!(wall.phase(), Phase::Showing);
}

#[test]
fn a_refusal_takes_the_report_off_at_once_and_it_comes_back_by_itself() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.pass(mins(40));
    wall.no_token(denied());
    assert_eq!(wall.slate(), SlateKind::Denied);
    assert_eq!(wall.forgotten, 1);
    assert_eq!(wall.phase(), Phase::Denied);
    assert_eq!(wall.status().token.state, TokenState::Denied);
    wall.pass(Duration::from_secs(37));
    wall.token(mins(60));
    wall.rendered();

    assert_eq!(wall.phase(), Phase::Showing);
}

#[test]
fn an_outage_keeps_the_picture_and_a_dead_token_is_healed_afterwards() {
    let mut wall = Wall::showing(&[report("sales")]);
    let page = wall.page;
    wall.until_minute_without_source(50);
    assert_eq!(wall.phase(), Phase::Offline);
    wall.until_minute_without_source(20);
    assert_eq!(wall.status().detections.clock, 1);
    assert_eq!(wall.page, page, "the last picture stays");
    wall.tell(Event::NetworkChanged(NetworkState::Online));
    wall.token(mins(60));
    wall.answer(Outcome::Done);
    assert!(matches!(wall.operation(), Operation::ReloadReport));
    wall.rendered();
    assert_eq!(wall.phase(), Phase::Showing);
}

#[test]
fn before_the_first_picture_an_outage_says_why_and_when_it_tries_again() {
    let mut wall = Wall::starting(&[report("sales")]);
    wall.no_token(unreachable());
    assert_eq!(wall.slate(), SlateKind::WaitingForNetwork);
    assert_eq!(wall.phase(), Phase::Waiting);
    assert!(wall.shown_slate.as_ref().unwrap().next_try.is_some());
    wall.pass(Duration::from_secs(2));
    wall.token(mins(60));
    assert_eq!(wall.phase(), Phase::Loading);
}

#[test]
fn expiry_text_in_a_web_page_reloads_it_once_and_then_is_content() {
    let mut wall = Wall::showing(&[page("https://portal.example/")]);
    let first = wall.page;
    wall.sign(Sign::Text);
    let second = wall.page;
    assert_ne!(second, first, "reloaded in the same breath");
    wall.rendered();
    wall.pass(Duration::from_secs(3));
    wall.sign(Sign::Text);
    wall.pass(mins(300));
    wall.sign(Sign::Text);

    assert_eq!(wall.page, second, "not again");
    assert_eq!(wall.status().recoveries.page, 1);
}

#[test]
fn a_new_interval_moves_the_deadline_and_nothing_else() {
    let mut wall = Wall::showing(&[report("sales")]);
    let page = wall.page;
    wall.pass(mins(5));
    let mut changed = settings(&[report("sales")]);
    changed.token.refresh_every = mins(10);
    wall.load_settings(changed.clone());
    let left = wall.status().token.next_refresh_in.unwrap();
    assert!(left > mins(4) && left <= mins(5), "{left:?}");
    changed.token.refresh_every = mins(2);
    wall.load_settings(changed);

    assert!(wall.fetch.is_some(), "the new deadline has already passed");
    assert_eq!(wall.page, page);
}

#[test]
fn bad_settings_leave_the_picture_and_are_told() {
    let mut wall = Wall::showing(&[report("sales")]);
    let page = wall.page;
    wall.tell(Event::SettingsRejected(Problems(vec![Problem {
        file: "settings.toml".into(),
        line: 1,
        column: 1,
        key: "token".into(),
        problem: "is odd".into(),
        remedy: "be even".into(),
    }])));
    assert_eq!(wall.status().settings.state, SettingsState::Rejected);
    assert_eq!((wall.page, wall.phase()), (page, Phase::Showing));
    assert!(wall.line.contains("settings rejected"), "{}", wall.line);
}

#[test]
fn a_hung_page_gets_a_new_web_process_and_the_watchdog_waits() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.pass(Duration::from_secs(20));
    assert!(wall.fed > 0);
    wall.is_hung = true;
    let fed = wall.fed;
    wall.pass(Duration::from_secs(6));
    assert_eq!((wall.ended, wall.fed), (1, fed));
    wall.is_hung = false;
    wall.rendered();
    assert_eq!(wall.phase(), Phase::Showing);
    assert_eq!(wall.status().web_process_restarts, 1);
}

#[test]
fn a_process_that_always_crashes_ends_in_a_restart_of_the_daemon() {
    let mut wall = Wall::showing(&[report("sales")]);
    for _ in 0..6 {
        wall.tell(Event::WebProcessEnded(WebProcessEnd::Crashed));
        wall.pass(Duration::from_secs(5));
    }
    assert_eq!(wall.exit, Some(Exit::GivenUp));
}

#[test]
fn entries_take_turns_and_one_without_a_token_is_passed_over() {
    let mut wall = Wall::showing(&[page("https://one.example/"), report("sales")]);
    let one = wall.page;
    wall.pass(mins(1));
    assert_eq!(
        wall.page, one,
        "the old picture stays until the token is there"
    );
    wall.no_token(unreachable());
    assert_eq!((wall.page, wall.phase()), (one, Phase::Showing));
    wall.pass(mins(1));
    wall.token(mins(60));
    assert_ne!(wall.page, one);
    wall.rendered();
    assert_eq!(wall.status().content.unwrap().index, 1);
    wall.pass(mins(1));
    wall.rendered();
    assert_eq!(wall.status().content.unwrap().index, 0);
}

#[test]
fn a_withdrawn_report_is_tried_once_more_and_then_refused() {
    let mut wall = Wall::showing(&[report("sales")]);
    let withdrawn = PageFailure::Report {
        message: "PowerBIEntityNotFound".into(),
        detail: "gone".into(),
    };
    wall.page_event(PageEvent::Failed(withdrawn.clone()));
    assert_eq!(wall.phase(), Phase::Recovering);
    wall.page_event(PageEvent::Failed(withdrawn));
    assert_eq!(wall.phase(), Phase::Denied);
    assert_eq!((wall.slate(), wall.forgotten), (SlateKind::Denied, 1));
}

#[test]
fn one_failed_reload_of_a_web_page_shows_no_slate_but_two_do() {
    let mut entry = page("https://portal.example/");
    let Content::Page(web_page) = &mut entry.content else {
        panic!("a page")
    };
    web_page.reload_every = Some(mins(5));
    let mut wall = Wall::showing(&[entry]);
    wall.shown_slate = None;
    let lost = PageFailure::NotLoaded {
        url: "https://portal.example/".into(),
        reason: "reset".into(),
    };
    wall.pass(mins(5));
    wall.page_event(PageEvent::Failed(lost.clone()));
    assert!(wall.shown_slate.is_none());
    wall.pass(Duration::from_secs(2));
    wall.page_event(PageEvent::Failed(lost));
    assert_eq!(wall.slate(), SlateKind::WaitingForNetwork);
}

#[test]
fn the_start_is_done_with_the_first_picture_and_told_once() {
    let mut wall = Wall::starting(&[report("sales")]);
    wall.rendered();
    assert_eq!(wall.ready, 0, "the starting slate does not count");
    wall.token(mins(60));
    wall.rendered();
    wall.rendered();
    assert_eq!(wall.ready, 1);
}

#[test]
fn a_report_that_holds_the_expiry_words_is_reloaded_once_and_shown_on() {
    let mut wall = Wall::showing(&[report("log")]);
    wall.sign(Sign::Text);
    wall.token(mins(60));
    wall.answer(Outcome::Done);
    wall.rendered();
    for _ in 0..20 {
        wall.pass(Duration::from_secs(60));
        wall.sign(Sign::Text);
    }
    assert!(wall.fetch.is_none(), "no second recovery");
    assert_eq!(wall.status().recoveries.report, 1);
    assert_eq!(wall.status().detections.dom, 1);
}

#[test]
fn a_new_expiry_an_hour_later_is_believed_again() {
    let mut wall = Wall::showing(&[page("https://portal.example/")]);
    for healed in 1..4 {
        wall.sign(Sign::Text);
        wall.rendered();
        assert_eq!(wall.status().recoveries.page, healed);
        wall.pass(mins(60));
    }
}

#[test]
fn a_token_that_the_page_does_not_take_is_embedded_within_ten_seconds() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.pass(mins(40));
    wall.token(mins(60));
    wall.pass(Duration::from_secs(10));
    assert!(matches!(wall.operation(), Operation::EmbedAgain(_)));
    wall.answer(Outcome::Done);
    wall.rendered();
    assert_eq!(
        (wall.phase(), wall.status().recoveries.embed),
        (Phase::Showing, 1)
    );
}

#[test]
fn a_missing_secret_keeps_the_picture_until_the_token_dies() {
    let mut wall = Wall::showing(&[report("sales")]);
    let unprepared = TokenFailure::Unprepared {
        reason: "no secret".into(),
        remedy: "put it there".into(),
    };
    wall.pass(mins(40));
    wall.no_token(unprepared.clone());
    assert_eq!(wall.phase(), Phase::Showing);
    for _ in 0..25 {
        wall.pass(mins(1));
        if wall.fetch.is_some() {
            wall.no_token(unprepared.clone());
        }
    }
    assert_eq!(
        (wall.phase(), wall.slate()),
        (Phase::Denied, SlateKind::Denied)
    );
}

#[test]
fn when_offline_says_slate_the_picture_goes_after_the_limit() {
    let mut wall = Wall::showing(&[report("sales")]);
    let mut changed = settings(&[report("sales")]);
    changed.recovery.when_offline = WhenOffline::Slate;
    changed.recovery.offline_limit = mins(5);
    wall.load_settings(changed);
    let page = wall.page;
    wall.until_minute_without_source(64);
    assert_eq!((wall.page, wall.phase()), (page, Phase::Offline));
    wall.until_minute_without_source(3);
    assert_eq!(
        (wall.slate(), wall.phase()),
        (SlateKind::WaitingForNetwork, Phase::Waiting)
    );
}

#[test]
fn a_touch_brings_a_fresh_token_but_only_when_the_old_one_has_some_age() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.pass(Duration::from_secs(30));
    wall.tell(Event::ViewerInteracted);
    assert!(wall.fetch.is_none());
    wall.pass(Duration::from_secs(31));
    wall.tell(Event::ViewerInteracted);
    assert!(wall.fetch.is_some());
}

#[test]
fn another_report_in_the_settings_replaces_the_picture_when_its_token_is_there() {
    let mut wall = Wall::showing(&[report("sales")]);
    let page = wall.page;
    wall.load_settings(settings(&[report("stock")]));
    assert_eq!(wall.page, page, "the old picture stays until then");
    wall.token(mins(60));
    assert_ne!(wall.page, page);
    wall.rendered();
    assert_eq!(wall.phase(), Phase::Showing);
}

#[test]
fn a_device_that_slept_does_not_blame_the_page() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.is_hung = true;
    wall.pass(Duration::from_secs(2));
    wall.now += mins(30);
    wall.is_hung = false;
    wall.pass(mins(1));
    assert_eq!(wall.ended, 0);
}

#[test]
fn the_operator_cannot_flood_the_source() {
    let mut wall = Wall::showing(&[report("sales")]);
    let mut fetches = 0;
    for _ in 0..100 {
        wall.tell(Event::OperatorAsked(Ask::RefreshToken));
        wall.pass(Duration::from_millis(400));
        if wall.fetch.is_some() {
            fetches += 1;
            wall.token(mins(60));
        }
    }
    assert!((5..=12).contains(&fetches), "{fetches}");
}

#[test]
fn no_secret_is_in_any_debug_text() {
    let wall = Wall::showing(&[report("sales")]);
    assert!(!format!("{:?}", wall.player).contains("hush"));
}

/// A wall: the player with a page that answers beats, and what was ordered last.
struct Wall {
    player: Player,
    now: Instant,
    page: PageId,
    fetch: Option<RequestId>,
    operation: Option<(OpId, Operation)>,
    shown_slate: Option<Slate>,
    line: String,
    is_hung: bool,
    forgotten: u32,
    ended: u32,
    fed: u32,
    ready: u32,
    exit: Option<Exit>,
}

impl Wall {
    fn starting(playlist: &[Entry]) -> Self {
        let now = clock::now();
        let mut wall = Self {
            player: Player::new(7, now),
            now,
            page: PageId(0),
            fetch: None,
            operation: None,
            shown_slate: None,
            line: String::new(),
            is_hung: false,
            forgotten: 0,
            ended: 0,
            fed: 0,
            ready: 0,
            exit: None,
        };
        wall.obey();
        wall.load_settings(settings(playlist));
        wall
    }

    fn showing(playlist: &[Entry]) -> Self {
        let mut wall = Self::starting(playlist);
        if wall.fetch.is_some() {
            wall.token(mins(60));
        }
        wall.rendered();
        assert_eq!(wall.phase(), Phase::Showing);
        wall
    }

    fn load_settings(&mut self, settings: Settings) {
        let settings = Arc::new(settings);
        let revision = "r".to_owned();
        self.tell(Event::SettingsLoaded { settings, revision });
    }

    fn tell(&mut self, event: Event) {
        self.player.handle_event(event, self.now);
        self.obey();
    }

    fn page_event(&mut self, event: PageEvent) {
        let page = self.page;
        self.tell(Event::Page { page, event });
    }

    fn rendered(&mut self) {
        self.page_event(PageEvent::Rendered);
    }

    fn sign(&mut self, sign: Sign) {
        self.page_event(PageEvent::ExpirySeen(sign));
    }

    fn answer(&mut self, outcome: Outcome) {
        let (op, _) = self.operation.take().expect("an operation to answer");
        self.page_event(PageEvent::Answered { op, outcome });
    }

    fn operation(&self) -> &Operation {
        &self.operation.as_ref().expect("an operation").1
    }

    fn token(&mut self, life: Duration) {
        let request = self.fetch.take().expect("a fetch to answer");
        let token = EmbedToken {
            secret: "hush".into(),
            life,
            embed_url: "https://app.powerbi.com/reportEmbed"
                .parse()
                .expect("a URL"),
            title: Some("Sales".into()),
        };
        self.tell(Event::TokenFetched { request, token });
    }

    fn no_token(&mut self, failure: TokenFailure) {
        let request = self.fetch.take().expect("a fetch to answer");
        self.tell(Event::TokenFetchFailed { request, failure });
    }

    fn until_minute_without_source(&mut self, minutes: u64) {
        for _ in 0..minutes {
            self.pass(mins(1));
            if self.fetch.is_some() {
                self.no_token(unreachable());
            }
        }
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some((at, _)) = self.player.poll_timeout().filter(|(at, _)| *at <= end) {
            self.now = self.now.max(at);
            self.player.handle_timeout(self.now);
            self.obey();
        }
        self.now = end;
    }

    fn obey(&mut self) {
        while let Some(command) = self.player.poll_command() {
            match command {
                Command::FetchToken { request, .. } => {
                    assert_eq!(self.fetch.replace(request), None, "two fetches in flight");
                }
                Command::View(order) => self.view(order),
                Command::NotifyReady => self.ready += 1,
                Command::NotifyStatus(line) => self.line = line,
                Command::FeedWatchdog => self.fed += 1,
                Command::Exit(exit) => self.exit = Some(exit),
            }
        }
    }

    fn view(&mut self, order: ViewOrder) {
        match order {
            ViewOrder::ShowReport { page, .. } | ViewOrder::ShowPage { page, .. } => {
                self.page = page;
            }
            ViewOrder::ShowSlate { page, slate } => {
                self.page = page;
                self.shown_slate = Some(slate);
                if self.line.contains("showing") {
                    self.rendered();
                }
            }
            ViewOrder::Operate { op, operation, .. } => self.operation = Some((op, operation)),
            ViewOrder::Beat(beat) if !self.is_hung => self.tell(Event::BeatAnswered(beat)),
            ViewOrder::Beat(_) => {}
            ViewOrder::EndWebProcess => {
                self.ended += 1;
                self.tell(Event::WebProcessEnded(WebProcessEnd::Asked));
            }
            ViewOrder::ForgetContent => self.forgotten += 1,
            ViewOrder::Identify { .. } => {}
        }
    }

    fn slate(&self) -> SlateKind {
        self.shown_slate.as_ref().expect("a slate").kind
    }

    fn status(&self) -> Status {
        self.player.status(self.now)
    }

    fn phase(&self) -> Phase {
        self.status().phase
    }
}

fn mins(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

fn report(id: &str) -> Entry {
    Entry {
        content: Content::Report(Report {
            workspace_id: "w".into(),
            report_id: id.into(),
            page: None,
            bookmark: None,
            identity: None,
        }),
        show_for: mins(1),
    }
}

fn page(url: &str) -> Entry {
    Entry {
        content: Content::Page(WebPage {
            url: url.parse().expect("a URL"),
            reload_every: None,
            allow: Vec::new(),
        }),
        show_for: mins(1),
    }
}

fn denied() -> TokenFailure {
    TokenFailure::Denied {
        code: "AADSTS7000215".into(),
        reason: "wrong secret".into(),
        remedy: "make a new one".into(),
    }
}

fn unreachable() -> TokenFailure {
    TokenFailure::Unreachable {
        host: "login.example".into(),
        reason: "no route".into(),
    }
}

fn settings(playlist: &[Entry]) -> Settings {
    Settings {
        name: Some("hall".into()),
        token: TokenSettings {
            refresh_every: mins(40),
            refresh_on_interaction: true,
            refresh_before_expiry: mins(10),
        },
        source: None,
        playlist: playlist.to_vec(),
        display: Display {
            rotate: Rotation::None,
            zoom: 1.0,
            cursor: Cursor::Hidden,
            schedule: Vec::new(),
        },
        network: Network::default(),
        portal: Portal {
            listen: "127.0.0.1:8400".parse().expect("an address"),
            open_metrics: false,
        },
        recovery: Recovery {
            load_limit: mins(1),
            heartbeat_limit: Duration::from_secs(5),
            blank_after: mins(1),
            when_offline: WhenOffline::Keep,
            offline_limit: mins(60),
            confirm_within: mins(2),
        },
    }
}
