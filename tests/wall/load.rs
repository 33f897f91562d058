//! A portal that many programs ask at once, and one that nobody asks, beside the wall's main job.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    thread::{self, sleep},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use everlit::{clock, player::Phase, portal::access::Scope};
use everlit_standin::{Content, Credential};
use fastrand::Rng;
use reqwest::Method;
use tokio::{runtime::Builder, task::JoinSet, time};

use crate::{alone, program, rig::Wall, visitor::Visitor};

const CLIENTS: u64 = 50;
const TRIES: u32 = 3;
/// Between two requests of one client, in milliseconds.
const PAUSES: std::ops::Range<u64> = 50..100;
/// The longest that a refresh of each second may take now and then.
const LONGEST_GAP: Duration = Duration::from_millis(2500);

#[test]
fn fifty_programs_that_poll_hold_up_neither_answers_nor_refreshes() -> Result<()> {
    let _alone = alone();
    let (wall, visitor) = asked_wall("[token]\nrefresh_every = \"1 s\"\n", 6.0)?;
    // Whatever else runs on this machine can spoil one time, hardly three.
    let mut is_fast = false;
    for _ in 0..TRIES {
        let polled = polling(&wall, &visitor, Duration::from_secs(30), Some(PAUSES))?;
        println!("50 programs that poll for 30 s: {polled}");
        ensure!(polled.refreshes >= 20, "{polled}");
        ensure!(polled.longest_gap < LONGEST_GAP, "{polled}");
        is_fast = polled.percentile(0.99) < Duration::from_millis(50);
        if is_fast {
            break;
        }
    }
    let flooded = polling(&wall, &visitor, Duration::from_secs(5), None)?;
    println!("50 programs without a pause for 5 s: {flooded}");

    let counters = wall.counters();
    ensure!(counters.data_expired == 0, "{counters:?}");
    ensure!(counters.iframe_loads == 1 && counters.report_loads == 1);
    ensure!(is_fast, "the status is never fast enough");
    ensure!(flooded.refreshes >= 2, "{flooded}");
    Ok(())
}

#[test]
fn an_open_portal_that_nobody_asks_costs_nothing() -> Result<()> {
    let _alone = alone();
    let mut wall = Wall::new(program())?;
    // A report is asked for signs of life all the time; here nothing but the portal is waiting.
    wall.write_text("[portal]\nlisten = \"127.0.0.1:0\"\n")?;
    wall.start()?;
    wall.until_phase(Phase::Unconfigured)?;
    let port = Visitor::of(&wall, None)?.port()?;
    sleep(Duration::from_secs(1));
    let open = cpu_time_of(&wall, Duration::from_secs(10))?;
    let idlers: Vec<_> = (0..50).map(|_| idler(port)).collect::<Result<_>>()?;
    sleep(Duration::from_secs(1));
    let held = cpu_time_of(&wall, Duration::from_secs(5))?;
    drop(idlers);
    println!(
        "CPU time of the daemon: {open:?} in 10 s with an open portal, {held:?} in 5 s with 50 idle connections"
    );
    ensure!(open < Duration::from_millis(100), "{open:?}");
    ensure!(held < Duration::from_millis(100), "{held:?}");
    Ok(())
}

/// A connection that was answered once.
fn idler(port: u16) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(
        stream,
        "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
    )?;
    let mut first = [0; 12];
    stream.read_exact(&mut first)?;
    ensure!(first == *b"HTTP/1.1 200", "{first:?}");
    Ok(stream)
}

/// A wall whose tokens live this long, and somebody who may read.
fn asked_wall(extra: &str, token_life_s: f64) -> Result<(Wall, Visitor)> {
    let mut wall = Wall::new(program())?;
    wall.cloud
        .set_faults(|faults| faults.token_life_s = token_life_s);
    let token = wall.token(Scope::Read)?;
    let text = wall
        .cloud
        .settings_toml(&Content::Report, Credential::Secret, extra);
    wall.write_text(&text)?;
    wall.start()?;
    wall.until_phase(Phase::Showing)?;
    let visitor = Visitor::of(&wall, Some(&token))?;
    Ok((wall, visitor))
}

/// What the programs saw, and what the wall did meanwhile.
struct Polled {
    /// Of the status, sorted.
    times: Vec<Duration>,
    metrics: Vec<Duration>,
    refreshes: u64,
    longest_gap: Duration,
    /// Of one processor.
    daemon_load: f64,
    /// The programs' own: near 1 they measure only themselves.
    own_load: f64,
}

impl Polled {
    fn percentile(&self, part: f64) -> Duration {
        percentile(&self.times, part)
    }
}

impl std::fmt::Display for Polled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} status, p50 {:.1?}, p99 {:.1?}, longest {:.1?}; {} metrics, p99 {:.1?}; {} refreshes, \
             longest gap {:.1?}; daemon {:.0} %, programs {:.0} % of a processor",
            self.times.len(),
            self.percentile(0.5),
            self.percentile(0.99),
            self.percentile(1.0),
            self.metrics.len(),
            percentile(&self.metrics, 0.99),
            self.refreshes,
            self.longest_gap,
            self.daemon_load * 100.0,
            self.own_load * 100.0,
        )
    }
}

fn polling(
    wall: &Wall,
    visitor: &Visitor,
    duration: Duration,
    pauses: Option<std::ops::Range<u64>>,
) -> Result<Polled> {
    let visitor = visitor.clone();
    let (start, daemon_before) = (clock::now(), cpu_time(&wall.pid()?.to_string())?);
    let refreshed_before = wall.counters().token_messages;
    let polling = thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let before = cpu_time("thread-self")?;
        let (times, metrics) = runtime.block_on(crowd(&visitor, start + duration, pauses))?;
        anyhow::Ok((times, metrics, cpu_time("thread-self")? - before))
    });
    let mut last = (start, refreshed_before);
    let mut longest_gap = Duration::ZERO;
    while clock::now() < start + duration {
        let (now, count) = (clock::now(), wall.counters().token_messages);
        longest_gap = longest_gap.max(now - last.0);
        if count > last.1 {
            last = (now, count);
        }
        sleep(Duration::from_millis(20));
    }
    let polled = polling.join().ok().context("a panic")?;
    let (times, metrics, own) = polled?;
    let took = clock::now() - start;
    let daemon = cpu_time(&wall.pid()?.to_string())? - daemon_before;
    Ok(Polled {
        times,
        metrics,
        refreshes: wall.counters().token_messages - refreshed_before,
        longest_gap,
        daemon_load: daemon.as_secs_f64() / took.as_secs_f64(),
        own_load: own.as_secs_f64() / took.as_secs_f64(),
    })
}

/// Answers how long each status and each page of metrics took.
async fn crowd(
    visitor: &Visitor,
    end: Instant,
    pauses: Option<std::ops::Range<u64>>,
) -> Result<(Vec<Duration>, Vec<Duration>)> {
    let mut clients = JoinSet::new();
    for seed in 0..CLIENTS {
        clients.spawn(client(visitor.another()?, end, pauses.clone(), seed));
    }
    let mut all = (Vec::new(), Vec::new());
    while let Some(client) = clients.join_next().await {
        let (status, metrics) = client??;
        all.0.extend(status);
        all.1.extend(metrics);
    }
    all.0.sort();
    all.1.sort();
    Ok(all)
}

async fn client(
    visitor: Visitor,
    end: Instant,
    pauses: Option<std::ops::Range<u64>>,
    seed: u64,
) -> Result<(Vec<Duration>, Vec<Duration>)> {
    let mut rng = Rng::with_seed(seed);
    let (mut status, mut metrics) = (Vec::new(), Vec::new());
    while clock::now() < end {
        for (place, times) in [("api/v1/status", &mut status), ("metrics", &mut metrics)] {
            let start = clock::now();
            let answer = visitor.request(Method::GET, place).send().await?;
            let body = answer.error_for_status()?.bytes().await?;
            times.push(clock::now() - start);
            ensure!(body.len() > 500, "{place}: {} bytes", body.len());
            if let Some(pauses) = pauses.clone() {
                time::sleep(Duration::from_millis(rng.u64(pauses))).await;
            }
        }
    }
    Ok((status, metrics))
}

fn percentile(sorted: &[Duration], part: f64) -> Duration {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a list"
    )]
    let place = (sorted.len() as f64 * part) as usize;
    let last = sorted.len().saturating_sub(1);
    sorted.get(place.min(last)).copied().unwrap_or_default()
}

/// What the daemon's own process used in this time.
fn cpu_time_of(wall: &Wall, duration: Duration) -> Result<Duration> {
    let pid = wall.pid()?.to_string();
    let before = cpu_time(&pid)?;
    sleep(duration);
    Ok(cpu_time(&pid)? - before)
}

/// Of a process, or of this thread, to 10 ms.
fn cpu_time(name: &str) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{name}/stat"))?;
    let (_, tail) = stat.rsplit_once(')').context("no name")?;
    let mut words = tail.split_whitespace().skip(11);
    let mut ticks = || Ok::<u64, anyhow::Error>(words.next().context("no time")?.parse()?);
    // The kernel counts in hundredths of a second here, whatever it counts in for itself.
    Ok(Duration::from_millis((ticks()? + ticks()?) * 10))
}
