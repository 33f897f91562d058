//! Slows down whoever guesses: each wrong try makes the next one wait longer.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

/// Wrong tries that cost nothing: people mistype.
const FREE_TRIES: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// Whoever stopped guessing for so long starts anew.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60 * 60);
/// More guessers than this are not told apart: the oldest is forgotten.
const MOST_GUESSERS: usize = 4096;

/// Who has guessed wrongly, and how often.
#[derive(Debug, Default)]
pub(super) struct Lockout {
    guessers: HashMap<IpAddr, Record>,
}

#[derive(Debug, Clone, Copy)]
struct Record {
    wrong: u32,
    last: Instant,
}

impl Lockout {
    /// How long this address has to wait until it may try again; `None`: not at all.
    pub(super) fn wait(&self, from: IpAddr, now: Instant) -> Option<Duration> {
        let record = self.guessers.get(&origin(from))?;
        let until = record.last + wait_after(record.wrong);
        let left = until.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    /// A wrong try; answers how many there were in a row.
    pub(super) fn failed(&mut self, from: IpAddr, now: Instant) -> u32 {
        self.guessers.retain(|_, record| {
            now.saturating_duration_since(record.last)
                < FORGOTTEN_AFTER.max(wait_after(record.wrong))
        });
        self.make_room();
        let none = Record {
            wrong: 0,
            last: now,
        };
        let record = self.guessers.entry(origin(from)).or_insert(none);
        record.wrong = record.wrong.saturating_add(1);
        record.last = now;
        record.wrong
    }

    pub(super) fn succeeded(&mut self, from: IpAddr) {
        self.guessers.remove(&origin(from));
    }

    fn make_room(&mut self) {
        if self.guessers.len() < MOST_GUESSERS {
            return;
        }
        let oldest = self.guessers.iter().min_by_key(|(_, record)| record.last);
        if let Some(oldest) = oldest.map(|(from, _)| *from) {
            self.guessers.remove(&oldest);
        }
    }
}

fn wait_after(wrong: u32) -> Duration {
    match wrong.checked_sub(FREE_TRIES) {
        None => Duration::ZERO,
        Some(doublings) => FIRST_WAIT
            .saturating_mul(1 << doublings.min(16))
            .min(LONGEST_WAIT),
    }
}

/// What one guesser cannot change at will: in IPv6 a whole subnet is one device's own.
fn origin(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    const GUESSER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

    #[test]
    fn mistyping_a_few_times_costs_nothing() {
        let (mut lockout, now) = (Lockout::default(), clock::now());
        for _ in 1..FREE_TRIES {
            lockout.failed(GUESSER, now);
            assert_eq!(lockout.wait(GUESSER, now), None);
        }
    }

    #[test]
    fn a_hundred_tries_take_a_day() {
        let (mut lockout, start) = (Lockout::default(), clock::now());
        let mut now = start;
        for _ in 0..100 {
            now += lockout.wait(GUESSER, now).unwrap_or_default();
            assert_eq!(lockout.wait(GUESSER, now), None);
            lockout.failed(GUESSER, now);
        }
        assert!(
            now - start > Duration::from_secs(20 * 60 * 60),
            "{:?}",
            now - start
        );
    }

    #[test]
    fn one_guesser_does_not_lock_out_another() {
        let (mut lockout, now) = (Lockout::default(), clock::now());
        for _ in 0..50 {
            lockout.failed(GUESSER, now);
        }
        assert!(lockout.wait(GUESSER, now).is_some());
        assert_eq!(lockout.wait("192.0.2.8".parse().unwrap(), now), None);
    }

    #[test]
    fn a_subnet_counts_as_one_guesser() {
        let (mut lockout, now) = (Lockout::default(), clock::now());
        for host in 0..50 {
            lockout.failed(format!("2001:db8::{host}").parse().unwrap(), now);
        }
        assert!(
            lockout
                .wait("2001:db8::ffff".parse().unwrap(), now)
                .is_some()
        );
        assert_eq!(lockout.wait("2001:db8:0:1::1".parse().unwrap(), now), None);
        for _ in 0..50 {
            lockout.failed("::ffff:192.0.2.7".parse().unwrap(), now);
        }
        assert!(lockout.wait(GUESSER, now).is_some());
    }

    #[test]
    fn the_right_word_and_an_hour_of_peace_forgive() {
        let (mut lockout, now) = (Lockout::default(), clock::now());
        for _ in 0..8 {
            lockout.failed(GUESSER, now);
        }
        let later = now + 2 * FORGOTTEN_AFTER;
        assert_eq!(lockout.failed(GUESSER, later), 1);
        lockout.succeeded(GUESSER);
        assert_eq!(lockout.failed(GUESSER, later), 1);
    }

    #[test]
    fn many_guessers_do_not_fill_the_memory() {
        let (mut lockout, now) = (Lockout::default(), clock::now());
        for number in 0..10_000_u32 {
            lockout.failed(
                IpAddr::V4(number.into()),
                now + Duration::from_millis(number.into()),
            );
        }
        assert_eq!(lockout.guessers.len(), MOST_GUESSERS);
        assert!(!lockout.guessers.contains_key(&IpAddr::V4(1.into())));
    }
}
