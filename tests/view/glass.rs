//! What a viewer sees when the page is not fit to be seen: the cover and the badge.

use std::{fs, process::Command, time::Duration};

use anyhow::{Context as _, Result, ensure};
use everlit::{
    player::{Event, Glass, PageEvent, SlateKind, ViewOrder},
    webview::web_process,
};
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    bench::{Bench, expect},
    screen::{LARGE, Point, SMALL, is_filled, show_edges},
};

const GREEN_RGB: u32 = 0x0000_ff00;
const BLUE_RGB: u32 = 0x0000_00ff;
const PURPLE_RGB: u32 = 0x0080_0080;
const WHITE_RGB: u32 = 0x00ff_ffff;
const SLATE_RGB: u32 = 0x000b_1220;
/// Pixels of the screen of 1280 × 720: the middle, one in a slate's corner, and one that is on the
/// badge but not on its words.
const MIDDLE: Point = (640, 360);
const CORNER: Point = (1273, 716);
const BADGE: Point = (1258, 690);

const WHILE: Duration = Duration::from_millis(300);

/// A page of one colour with a word on it, so that it is a picture.
fn coloured(colour: &str) -> String {
    format!("<!doctype html><title>{colour}</title><body style='background:{colour}'>word")
}

fn show(bench: &mut Bench, colour: &str, rgb: u32) -> Result<()> {
    let url = bench.site.page(&format!("/{colour}"), &coloured(colour));
    bench.show(url)?;
    bench.screen.until(MIDDLE, rgb)?;
    Ok(())
}

fn inspect(bench: &Bench) -> Result<Glass> {
    let page = bench.page();
    bench.view.send(ViewOrder::Inspect { page });
    seen(bench)
}

fn seen(bench: &Bench) -> Result<Glass> {
    bench.until_page("a look at the page", |event| match event {
        PageEvent::Inspected(glass) => Some(*glass),
        _ => None,
    })
}

/// The web process does nothing as long as this lives.
struct Stopped(Pid);

impl Stopped {
    fn web_process() -> Result<Self> {
        let process = web_process().context("there is no web process")?;
        let pid = Pid::from_raw(i32::try_from(process.pid)?).context("no pid")?;
        kill_process(pid, Signal::STOP)?;
        Ok(Self(pid))
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        // It may have been killed meanwhile.
        let _ = kill_process(self.0, Signal::CONT);
    }
}

/// A blue page under a green cover.
fn cover(bench: &mut Bench) -> Result<()> {
    show(bench, "lime", GREEN_RGB)?;
    expect(&inspect(bench)?, &Glass::Picture)?;
    show(bench, "blue", BLUE_RGB)?;
    bench.view.send(ViewOrder::Cover);
    bench.screen.until(MIDDLE, GREEN_RGB)?;
    Ok(())
}

fn uncover(bench: &Bench) {
    bench.view.send(ViewOrder::Uncover);
}

pub(crate) fn an_empty_page_is_flat_and_a_word_makes_a_picture(bench: &mut Bench) -> Result<()> {
    let spinner = "<i style='position:fixed;right:9px;bottom:9px;width:24px;height:24px;\
                   border:3px solid #999;border-radius:50%'></i>";
    for (body, glass) in [
        ("", Glass::Flat),
        ("<style>body{background:#000}</style>", Glass::Flat),
        ("<style>body{background:#123456}</style>", Glass::Flat),
        ("<small>no</small>", Glass::Picture),
        (
            "<style>body{background:#000;color:#888}</style>word",
            Glass::Picture,
        ),
        (spinner, Glass::Picture),
        (
            "<h1>Sales</h1><svg><rect width=90 height=90 /></svg>",
            Glass::Picture,
        ),
    ] {
        let url = bench
            .site
            .page("/looked-at", &format!("<!doctype html>{body}"));
        bench.show(url)?;
        let seen = inspect(bench)?;
        ensure!(seen == glass, "{body:?} is {seen:?}");
    }
    Ok(())
}

/// A page that turns blue and loses its word when it is touched.
pub(crate) fn a_page_is_looked_at_again_once_it_was_drawn_again(bench: &mut Bench) -> Result<()> {
    let turn = "<script>onclick = () => { document.body.style.background = 'blue';\
                document.body.textContent = '' }</script>";
    let text = coloured("lime") + turn;
    let url = bench.site.page("/turning", &text);
    bench.show(url)?;
    bench.screen.until(MIDDLE, GREEN_RGB)?;
    bench.screen.only(MIDDLE, &[GREEN_RGB], WHILE)?;
    expect(&inspect(bench)?, &Glass::Picture)?;
    let stopped = Stopped::web_process()?;
    expect(&inspect(bench)?, &Glass::Picture)?;
    uncover(bench);
    let page = bench.page();
    bench.view.send(ViewOrder::Inspect { page });
    bench.never(is_look, WHILE)?;
    drop(stopped);
    expect(&seen(bench)?, &Glass::Picture)?;
    click(MIDDLE)?;
    bench.screen.until(MIDDLE, BLUE_RGB)?;
    expect(&inspect(bench)?, &Glass::Flat)?;
    expect(&inspect(bench)?, &Glass::Flat)
}

pub(crate) fn only_the_page_of_now_is_looked_at(bench: &mut Bench) -> Result<()> {
    show(bench, "lime", GREEN_RGB)?;
    let earlier = bench.page();
    show(bench, "blue", BLUE_RGB)?;
    bench.view.send(ViewOrder::Inspect { page: earlier });
    bench.never(is_look, WHILE)
}

fn is_look(event: &Event) -> bool {
    matches!(
        event,
        Event::Page {
            event: PageEvent::Inspected(_),
            ..
        }
    )
}

pub(crate) fn the_cover_hides_the_page_until_it_is_taken_away(bench: &mut Bench) -> Result<()> {
    cover(bench)?;
    expect(&bench.colour_at(500, 500)?, &GREEN_RGB)?;
    // Pages come and go, and the viewer sees none of it.
    for _ in 0..3 {
        let url = bench.site.page("/blue", &coloured("blue"));
        bench.ask_for(url, &[]);
        bench.screen.only(MIDDLE, &[GREEN_RGB], WHILE)?;
        bench.outcome()??;
    }
    // Looking at the page under the cover changes nothing on it.
    expect(&inspect(bench)?, &Glass::Picture)?;
    expect(&bench.colour_at(500, 500)?, &GREEN_RGB)?;
    bench.screen.only(MIDDLE, &[GREEN_RGB], WHILE)?;
    uncover(bench);
    bench.screen.only(MIDDLE, &[GREEN_RGB, BLUE_RGB], WHILE)?;
    expect(&bench.screen.colour_at(MIDDLE)?, &BLUE_RGB)?;
    expect(&bench.colour_at(500, 500)?, &BLUE_RGB)?;
    // The picture is forgotten.
    bench.view.send(ViewOrder::Cover);
    bench.screen.only(MIDDLE, &[BLUE_RGB], WHILE)
}

pub(crate) fn the_cover_needs_no_web_process(bench: &mut Bench) -> Result<()> {
    show(bench, "lime", GREEN_RGB)?;
    expect(&inspect(bench)?, &Glass::Picture)?;
    show(bench, "blue", BLUE_RGB)?;
    let stopped = Stopped::web_process()?;
    bench.view.send(ViewOrder::Cover);
    let covered = bench.screen.until(MIDDLE, GREEN_RGB);
    let photographed = bench.colour_at(500, 500);
    kill_process(stopped.0, Signal::KILL)?;
    ensure!(covered? < Duration::from_millis(500), "the cover came late");
    expect(&photographed?, &GREEN_RGB)?;
    bench.screen.only(MIDDLE, &[GREEN_RGB], WHILE)?;
    bench.until("the end of the web process", |event| match event {
        Event::WebProcessEnded(_) => Some(()),
        _ => None,
    })?;
    expect(&bench.colour_at(500, 500)?, &GREEN_RGB)?;
    let url = bench.site.page("/blue", &coloured("blue"));
    bench.ask_for(url, &[]);
    bench.screen.only(MIDDLE, &[GREEN_RGB], WHILE)?;
    bench.outcome()??;
    uncover(bench);
    bench.screen.only(MIDDLE, &[GREEN_RGB, BLUE_RGB], WHILE)?;
    bench.screen.until(MIDDLE, BLUE_RGB)?;
    Ok(())
}

pub(crate) fn a_new_web_process_under_the_cover_lives_without_a_page(
    bench: &mut Bench,
) -> Result<()> {
    cover(bench)?;
    bench.view.send(ViewOrder::EndWebProcess);
    bench.until("the end of the web process", |event| match event {
        Event::WebProcessEnded(_) => Some(()),
        _ => None,
    })?;
    let page = bench.turn_page();
    bench.view.send(ViewOrder::ShowNothing { page });
    let lives = bench.beat_is_answered_within(Duration::from_secs(3));
    ensure!(lives, "no sign of life");
    bench.screen.only(MIDDLE, &[GREEN_RGB], WHILE)?;
    expect(&bench.colour_at(500, 500)?, &GREEN_RGB)?;
    let url = bench.site.page("/blue", &coloured("blue"));
    bench.ask_for(url, &[]);
    bench.outcome()??;
    bench.screen.only(MIDDLE, &[GREEN_RGB], WHILE)?;
    uncover(bench);
    bench.screen.until(MIDDLE, BLUE_RGB)?;
    Ok(())
}

pub(crate) fn a_slate_is_never_covered(bench: &mut Bench) -> Result<()> {
    cover(bench)?;
    bench.show_slate(SlateKind::Denied, "Nobody may see this any more.")?;
    bench.screen.until(CORNER, SLATE_RGB)?;
    bench.view.send(ViewOrder::Cover);
    bench.screen.only(CORNER, &[SLATE_RGB], WHILE)
}

pub(crate) fn forgotten_content_leaves_no_picture(bench: &mut Bench) -> Result<()> {
    cover(bench)?;
    bench.view.send(ViewOrder::ForgetContent);
    bench.screen.until(MIDDLE, BLUE_RGB)?;
    // Not even when somebody is looking right now.
    show(bench, "lime", GREEN_RGB)?;
    let page = bench.page();
    bench.view.send(ViewOrder::Inspect { page });
    bench.view.send(ViewOrder::ForgetContent);
    bench.sleep(WHILE);
    show(bench, "blue", BLUE_RGB)?;
    bench.view.send(ViewOrder::Cover);
    bench.screen.only(MIDDLE, &[BLUE_RGB], WHILE)
}

pub(crate) fn a_touch_goes_through_the_cover_and_shows_no_cursor(bench: &mut Bench) -> Result<()> {
    cover(bench)?;
    touch(bench, GREEN_RGB)?;
    uncover(bench);
    show(bench, "blue", BLUE_RGB)?;
    touch(bench, BLUE_RGB)
}

fn touch(bench: &mut Bench, colour: u32) -> Result<()> {
    bench.events_until_beat()?;
    let (x, y) = MIDDLE;
    click(MIDDLE)?;
    bench.until("the touch", |event| {
        matches!(event, Event::ViewerInteracted).then_some(())
    })?;
    for at in (0..16).map(|step| (x + step, y + step)) {
        expect(&bench.screen.colour_at(at)?, &colour)?;
    }
    Ok(())
}

fn click((x, y): Point) -> Result<()> {
    let status = Command::new("xdotool")
        .args(["mousemove", "9", "300", "mousemove"])
        .args([x.to_string(), y.to_string()])
        .args(["click", "1"])
        .status()
        .context("cannot start xdotool (package xdotool)")?;
    expect(&status.success(), &true)
}

pub(crate) fn the_cover_and_the_badge_fit_any_screen(bench: &mut Bench) -> Result<()> {
    show_edges(bench)?;
    expect(&inspect(bench)?, &Glass::Picture)?;
    show(bench, "purple", PURPLE_RGB)?;
    bench.view.send(ViewOrder::Cover);
    bench.view.send(ViewOrder::ShowAge(Duration::ZERO));
    bench.screen.turn("small")?;
    let fits = is_filled(bench, SMALL);
    // The same place on a badge of two thirds of the size.
    let badge = bench.screen.colour_at((849, 460))?;
    bench.screen.turn("1280x720")?;
    is_filled(bench, LARGE)?;
    bench.view.send(ViewOrder::HideAge);
    uncover(bench);
    ensure!(badge != WHITE_RGB, "there is no badge");
    fits
}

pub(crate) fn the_badge_is_on_the_page_and_on_the_cover(bench: &mut Bench) -> Result<()> {
    cover(bench)?;
    bench.screen.until(BADGE, GREEN_RGB)?;
    bench
        .view
        .send(ViewOrder::ShowAge(Duration::from_secs(3600)));
    until_badge(bench, GREEN_RGB)?;
    uncover(bench);
    bench.screen.until(MIDDLE, BLUE_RGB)?;
    until_badge(bench, BLUE_RGB)?;
    show(bench, "lime", GREEN_RGB)?;
    until_badge(bench, GREEN_RGB)?;
    bench.view.send(ViewOrder::HideAge);
    bench.screen.until(BADGE, GREEN_RGB)?;
    expect(&photographed_badge(bench)?, &GREEN_RGB)
}

/// The badge hides what is behind it, on the photograph and soon on the screen.
fn until_badge(bench: &Bench, behind: u32) -> Result<()> {
    let photographed = photographed_badge(bench)?;
    ensure!(photographed != behind, "there is no badge");
    bench.screen.until(BADGE, photographed)?;
    Ok(())
}

fn photographed_badge(bench: &Bench) -> Result<u32> {
    bench.colour_at(983, 959)
}

/// As many looks as hours may bring, of 3.5 MB each: a leak would be 700 MB.
pub(crate) fn looking_again_and_again_takes_no_memory(bench: &mut Bench) -> Result<()> {
    show(bench, "lime", GREEN_RGB)?;
    let look = || {
        // Otherwise it is answered with what is known.
        uncover(bench);
        expect(&inspect(bench)?, &Glass::Picture)
    };
    for _ in 0..20 {
        look()?;
    }
    let before = resident_mb()?;
    for _ in 0..200 {
        look()?;
    }
    let grown = resident_mb()?.saturating_sub(before);
    ensure!(grown < 16, "200 looks took {grown} MB");
    Ok(())
}

fn resident_mb() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let words = line.context("no VmRSS")?.split_whitespace().next();
    Ok(words.context("no number")?.parse::<u64>()? / 1024)
}
