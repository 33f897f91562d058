//! How fast the player and its world are: `cargo bench --bench speed`.

#![expect(
    dead_code,
    reason = "the tests need more of the world than its speed does"
)]

mod agenda;
mod faults;
mod file;
mod invariants;
mod ledger;
mod service;
mod settings;
mod trace;
mod view;
mod world;

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use everlit::player::{Command, Event, PageEvent, PageId, Player, ViewOrder};

use settings::{DAY, one_report, playlist, web_page};
use world::World;

criterion_group!(benches, beats, days);
criterion_main!(benches);

/// The limit of a device's settings by default; the simulated ones have a longer one.
const HEARTBEAT_LIMIT: Duration = Duration::from_secs(5);

/// What the player does all day: it asks for a sign of life, gets it, and feeds the watchdog.
fn beats(criterion: &mut Criterion) {
    let (mut player, mut now) = showing();
    let mut group = criterion.benchmark_group("player");
    group.throughput(Throughput::Elements(2));
    group.bench_function("beat", |bencher| {
        bencher.iter(|| now = beat(&mut player, now));
    });
    group.finish();
}

/// A day of a device with one report, every heartbeat and every check of the rules included: as the
/// tests simulate it, and with as many heartbeats as a device has by default.
fn days(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("world");
    group.sample_size(20);
    let as_tested = one_report();
    let mut as_on_walls = one_report();
    as_on_walls.recovery.heartbeat_limit = HEARTBEAT_LIMIT;
    for (name, settings) in [("day", as_tested), ("day-on-a-wall", as_on_walls)] {
        group.bench_function(name, |bencher| {
            let world = || World::with(settings.clone());
            bencher.iter_batched_ref(world, |world| world.run(DAY), BatchSize::PerIteration);
        });
    }
    group.finish();
}

/// A player whose page is up.
fn showing() -> (Player, Instant) {
    let mut now = everlit::clock::now();
    let mut player = Player::new(1, now);
    let mut settings = playlist(&[web_page(1)]);
    settings.recovery.heartbeat_limit = HEARTBEAT_LIMIT;
    let loaded = Event::SettingsLoaded {
        settings: Arc::new(settings),
        revision: "1".to_owned(),
        fallback: None,
    };
    player.handle_event(loaded, now);
    let mut page = PageId::default();
    while let Some(command) = player.poll_command() {
        if let Command::View(ViewOrder::ShowPage { page: shown, .. }) = command {
            page = shown;
        }
    }
    let event = PageEvent::Rendered;
    player.handle_event(Event::Page { page, event }, now);
    now = beat(&mut player, now);
    (player, now)
}

/// From one beat to the next; answers the time of the second.
fn beat(player: &mut Player, now: Instant) -> Instant {
    let mut now = now;
    loop {
        while let Some(command) = player.poll_command() {
            let command = black_box(command);
            if let Command::View(ViewOrder::Beat(beat)) = command {
                player.handle_event(Event::BeatAnswered(beat), now);
                return now;
            }
        }
        let Some((at, _)) = player.poll_timeout() else {
            return now;
        };
        now = at;
        player.handle_timeout(now);
    }
}
