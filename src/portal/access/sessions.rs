//! Who is signed in.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use secrecy::SecretString;

use super::random::{self, Fingerprint};

/// A session that is not used ends after this long,
const IDLE_LIMIT: Duration = Duration::from_secs(60 * 60);
/// and any session after this.
const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);
/// More sessions than this end the one that was used least recently.
const MOST: usize = 64;

/// The open sessions. They live in memory only: a restart signs everybody out.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    open: HashMap<Fingerprint, Session>,
}

/// One browser that is signed in.
#[derive(Debug, Clone)]
pub struct Session {
    /// Stands in each form of the session's own pages, and nowhere else.
    pub form_word: SecretString,
    begun: Instant,
    used: Instant,
}

impl Sessions {
    /// Begins a session; answers the word for the browser's cookie.
    pub(super) fn begin(&mut self, now: Instant) -> SecretString {
        self.drop_old(now);
        if self.open.len() >= MOST {
            let idle = self.open.iter().min_by_key(|(_, session)| session.used);
            if let Some(idle) = idle.map(|(key, _)| *key) {
                self.open.remove(&idle);
            }
        }
        let word = random::word();
        let session = Session {
            form_word: random::word().into(),
            begun: now,
            used: now,
        };
        self.open.insert(random::fingerprint(&word), session);
        word.into()
    }

    /// The session of a cookie's word; it counts as used.
    pub(super) fn find(&mut self, word: &str, now: Instant) -> Option<Session> {
        self.drop_old(now);
        let session = self.open.get_mut(&random::fingerprint(word))?;
        session.used = now;
        Some(session.clone())
    }

    pub(super) fn end(&mut self, word: &str) {
        self.open.remove(&random::fingerprint(word));
    }

    pub(super) fn end_all(&mut self) {
        self.open.clear();
    }

    fn drop_old(&mut self, now: Instant) {
        self.open.retain(|_, session| {
            now.saturating_duration_since(session.used) < IDLE_LIMIT
                && now.saturating_duration_since(session.begun) < LONGEST
        });
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::clock;

    #[test]
    fn a_session_is_found_by_its_word_only() {
        let (mut sessions, now) = (Sessions::default(), clock::now());
        let word = sessions.begin(now);
        assert!(sessions.find(word.expose_secret(), now).is_some());
        assert!(sessions.find("", now).is_none());
        assert!(sessions.find(&random::word(), now).is_none());
        sessions.end(word.expose_secret());
        assert!(sessions.find(word.expose_secret(), now).is_none());
    }

    #[test]
    fn a_session_ends_after_an_hour_of_rest_and_after_half_a_day_of_work() {
        let (mut sessions, start) = (Sessions::default(), clock::now());
        let idle = sessions.begin(start);
        let busy = sessions.begin(start);
        let mut now = start;
        while now < start + LONGEST - Duration::from_secs(60) {
            assert!(sessions.find(busy.expose_secret(), now).is_some());
            now += Duration::from_secs(30 * 60);
        }
        assert!(sessions.find(idle.expose_secret(), now).is_none());
        assert!(
            sessions
                .find(busy.expose_secret(), start + LONGEST)
                .is_none()
        );
    }

    #[test]
    fn many_sign_ins_do_not_fill_the_memory() {
        let (mut sessions, start) = (Sessions::default(), clock::now());
        let first = sessions.begin(start);
        for second in 1..=100 {
            sessions.begin(start + Duration::from_secs(second));
        }
        assert_eq!(sessions.open.len(), MOST);
        assert!(sessions.find(first.expose_secret(), start).is_none());
    }

    #[test]
    fn a_debug_text_tells_no_word() {
        let mut sessions = Sessions::default();
        let word = sessions.begin(clock::now());
        let form_word = sessions
            .find(word.expose_secret(), clock::now())
            .unwrap()
            .form_word;
        let text = format!("{sessions:?}");
        assert!(!text.contains(word.expose_secret()) && !text.contains(form_word.expose_secret()));
    }
}
