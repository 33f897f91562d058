//! What all the stand-in's hosts share: faults, counters, tokens and secrets.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use rustls::pki_types::CertificateDer;
use tokio::sync::watch;

use crate::{
    clock,
    counters::Counters,
    faults::{Faults, Network},
    tokens::Tokens,
};

#[derive(Debug)]
pub(crate) struct Cloud {
    started: Instant,
    pub(crate) client_secret: String,
    pub(crate) client_certificate: CertificateDer<'static>,
    pub(crate) bearer: String,
    book: Mutex<Book>,
    network: watch::Sender<Network>,
}

/// What changes while the stand-in runs.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) faults: Faults,
    pub(crate) counters: Counters,
    pub(crate) tokens: Tokens,
}

impl Cloud {
    pub(crate) fn new(
        faults: Faults,
        client_secret: String,
        client_certificate: CertificateDer<'static>,
        bearer: String,
    ) -> Self {
        let network = watch::Sender::new(faults.network);
        Self {
            started: clock::now(),
            client_secret,
            client_certificate,
            bearer,
            book: Mutex::new(Book {
                faults,
                counters: Counters::default(),
                tokens: Tokens::default(),
            }),
            network,
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
        self.book().counters = Counters::default();
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        self.network.send_replace(faults.network);
        self.book().faults = faults;
    }

    pub(crate) fn expire_all_tokens(&self) {
        self.book().tokens.expire_all(clock::now());
    }

    pub(crate) fn network(&self) -> watch::Receiver<Network> {
        self.network.subscribe()
    }

    /// Milliseconds since the start.
    pub(crate) fn now_ms(&self) -> f64 {
        clock::now().duration_since(self.started).as_secs_f64() * 1000.0
    }
}
