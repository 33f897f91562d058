//! What a fault is: how it begins and ends, and what is wanted of the wall.

use std::time::Duration;

use anyhow::Result;

use crate::bench::Bench;

pub(crate) type Act = Box<dyn Fn(&mut Bench) -> Result<()>>;

pub(crate) struct Fault {
    pub(crate) name: String,
    /// What has to be so before; not measured.
    pub(crate) arrange: Act,
    pub(crate) inject: Act,
    /// Between the two.
    pub(crate) lasts: Duration,
    pub(crate) end: Act,
    /// Brings the wall back to the usual settings; not measured.
    pub(crate) tidy: Act,
    pub(crate) since: Since,
    pub(crate) proof: Proof,
    pub(crate) limit: Limit,
    pub(crate) incident: Incident,
    pub(crate) look: Look,
    /// What it touches; `None`: it needs the wall for itself.
    pub(crate) touches: Option<&'static str>,
}

/// From when on the time to fresh content counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    Injection,
    /// The page said that the mood had begun.
    Mood,
    End,
}

/// What shows that content is fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Every visual got data with a good token.
    Data,
    /// The same in a frame that was loaded since.
    Frame,
}

/// The longest median time to fresh content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// A page load and half a second.
    PageLoad,
    /// The heartbeat's limit and a second and a half.
    Heartbeat,
    /// After the service came back.
    ServiceBack,
    /// `blank_after` and five seconds.
    Blank,
    /// As the service asked, and then as after its return.
    RetryAfter,
    /// What has no limit of its own.
    Calm,
    /// It need not even be noticed.
    Unnoticed,
}

/// What the log is to say about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Incident {
    /// One warning that names the cause, and one line of recovery.
    Told,
    /// As [`Self::Told`], unless the daemon is faster and nothing goes wrong at all.
    ToldIfThere,
    /// Nothing is wrong with the wall.
    Silent,
    /// It strikes amid another trouble, which has its own incident.
    Amid,
}

/// What the viewer is to see meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Any,
    /// The picture, throughout.
    Picture,
    /// A slate that says what is the matter, at least for a while.
    Slate,
}

impl Fault {
    pub(crate) fn new(
        name: impl Into<String>,
        inject: impl Fn(&mut Bench) -> Result<()> + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            arrange: Box::new(|_| Ok(())),
            inject: Box::new(inject),
            lasts: Duration::ZERO,
            end: Box::new(|_| Ok(())),
            tidy: Box::new(|_| Ok(())),
            since: Since::Injection,
            proof: Proof::Data,
            limit: Limit::Calm,
            incident: Incident::Told,
            look: Look::Any,
            touches: None,
        }
    }

    pub(crate) fn arranged(mut self, act: impl Fn(&mut Bench) -> Result<()> + 'static) -> Self {
        self.arrange = Box::new(act);
        self
    }

    /// It lasts so many seconds and is ended so.
    pub(crate) fn ended(
        mut self,
        after_s: u64,
        act: impl Fn(&mut Bench) -> Result<()> + 'static,
    ) -> Self {
        self.lasts = Duration::from_secs(after_s);
        self.end = Box::new(act);
        self.since = Since::End;
        self
    }

    pub(crate) fn tidied(mut self, act: impl Fn(&mut Bench) -> Result<()> + 'static) -> Self {
        self.tidy = Box::new(act);
        self
    }

    pub(crate) fn since(mut self, since: Since) -> Self {
        self.since = since;
        self
    }

    pub(crate) fn in_a_new_frame(mut self) -> Self {
        self.proof = Proof::Frame;
        self
    }

    pub(crate) fn within(mut self, limit: Limit) -> Self {
        self.limit = limit;
        self
    }

    pub(crate) fn perhaps_forestalled(mut self) -> Self {
        self.incident = Incident::ToldIfThere;
        self
    }

    pub(crate) fn silent(mut self) -> Self {
        self.incident = Incident::Silent;
        self
    }

    pub(crate) fn amid(mut self) -> Self {
        self.incident = Incident::Amid;
        self
    }

    pub(crate) fn looking(mut self, look: Look) -> Self {
        self.look = look;
        self
    }

    /// Can overlap with a fault that touches something else.
    pub(crate) fn touching(mut self, what: &'static str) -> Self {
        self.touches = Some(what);
        self
    }
}
