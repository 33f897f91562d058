//! A wall in a story: the player, a page that answers beats, and what was ordered last.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use everlit::{
    clock,
    player::*,
    settings::{Entry, Settings},
};

use crate::{mins, settings, unreachable};

/// A wall: the player with a page that answers beats, and what was ordered last.
pub(crate) struct Wall {
    pub(crate) player: Player,
    pub(crate) now: Instant,
    pub(crate) page: PageId,
    pub(crate) fetch: Option<RequestId>,
    operation: Option<(OpId, Operation)>,
    pub(crate) shown_slate: Option<Slate>,
    /// What lies over the picture.
    pub(crate) plate: Option<Plate>,
    pub(crate) line: String,
    pub(crate) is_hung: bool,
    pub(crate) beats: u32,
    watch: Option<Watch>,
    /// What a look at the glass shows.
    pub(crate) glass: Glass,
    pub(crate) looks: u32,
    pub(crate) is_covered: bool,
    can_cover: bool,
    pub(crate) age: Option<Duration>,
    pub(crate) probe: Option<ProbeId>,
    pub(crate) forgotten: u32,
    pub(crate) ended: u32,
    pub(crate) fed: u32,
    pub(crate) ready: u32,
    pub(crate) exit: Option<Exit>,
    /// Revisions that were loaded: "r1", "r2", …
    loaded: u32,
    pub(crate) settled: Vec<String>,
    /// What was asked to be put back: from where, to where, and why.
    pub(crate) revert: Option<(String, String, String)>,
}

/// The daemon looks at the page from outside.
struct Watch {
    beat: BeatId,
    every: Duration,
    next: Instant,
}

impl Wall {
    pub(crate) fn starting(playlist: &[Entry]) -> Self {
        let now = clock::now();
        let mut wall = Self {
            player: Player::new(7, now),
            now,
            page: PageId(0),
            fetch: None,
            operation: None,
            shown_slate: None,
            plate: None,
            line: String::new(),
            is_hung: false,
            beats: 0,
            watch: None,
            glass: Glass::Picture,
            looks: 0,
            is_covered: false,
            can_cover: false,
            age: None,
            probe: None,
            forgotten: 0,
            ended: 0,
            fed: 0,
            ready: 0,
            exit: None,
            loaded: 0,
            settled: Vec::new(),
            revert: None,
        };
        wall.obey();
        wall.load_settings(settings(playlist));
        wall
    }

    pub(crate) fn showing(playlist: &[Entry]) -> Self {
        let mut wall = Self::starting(playlist);
        if wall.fetch.is_some() {
            wall.token(mins(60));
        }
        wall.rendered();
        assert_eq!(wall.phase(), Phase::Showing);
        wall
    }

    pub(crate) fn load_settings(&mut self, settings: Settings) {
        self.loaded += 1;
        self.load_revision(settings, &format!("r{}", self.loaded));
    }

    pub(crate) fn load_revision(&mut self, settings: Settings, revision: &str) {
        self.tell(Event::SettingsLoaded {
            settings: Arc::new(settings),
            revision: revision.to_owned(),
            fallback: None,
        });
    }

    pub(crate) fn tell(&mut self, event: Event) {
        self.player.handle_event(event, self.now);
        self.obey();
    }

    pub(crate) fn page_event(&mut self, event: PageEvent) {
        let page = self.page;
        self.tell(Event::Page { page, event });
    }

    pub(crate) fn rendered(&mut self) {
        self.page_event(PageEvent::Rendered);
    }

    pub(crate) fn sign(&mut self, sign: Sign) {
        self.page_event(PageEvent::ExpirySeen(sign));
    }

    pub(crate) fn answer(&mut self, outcome: Outcome) {
        let (op, _) = self.operation.take().expect("an operation to answer");
        self.page_event(PageEvent::Answered { op, outcome });
    }

    pub(crate) fn operation(&self) -> &Operation {
        &self.operation.as_ref().expect("an operation").1
    }

    pub(crate) fn token(&mut self, life: Duration) {
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

    pub(crate) fn token_when_asked(&mut self, life: Duration) {
        while self.fetch.is_none() {
            self.pass(Duration::from_secs(1));
        }
        self.token(life);
    }

    pub(crate) fn no_token(&mut self, failure: TokenFailure) {
        let request = self.fetch.take().expect("a fetch to answer");
        self.tell(Event::TokenFetchFailed { request, failure });
    }

    pub(crate) fn until_minute_without_source(&mut self, minutes: u64) {
        for _ in 0..minutes {
            self.pass(mins(1));
            if self.fetch.is_some() {
                self.no_token(unreachable());
            }
        }
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let deadline = self.player.poll_timeout().map(|(at, _)| at);
            let look = self.watch.as_ref().map(|watch| watch.next);
            let Some(at) = look.into_iter().chain(deadline).min() else {
                break;
            };
            if at > end {
                break;
            }
            self.now = self.now.max(at);
            if look == Some(at) {
                self.look();
            } else {
                self.player.handle_timeout(self.now);
                self.obey();
            }
        }
        self.now = end;
    }

    /// What the daemon sees of the page from outside.
    fn look(&mut self) {
        let Some(watch) = self.watch.as_mut() else {
            return;
        };
        watch.next = self.now + watch.every;
        if self.is_hung {
            let beat = watch.beat;
            self.watch = None;
            self.tell(Event::Stirred(beat));
        }
    }

    fn obey(&mut self) {
        while let Some(command) = self.player.poll_command() {
            match command {
                Command::FetchToken { request, .. } => {
                    assert_eq!(self.fetch.replace(request), None, "two fetches in flight");
                }
                Command::View(order) => self.view(order),
                Command::Watch { beat, every } => {
                    let next = self.now + every;
                    self.watch = Some(Watch { beat, every, next });
                }
                Command::Probe { probe, .. } => self.probe = Some(probe),
                Command::NotifyReady => self.ready += 1,
                Command::NotifyStatus(line) => self.line = line,
                Command::FeedWatchdog => self.fed += 1,
                Command::SettleSettings { revision } => self.settled.push(revision),
                Command::RevertSettings { from, to, reason } => {
                    let earlier = self.revert.replace((from, to, reason));
                    assert_eq!(earlier, None, "two reverts");
                }
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
                self.shown_slate = Some(*slate);
                if self.line.contains("showing") {
                    self.rendered();
                }
            }
            ViewOrder::ShowNothing { page } => {
                self.page = page;
                assert!(self.is_covered, "an empty page is to be seen");
            }
            ViewOrder::Operate { op, operation, .. } => self.operation = Some((op, operation)),
            ViewOrder::Beat(beat) => {
                self.beats += 1;
                self.watch = None;
                if !self.is_hung {
                    self.tell(Event::BeatAnswered(beat));
                }
            }
            ViewOrder::EndWebProcess => {
                self.ended += 1;
                self.tell(Event::WebProcessEnded(WebProcessEnd::Asked));
            }
            ViewOrder::ForgetContent => self.forgotten += 1,
            ViewOrder::Inspect { page } => {
                self.looks += 1;
                self.can_cover |= self.glass == Glass::Picture;
                let event = PageEvent::Inspected(self.glass);
                self.tell(Event::Page { page, event });
            }
            ViewOrder::Cover => self.is_covered = self.can_cover,
            ViewOrder::Uncover => (self.is_covered, self.can_cover) = (false, false),
            ViewOrder::ShowAge(age) => self.age = Some(age),
            ViewOrder::HideAge => self.age = None,
            ViewOrder::ShowPlate(plate) => self.plate = Some(*plate),
            ViewOrder::HidePlate => self.plate = None,
        }
    }

    pub(crate) fn slate(&self) -> SlateKind {
        self.shown_slate.as_ref().expect("a slate").kind
    }

    pub(crate) fn status(&self) -> Status {
        self.player.status(self.now)
    }

    pub(crate) fn phase(&self) -> Phase {
        self.status().phase
    }
}
