//! The only reader of time: a clock that counts through suspend, the wall clock, and its steps.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};

use crate::readable::Readable;

/// Now, on a clock that goes on while the machine sleeps (`CLOCK_BOOTTIME`).
///
/// An `Instant` of the standard library stands still in suspend; a token's life does not.
#[must_use]
pub fn now() -> Instant {
    static BASE: OnceLock<(Instant, Duration)> = OnceLock::new();
    let boot = since_boot();
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    let (base, base_boot) = *BASE.get_or_init(|| (Instant::now(), boot));
    base + boot.saturating_sub(base_boot)
}

/// Time since boot without suspend (`CLOCK_MONOTONIC`), as systemd wants it.
#[must_use]
pub fn monotonic() -> Duration {
    reading(ClockId::Monotonic)
}

/// Now, on the wall clock: for people and file names, never for deadlines.
#[must_use]
pub fn wall() -> Timestamp {
    Timestamp::now()
}

/// Sleeps until `deadline` on the clock of [`now`], also across suspend.
///
/// Wakes the thread once, where Tokio's own sleep of some seconds wakes it several times.
///
/// # Errors
///
/// When the kernel has no timer left to give.
pub async fn sleep_until(deadline: Instant) -> std::io::Result<()> {
    let left = deadline.saturating_duration_since(now());
    if left.is_zero() {
        return Ok(());
    }
    let timer = timerfd_create(TimerfdClockId::Boottime, timer_flags())?;
    let once = Itimerspec {
        it_interval: timespec(Duration::ZERO),
        it_value: timespec(left),
    };
    timerfd_settime(&timer, TimerfdTimerFlags::empty(), &once)?;
    Readable::new(timer)?.ready().await
}

/// A moment that comes round again and again, on the clock of [`now`].
#[derive(Debug)]
pub struct Ticks(Readable);

impl Ticks {
    /// The first one comes after `period`, which is not zero.
    ///
    /// # Errors
    ///
    /// When the kernel has no timer left to give.
    pub fn every(period: Duration) -> std::io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Boottime, timer_flags())?;
        let repeated = Itimerspec {
            it_interval: timespec(period),
            it_value: timespec(period),
        };
        timerfd_settime(&timer, TimerfdTimerFlags::empty(), &repeated)?;
        Ok(Self(Readable::new(timer)?))
    }

    /// Waits for the next one; those that nobody waited for count as one.
    ///
    /// # Errors
    ///
    /// When the timer cannot be read.
    pub async fn next(&self) -> std::io::Result<()> {
        self.0.drained().await
    }
}

/// Waits until somebody sets the wall clock.
///
/// # Errors
///
/// When the kernel has no timer left to give.
pub async fn stepped() -> std::io::Result<()> {
    let timer = timerfd_create(TimerfdClockId::Realtime, timer_flags())?;
    let far = Itimerspec {
        it_interval: timespec(Duration::ZERO),
        it_value: timespec(Duration::from_secs(u64::from(u32::MAX) * 4)),
    };
    let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
    timerfd_settime(&timer, flags, &far)?;
    // The kernel makes the timer readable (with ECANCELED) when the clock is set.
    Readable::new(timer)?.ready().await
}

fn timer_flags() -> TimerfdFlags {
    TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC
}

/// Time since boot with suspend (`CLOCK_BOOTTIME`): what [`now`] counts, in a form that another
/// process of the same boot understands.
#[must_use]
pub fn since_boot() -> Duration {
    reading(ClockId::Boottime)
}

fn reading(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_millis(100);

    #[tokio::test]
    async fn ticks_come_round_and_missed_ones_count_as_one() {
        let start = now();
        let ticks = Ticks::every(PERIOD).unwrap();
        ticks.next().await.unwrap();
        ticks.next().await.unwrap();
        assert!(now() - start >= 2 * PERIOD);
        sleep_until(now() + PERIOD * 5 / 2).await.unwrap();
        let late = now();
        for _ in 0..3 {
            ticks.next().await.unwrap();
        }
        assert!(now() - late >= PERIOD);
    }
}
