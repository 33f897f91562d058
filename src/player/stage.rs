//! What is on the screen and what the player is about: the states, with their data.

use std::time::{Duration, Instant};

use super::{
    OpId, PageId, Player, Slate, SlateKind, ladder::Rung, page::Signs, playlist::is_same_picture,
    token::Stamp,
};
use crate::settings::Content;

pub(super) const FIRST_RETRY: Duration = Duration::from_secs(1);
/// Not longer, so that a device is back within two minutes after all is well.
pub(super) const LONGEST_RETRY: Duration = Duration::from_secs(60);
pub(super) const FIRST_REFUSED_RETRY: Duration = Duration::from_secs(30);
pub(super) const LONGEST_REFUSED_RETRY: Duration = Duration::from_secs(900);

/// What was last ordered onto the screen.
#[derive(Debug)]
pub(super) enum Stage {
    Slate {
        page: PageId,
        slate: Slate,
        picture: Picture,
    },
    Content(Screen),
}

/// Content on the screen.
#[derive(Debug)]
pub(super) struct Screen {
    pub(super) page: PageId,
    pub(super) content: Content,
    /// The token that the page holds.
    pub(super) token: Option<Stamp>,
    pub(super) title: Option<String>,
    pub(super) picture: Picture,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Picture {
    Ordered,
    /// Ordered over the content's own good picture.
    Renewed,
    Up,
}

impl Stage {
    pub(super) fn starting() -> Self {
        Self::Slate {
            page: PageId(0),
            slate: Slate {
                kind: SlateKind::Starting,
                device: None,
                reason: "Starting".to_owned(),
                remedy: None,
                next_try: None,
                invitation: None,
            },
            picture: Picture::Ordered,
        }
    }

    pub(super) fn content(content: Content) -> Self {
        Self::Content(Screen {
            page: PageId(0),
            content,
            token: None,
            title: None,
            picture: Picture::Ordered,
        })
    }

    pub(super) fn page(&self) -> PageId {
        match self {
            Self::Slate { page, .. } => *page,
            Self::Content(screen) => screen.page,
        }
    }

    pub(super) fn screen(&self) -> Option<&Screen> {
        match self {
            Self::Slate { .. } => None,
            Self::Content(screen) => Some(screen),
        }
    }

    pub(super) fn screen_mut(&mut self) -> Option<&mut Screen> {
        match self {
            Self::Slate { .. } => None,
            Self::Content(screen) => Some(screen),
        }
    }

    pub(super) fn picture(&self) -> Picture {
        match self {
            Self::Slate { picture, .. } => *picture,
            Self::Content(screen) => screen.picture,
        }
    }

    pub(super) fn set_picture(&mut self, to: Picture) {
        match self {
            Self::Slate { picture, .. } => *picture = to,
            Self::Content(screen) => screen.picture = to,
        }
    }

    pub(super) fn set_page(&mut self, to: PageId) {
        match self {
            Self::Slate { page, .. } => *page = to,
            Self::Content(screen) => screen.page = to,
        }
    }

    /// The token on the page is dead, whatever its clock says.
    pub(super) fn token_has_died(&mut self, now: Instant) {
        if let Some(token) = self.screen_mut().and_then(|screen| screen.token.as_mut()) {
            token.expires = token.expires.min(now);
        }
    }

    pub(super) fn set_title(&mut self, title: String) {
        // A report's title comes with its token.
        if let Some(screen) = self.screen_mut()
            && let Content::Page(_) = &screen.content
        {
            screen.title = Some(title);
        }
    }
}

/// What the player is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Task {
    /// There is nothing to show.
    Nothing,
    /// The current content needs a token first; what is on the stage stays until then.
    AwaitToken,
    /// The content is loading.
    Load,
    /// All is well.
    Show,
    /// A new token is being put in place; the picture stays.
    Swap {
        op: OpId,
        token: Stamp,
        occasion: Occasion,
    },
    Heal(Healing),
    /// Nothing has helped; the content is tried again later.
    Rest(Resting),
    Stop,
}

/// Why a token is put in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    Plan,
    /// The source was away before.
    Outage,
}

/// A recovery at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Healing {
    /// The highest rung so far.
    pub(super) rung: Rung,
    pub(super) step: Step,
    pub(super) signs: Signs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A new token is awaited.
    Token,
    /// The new token is being put in place.
    SetToken { op: OpId, token: Stamp },
    /// The picture is awaited.
    Render(Asked),
    /// The web process is being replaced.
    Replace,
}

/// How the picture was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// By this operation inside the page.
    Operation(OpId),
    /// By loading the page.
    Load,
}

/// Why the content rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resting {
    Trouble,
    Unreachable,
    Refused,
    /// The date is wrong.
    Untimed,
}

impl Player {
    /// The current content's picture is up.
    pub(super) fn has_picture(&self) -> bool {
        self.stage.picture() == Picture::Up && self.has_current_content()
    }

    /// The stage holds the content whose turn it is.
    pub(super) fn has_current_content(&self) -> bool {
        match (self.stage.screen(), self.playlist.content()) {
            (Some(screen), Some(content)) => is_same_picture(&screen.content, content),
            (Some(_) | None, _) => false,
        }
    }

    /// The token on the page ran out.
    pub(super) fn has_dead_token(&self, now: Instant) -> bool {
        let token = self.stage.screen().and_then(|screen| screen.token);
        token.is_some_and(|token| token.expires <= now)
    }
}
