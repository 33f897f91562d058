//! What all the stand-in's hosts share: faults, counters, tokens and secrets.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use rustls::pki_types::CertificateDer;
use tokio::sync::watch;

use crate::{
    asked::{Asked, is_asked_by_the_daemon},
    clock,
    counters::Counters,
    faults::{Faults, Mood},
    links::Links,
    tokens::Tokens,
};

#[derive(Debug)]
pub(crate) struct Cloud {
    started: Instant,
    pub(crate) client_secret: String,
    pub(crate) client_certificate: CertificateDer<'static>,
    pub(crate) bearer: String,
    book: Mutex<Book>,
    links: watch::Sender<Links>,
}

/// What changes while the stand-in runs.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) faults: Faults,
    pub(crate) counters: Counters,
    pub(crate) tokens: Tokens,
    /// Requests of the daemon's, the oldest first.
    pub(crate) asked: Vec<Asked>,
}

impl Cloud {
    pub(crate) fn new(
        faults: Faults,
        client_secret: String,
        client_certificate: CertificateDer<'static>,
        bearer: String,
    ) -> Self {
        let links = watch::Sender::new(Links::of(&faults));
        Self {
            started: clock::now(),
            client_secret,
            client_certificate,
            bearer,
            book: Mutex::new(Book {
                faults,
                counters: Counters::default(),
                tokens: Tokens::default(),
                asked: Vec::new(),
            }),
            links,
        }
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> Faults {
        self.book().faults.clone()
    }

    /// Counts something.
    pub(crate) fn count(&self, count: impl FnOnce(&mut Counters, f64)) {
        let now_ms = self.now_ms();
        count(&mut self.book().counters, now_ms);
    }

    pub(crate) fn counters(&self) -> Counters {
        let now_ms = self.now_ms();
        Counters {
            now_ms,
            ..self.book().counters.clone()
        }
    }

    pub(crate) fn reset_counters(&self) {
        let book = &mut *self.book();
        book.counters = Counters::default();
        book.asked.clear();
    }

    /// Notes that the daemon, or the view by its order, asked this host for something.
    pub(crate) fn was_asked(&self, host: &str) {
        if is_asked_by_the_daemon(host) {
            let (host, at_ms) = (host.to_owned(), self.now_ms());
            self.book().asked.push(Asked { host, at_ms });
        }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.book().asked.clone()
    }

    /// The mood for the page that asks now.
    pub(crate) fn take_mood(&self) -> Option<Mood> {
        let moods = &mut self.book().faults.moods;
        (!moods.is_empty()).then(|| moods.remove(0))
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        self.links.send_replace(Links::of(&faults));
        self.book().faults = faults;
    }

    pub(crate) fn expire_all_tokens(&self) {
        self.book().tokens.expire_all(clock::now());
    }

    pub(crate) fn links(&self) -> watch::Receiver<Links> {
        self.links.subscribe()
    }

    /// Milliseconds since the start.
    pub(crate) fn now_ms(&self) -> f64 {
        clock::now().duration_since(self.started).as_secs_f64() * 1000.0
    }
}
