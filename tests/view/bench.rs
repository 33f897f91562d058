//! One real view, and how a story drives it.

use std::{
    fs,
    path::Path,
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use everlit::{
    clock,
    player::{
        BeatId, Event, Invitation, Look, PageEvent, PageFailure, PageId, PagePlan, Slate,
        SlateKind, ViewOrder,
    },
    settings::Cursor,
    webview::ViewHandle,
};
use everlit_standin::{Options, Standin};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use url::Url;

use crate::{screen::Screen, site::Site};

/// Far beyond anything a healthy view needs.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const LOOK: Look = Look {
    zoom: 1.0,
    cursor: Cursor::Hidden,
};

pub(crate) struct Bench {
    pub(crate) view: ViewHandle,
    pub(crate) screen: Screen,
    pub(crate) site: Site,
    pub(crate) cloud: Standin,
    pub(crate) runtime: Runtime,
    heard: Receiver<Event>,
    page: PageId,
    beat: BeatId,
    _dir: TempDir,
}

impl Bench {
    pub(crate) fn new(view: ViewHandle, heard: Receiver<Event>) -> Result<Self> {
        let dir = TempDir::new()?;
        let mut runtime = Builder::new_current_thread();
        Ok(Self {
            view,
            screen: Screen::open()?,
            site: Site::open()?,
            cloud: Standin::start(Options::new(dir.path()))?,
            runtime: runtime.enable_all().build()?,
            heard,
            page: PageId::default(),
            beat: BeatId::default(),
            _dir: dir,
        })
    }

    /// Waits for the first event that is wanted; the ones before it are dropped.
    pub(crate) fn until<T>(&self, what: &str, wanted: impl Fn(&Event) -> Option<T>) -> Result<T> {
        loop {
            let event = self.heard.recv_timeout(PATIENCE);
            let event = event.with_context(|| {
                let counters = self.cloud.counters();
                format!("waited in vain for {what}; the stand-in counted {counters:?}")
            })?;
            if let Some(found) = wanted(&event) {
                return Ok(found);
            }
        }
    }

    /// Waits for an event of the page that was shown last.
    pub(crate) fn until_page<T>(
        &self,
        what: &str,
        wanted: impl Fn(&PageEvent) -> Option<T>,
    ) -> Result<T> {
        self.until(what, |event| match event {
            Event::Page { page, event } if *page == self.page => wanted(event),
            _ => None,
        })
    }

    pub(crate) fn ask_for(&mut self, url: Url, allow: &[&str]) {
        let page = self.turn_page();
        let plan = PagePlan {
            url,
            allow: allow.iter().map(|&host| host.to_owned()).collect(),
            look: LOOK,
        };
        self.view.send(ViewOrder::ShowPage {
            page,
            plan: Box::new(plan),
        });
    }

    /// Shows a page and waits until it is painted.
    pub(crate) fn show(&mut self, url: Url) -> Result<()> {
        self.ask_for(url, &[]);
        self.outcome()?.map_err(Into::into)
    }

    /// What became of the page that was asked for.
    pub(crate) fn outcome(&self) -> Result<Result<(), PageFailure>> {
        self.until_page("a picture or a failure", |event| match event {
            PageEvent::Rendered => Some(Ok(())),
            PageEvent::Failed(failure) => Some(Err(failure.clone())),
            _ => None,
        })
    }

    pub(crate) fn show_slate(&mut self, kind: SlateKind, reason: &str) -> Result<()> {
        self.ask_for_slate(kind, reason);
        self.outcome()?.map_err(Into::into)
    }

    pub(crate) fn ask_for_slate(&mut self, kind: SlateKind, reason: &str) {
        let page = self.turn_page();
        let slate = Slate {
            kind,
            device: None,
            reason: reason.to_owned(),
            remedy: None,
            next_try: Some(Duration::from_secs(9)),
            invitation: None,
        };
        self.view.send(ViewOrder::ShowSlate {
            page,
            slate: Box::new(slate),
        });
    }

    /// Shows the slate of a device that nobody has set up.
    pub(crate) fn show_invitation(&mut self, invitation: Invitation) -> Result<()> {
        let page = self.turn_page();
        let slate = Slate {
            kind: SlateKind::Unconfigured,
            device: Some("hall".to_owned()),
            reason: "There is nothing to show".to_owned(),
            remedy: None,
            next_try: None,
            invitation: Some(invitation),
        };
        self.view.send(ViewOrder::ShowSlate {
            page,
            slate: Box::new(slate),
        });
        self.outcome()?.map_err(Into::into)
    }

    /// What the API gives as a picture of the screen.
    pub(crate) fn screenshot(&self) -> Result<Vec<u8>> {
        self.runtime.block_on(self.view.screenshot(None))
    }

    /// Every event until the page has answered a beat: what it did before is among them.
    pub(crate) fn events_until_beat(&mut self) -> Result<Vec<Event>> {
        let beat = self.turn_beat();
        self.view.send(ViewOrder::Beat(beat));
        let mut events = Vec::new();
        loop {
            match self.heard.recv_timeout(PATIENCE).context("no beat")? {
                Event::BeatAnswered(of) if of == beat => return Ok(events),
                event => events.push(event),
            }
        }
    }

    /// Makes sure that no such event comes for a while.
    pub(crate) fn never(&self, unwanted: impl Fn(&Event) -> bool, while_: Duration) -> Result<()> {
        let end = clock::now() + while_;
        loop {
            let left = end.saturating_duration_since(clock::now());
            match self.heard.recv_timeout(left) {
                Ok(event) => ensure!(!unwanted(&event), "heard {event:?}"),
                Err(RecvTimeoutError::Timeout) => return Ok(()),
                Err(error @ RecvTimeoutError::Disconnected) => return Err(error.into()),
            }
        }
    }

    pub(crate) fn beat_is_answered_within(&mut self, limit: Duration) -> bool {
        let beat = self.turn_beat();
        self.view.send(ViewOrder::Beat(beat));
        self.heard
            .recv_timeout(limit)
            .is_ok_and(|event| matches!(event, Event::BeatAnswered(_)))
    }

    /// Colour of one pixel, as `0xRRGGBB`; the place is in thousandths of the picture.
    pub(crate) fn colour_at(&self, x: usize, y: usize) -> Result<u32> {
        let png = self.screenshot()?;
        let mut image = cairo::ImageSurface::create_from_png(&mut png.as_slice())?;
        let (width, height) = (image.width() as usize, image.height() as usize);
        let at = (height * y / 1000) * image.stride() as usize + (width * x / 1000) * 4;
        let data = image.data()?;
        let pixel: [u8; 4] = data[at..at + 4].try_into()?;
        Ok(u32::from_le_bytes(pixel) & 0x00ff_ffff)
    }

    pub(crate) fn title_is(&self, expected: &str) -> Result<()> {
        self.until_page(expected, |event| match event {
            PageEvent::TitleChanged(title) if title == expected => Some(()),
            _ => None,
        })
    }

    pub(crate) fn page(&self) -> PageId {
        self.page
    }

    pub(crate) fn turn_page(&mut self) -> PageId {
        self.page = self.page.next();
        self.page
    }

    pub(crate) fn turn_beat(&mut self) -> BeatId {
        self.beat = self.beat.next();
        self.beat
    }

    /// Lets the page live for a while.
    pub(crate) fn sleep(&self, while_: Duration) {
        std::thread::sleep(while_);
    }

    /// Keeps the picture for people to look at, below the build folder.
    pub(crate) fn save(&self, name: &str) -> Result<()> {
        let png = self.screenshot()?;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        fs::create_dir_all(folder)?;
        Ok(fs::write(folder.join(name), png)?)
    }
}

/// A story's own assertion, told as an error so that the next story can run.
pub(crate) fn expect<T: PartialEq + std::fmt::Debug>(found: &T, expected: &T) -> Result<()> {
    ensure!(found == expected, "found {found:?}, expected {expected:?}");
    Ok(())
}

pub(crate) fn fail<T>(words: &str) -> Result<T> {
    bail!("{words}")
}
