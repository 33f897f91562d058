//! Looks at the web process from outside every so often, until it does something.

use std::{future::pending, time::Duration};

use anyhow::{Context as _, Result};
use tokio::sync::{mpsc, watch};

use super::glance::{Glance, Glimpse};
use crate::{
    clock::Ticks,
    player::{BeatId, Event},
};

/// Whom the [`Lookout`] works for.
#[derive(Debug)]
pub struct Overseer {
    orders: watch::Sender<Order>,
}

/// Tells when a web process that should wait for something to do does not.
///
/// It has a loop of its own, so that a look wakes no more than what looks.
#[derive(Debug)]
pub struct Lookout {
    orders: watch::Receiver<Order>,
    glance: Glance,
}

#[derive(Debug, Clone, Default)]
struct Order {
    watch: Option<Watch>,
    /// Counts pages: another process may draw the next one.
    pages: u64,
}

#[derive(Debug, Clone, Copy)]
struct Watch {
    beat: BeatId,
    every: Duration,
}

/// A lookout and the one who gives it orders; `memory_limit_mb` as in [`super::ViewOptions`].
#[must_use]
pub fn lookout(memory_limit_mb: u32) -> (Overseer, Lookout) {
    let (sender, orders) = watch::channel(Order::default());
    let glance = Glance::new(memory_limit_mb);
    (Overseer { orders: sender }, Lookout { orders, glance })
}

impl Overseer {
    /// From now on, instead of what was ordered before.
    pub fn watch(&self, beat: BeatId, every: Duration) {
        let watch = Some(Watch { beat, every });
        self.orders.send_modify(|order| order.watch = watch);
    }

    pub fn end_watch(&self) {
        self.orders
            .send_if_modified(|order| order.watch.take().is_some());
    }

    /// To be told when another process may draw the page.
    pub fn note_page(&self) {
        self.orders.send_modify(|order| order.pages += 1);
    }
}

impl Lookout {
    /// Runs as long as the daemon.
    ///
    /// # Errors
    ///
    /// When the kernel has no timer left to give.
    pub async fn run(mut self, events: mpsc::Sender<Event>) -> Result<()> {
        let mut pages = 0;
        loop {
            let order = self.orders.borrow_and_update().clone();
            if order.pages != pages {
                pages = order.pages;
                self.glance.look_again();
            }
            tokio::select! {
                changed = self.orders.changed() => if changed.is_err() {
                    return Ok(());
                },
                stirred = stirred(order.watch, &mut self.glance) => {
                    let told = events.send(Event::Stirred(stirred?)).await;
                    // Once is enough.
                    if told.is_err() || self.orders.changed().await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
    }
}

async fn stirred(watch: Option<Watch>, glance: &mut Glance) -> Result<BeatId> {
    let Some(Watch { beat, every }) = watch else {
        return pending().await;
    };
    let ticks = Ticks::every(every).context("cannot watch the web process")?;
    loop {
        ticks.next().await?;
        match glance.look() {
            Glimpse::Waiting => {}
            Glimpse::Unsure => return Ok(beat),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{task::JoinSet, time::timeout};

    use super::*;

    const OFTEN: Duration = Duration::from_millis(10);
    const WHILE: Duration = Duration::from_millis(200);
    const PATIENCE: Duration = Duration::from_secs(10);

    /// Here is no web process, so nobody can tell.
    #[tokio::test]
    async fn what_is_not_sure_is_told_once_and_only_while_it_is_watched() {
        let (events, mut heard) = mpsc::channel(8);
        let (overseer, lookout) = lookout(100);
        let mut running = JoinSet::new();
        running.spawn(lookout.run(events));
        let mut told = async |within| timeout(within, heard.recv()).await;

        overseer.watch(BeatId(1), OFTEN);
        assert!(matches!(
            told(PATIENCE).await,
            Ok(Some(Event::Stirred(BeatId(1))))
        ));
        assert!(told(WHILE).await.is_err(), "told again");
        overseer.watch(BeatId(2), OFTEN);
        assert!(matches!(
            told(PATIENCE).await,
            Ok(Some(Event::Stirred(BeatId(2))))
        ));
        overseer.watch(BeatId(3), WHILE / 2);
        overseer.end_watch();
        assert!(told(WHILE).await.is_err(), "told although nobody asks");
        drop(overseer);
        running.join_next().await.unwrap().unwrap().unwrap();
    }
}
