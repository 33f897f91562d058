//! The watchdog is fed while all is well, and by nothing that is stuck or dead.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::net::UnixDatagram,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use everlit::clock;
use rustix::process::{Pid, Signal, kill_process};

use crate::{alone, boot::children_of, program, rig::Wall};

/// A page that waits for something to do is asked each ten seconds.
const FED_BY_DEFAULT: Duration = Duration::from_millis(11_500);

/// Asked each four seconds, and silent for two at most.
const QUICK: &str = "[recovery]\nheartbeat_limit = \"2 s\"\n";

/// With [`QUICK`]: the longest pause in a healthy wall, and the longest time to see that it is not.
const FED_EVERY: Duration = Duration::from_secs(5);

/// How long it must stay quiet then; longer than two meals.
const QUIET: Duration = Duration::from_secs(10);

/// What the log says when a web process runs our page.
const BEGUN: &str = "the host page is ready";

/// No wait of the daemon's is longer than this.
const STUCK_MICROSECONDS: u32 = 60_000_000;

#[test]
fn a_healthy_wall_feeds_the_watchdog_every_few_seconds() -> Result<()> {
    let _alone = alone();
    let wall = Wall::showing(program(), "", |_| {})?;
    let meals = Meals::during(Duration::from_secs(25), &wall)?;
    println!(
        "healthy: {} meals in 25 s, the longest pause {:.1} s",
        meals.count, meals.longest
    );
    ensure!(meals.longest <= FED_BY_DEFAULT.as_secs_f64(), "{meals:?}");
    Ok(())
}

#[test]
fn a_screen_that_is_dark_on_purpose_starves_nobody() -> Result<()> {
    let _alone = alone();
    // The glass is looked at again and again while the output is off.
    let wall = Wall::showing(
        program(),
        &format!("{QUICK}blank_after = \"2 s\"\n"),
        |_| {},
    )?;
    let off = Command::new("xrandr")
        .args(["--fb", "1920x1080", "--output", "screen", "--off"])
        .env("DISPLAY", &wall.display.name)
        .status()
        .context("cannot start xrandr; `make deps` installs it")?;
    ensure!(off.success(), "xrandr: {off}");
    let meals = Meals::during(Duration::from_secs(15), &wall)?;
    println!("dark on purpose: {} meals in 15 s", meals.count);
    ensure!(meals.longest <= FED_EVERY.as_secs_f64(), "{meals:?}");
    ensure!(wall.counters().report_loads == 1, "{}", wall.log()?);
    Ok(())
}

#[test]
fn a_stuck_main_loop_starves_the_watchdog_and_ends_the_daemon() -> Result<()> {
    let _alone = alone();
    let mut wall = Wall::showing(program(), QUICK, |_| {})?;
    let main = wall.pid()?;
    let Some(stuck) = Stuck::thread(main)? else {
        return Ok(());
    };
    wall.throughout(FED_EVERY, |_| Ok(()))?;
    wall.notifications();
    // The player misses the beats and gives up: systemd is to start the daemon again. The tracer
    // holds the stuck thread to its very end, so the end of all the others is what can be seen.
    wall.until("the end of the other threads", |_| {
        let threads = fs::read_dir(format!("/proc/{main}/task"))?.count();
        Ok((threads == 1).then_some(()))
    })?;
    drop(stuck);
    let (status, _) = wall.ended()?;
    let fed = meals_in(&wall);
    println!("stuck main loop: {fed} meals, then {status}");
    ensure!(fed == 0, "fed {fed} times");
    ensure!(status.code() == Some(75), "{status}: {}", wall.log()?);
    Ok(())
}

#[test]
fn a_stuck_driver_starves_the_watchdog() -> Result<()> {
    let _alone = alone();
    let wall = Wall::showing(program(), QUICK, |_| {})?;
    let Some(_stuck) = Stuck::thread(thread_named(wall.pid()?, "driver")?)? else {
        return Ok(());
    };
    starves(&wall, "stuck driver")
}

#[test]
fn a_renderer_that_cannot_be_revived_starves_the_watchdog_and_ends_the_daemon() -> Result<()> {
    let _alone = alone();
    let mut wall = Wall::showing(program(), QUICK, |_| {})?;
    let pid = wall.pid()?;
    let mut killed = BTreeSet::new();
    let mut fed = 0;
    let start = clock::now();
    while fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
        ensure!(
            clock::now() < start + Duration::from_secs(60),
            "it does not give up: {}",
            wall.log()?
        );
        for child in children_of(pid).unwrap_or_default() {
            // One that dies before it has said its number ends the daemon by WebKit's own hand.
            let has_begun = wall.log()?.matches(BEGUN).count() > killed.len();
            if has_begun && is_named(child, "WebKitWebProces") && killed.insert(child) {
                end(child, Signal::KILL);
            }
        }
        if clock::now() > start + FED_EVERY {
            fed += meals_in(&wall);
        } else {
            wall.notifications();
        }
        thread::sleep(Duration::from_millis(2));
    }
    let (status, _) = wall.ended()?;
    let took = (clock::now() - start).as_secs_f64();
    let killed = killed.len();
    println!("dead renderer: {killed} kills, {fed} meals, {status} after {took:.1} s");
    ensure!(fed == 0, "fed {fed} times: {}", wall.log()?);
    ensure!(status.code() == Some(75), "{status}: {}", wall.log()?);
    Ok(())
}

#[test]
fn a_service_manager_that_does_not_listen_holds_nothing_up() -> Result<()> {
    let _alone = alone();
    let mut wall = Wall::new(program())?;
    // Nobody ever reads from this one.
    fs::remove_file(wall.path("notify"))?;
    let _full = UnixDatagram::bind(wall.path("notify"))?;
    wall.write(
        &everlit_standin::Content::Report,
        "[token]\nrefresh_every = \"1 s\"\n[recovery]\nheartbeat_limit = \"1 s\"\n",
    )?;
    wall.start()?;
    // With the meals of each two seconds, these are far more than fit.
    wall.until("many refreshes", |wall| {
        Ok((wall.counters().token_messages >= 15).then_some(()))
    })?;
    ensure!(
        wall.log()?.contains("too busy for notifications"),
        "it never was full"
    );
    Ok(())
}

/// Nothing is fed any more from a few seconds on.
fn starves(wall: &Wall, what: &str) -> Result<()> {
    wall.throughout(FED_EVERY, |_| Ok(()))?;
    wall.notifications();
    wall.throughout(QUIET, |_| Ok(()))?;
    let fed = meals_in(wall);
    println!("{what}: {fed} meals in {} s", QUIET.as_secs());
    ensure!(fed == 0, "{what}: fed {fed} times");
    Ok(())
}

/// How often the watchdog was fed since the last look.
fn meals_in(wall: &Wall) -> usize {
    let heard = wall.notifications();
    heard.iter().filter(|line| *line == "WATCHDOG=1").count()
}

#[derive(Debug)]
struct Meals {
    count: usize,
    /// In seconds.
    longest: f64,
}

impl Meals {
    fn during(time: Duration, wall: &Wall) -> Result<Self> {
        let mut last: Instant = clock::now();
        let mut meals = Self {
            count: 0,
            longest: 0.0,
        };
        wall.notifications();
        wall.throughout(time, |wall| {
            let fed = meals_in(wall);
            let pause = (clock::now() - last).as_secs_f64();
            meals.longest = meals.longest.max(pause);
            if fed > 0 {
                last = clock::now();
                meals.count += fed;
            }
            Ok(())
        })?;
        Ok(meals)
    }
}

/// A thread whose next wait takes a minute, until this value goes.
struct Stuck(Child);

impl Stuck {
    /// `None`, with a word about it: this system lets nobody trace, as some containers do.
    fn thread(thread: i32) -> Result<Option<Self>> {
        let waits = "poll,ppoll,epoll_wait,epoll_pwait,epoll_pwait2";
        let delay = format!("inject={waits}:delay_enter={STUCK_MICROSECONDS}");
        let mut strace = Command::new("strace")
            .args([
                "-p",
                &thread.to_string(),
                "-e",
                &format!("trace={waits}"),
                "-e",
                &delay,
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start strace; `make deps` installs it")?;
        let first = first_line(&mut strace)?;
        if first.contains("attached") {
            return Ok(Some(Self(strace)));
        }
        strace.wait()?;
        if first.contains("not permitted") {
            println!("skipped, since no process may be traced here: {first}");
            return Ok(None);
        }
        bail!("strace: {first}")
    }
}

impl Drop for Stuck {
    fn drop(&mut self) {
        // It may have ended with the daemon; then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn first_line(strace: &mut Child) -> Result<String> {
    use std::io::{BufRead as _, BufReader, copy, sink};
    let mut output = BufReader::new(strace.stderr.take().context("no output")?);
    let mut line = String::new();
    output.read_line(&mut line)?;
    // A full pipe would hold strace up.
    thread::spawn(move || copy(&mut output, &mut sink()));
    Ok(line)
}

fn thread_named(pid: i32, name: &str) -> Result<i32> {
    for entry in fs::read_dir(format!("/proc/{pid}/task"))? {
        let thread = entry?.file_name().to_string_lossy().parse()?;
        if is_named(thread, name) {
            return Ok(thread);
        }
    }
    bail!("the daemon has no thread {name}")
}

fn is_named(task: i32, name: &str) -> bool {
    fs::read_to_string(format!("/proc/{task}/comm")).is_ok_and(|comm| comm.trim() == name)
}

fn end(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid) {
        // It may have ended by itself in the meantime.
        let _ = kill_process(pid, signal);
    }
}
