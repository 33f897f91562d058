//! What a page can do to the view, and what becomes of it.

use std::{process::Command, time::Duration};

use anyhow::{Context as _, Result};
use everlit::{
    player::{Event, PageFailure, SlateKind, ViewOrder, WebProcessEnd},
    webview::web_process,
};
use rustix::process::{Pid, Signal, kill_process};

use crate::bench::{Bench, expect, fail};

const GREEN: &str = "<!doctype html><title>green</title><body style='background:#00ff00'>";
const GREEN_RGB: u32 = 0x0000_ff00;

pub(crate) fn every_slate_is_painted(bench: &mut Bench) -> Result<()> {
    for kind in [
        SlateKind::Starting,
        SlateKind::Unconfigured,
        SlateKind::WaitingForNetwork,
        SlateKind::WaitingForTime,
        SlateKind::Denied,
        SlateKind::Trouble,
    ] {
        bench.show_slate(kind, "<b>Because</b> we test it")?;
        let corner = bench.colour_at(995, 995)?;
        expect(&(corner & 0x00ff_ffff), &0x000b_1220)?;
    }
    Ok(())
}

pub(crate) fn a_page_is_painted_and_photographed(bench: &mut Bench) -> Result<()> {
    let url = bench.site.page("/green", GREEN);
    bench.show(url)?;
    expect(&bench.colour_at(500, 500)?, &GREEN_RGB)
}

pub(crate) fn a_page_without_a_colour_of_its_own_is_white(bench: &mut Bench) -> Result<()> {
    let plain = bench
        .site
        .page("/plain", "<!doctype html><title>plain</title>");
    bench.show(plain)?;
    expect(&bench.colour_at(500, 500)?, &0x00ff_ffff)?;
    bench.show_slate(SlateKind::Starting, "dark again")?;
    expect(&bench.colour_at(995, 995)?, &0x000b_1220)
}

pub(crate) fn a_dark_page_after_a_dark_one_does_not_flash(bench: &mut Bench) -> Result<()> {
    let dark = "<!doctype html><title>dark</title><body style='background:#101010'>";
    let url = bench.site.page("/dark", dark);
    bench.show(url.clone())?;
    bench.screen.until((640, 360), 0x0010_1010)?;
    for _ in 0..5 {
        bench.ask_for(url.clone(), &[]);
        let while_ = Duration::from_millis(300);
        bench.screen.only((640, 360), &[0x0010_1010], while_)?;
        bench.outcome()??;
    }
    Ok(())
}

pub(crate) fn an_error_status_is_reported_and_the_last_picture_stays(
    bench: &mut Bench,
) -> Result<()> {
    let url = bench.site.page("/green", GREEN);
    bench.show(url)?;
    let broken = bench.site.answer("/broken", "503 Busy", "", "Bad gateway");
    bench.ask_for(broken.clone(), &[]);
    let failure = PageFailure::HttpStatus {
        url: broken.into(),
        status: 503,
    };
    expect(&bench.outcome()?, &Err(failure))?;
    expect(&bench.colour_at(500, 500)?, &GREEN_RGB)
}

pub(crate) fn a_page_that_wants_a_password_is_reported(bench: &mut Bench) -> Result<()> {
    let asks = "WWW-Authenticate: Basic realm=\"x\"\r\n";
    let url = bench.site.answer("/locked", "401 Who are you", asks, "");
    bench.ask_for(url, &[]);
    match bench.outcome()? {
        Err(PageFailure::HttpStatus { status: 401, .. }) => Ok(()),
        other => fail(&format!("{other:?}")),
    }
}

pub(crate) fn a_dead_server_is_reported_in_words(bench: &mut Bench) -> Result<()> {
    let green = bench.site.page("/green", GREEN);
    bench.show(green)?;
    bench.ask_for("http://127.0.0.1:2/".parse()?, &[]);
    match bench.outcome()? {
        Err(PageFailure::NotLoaded { reason, .. }) if !reason.is_empty() => {}
        other => return fail(&format!("{other:?}")),
    }
    bench.events_until_beat()?;
    expect(&bench.colour_at(500, 500)?, &GREEN_RGB)
}

pub(crate) fn a_page_may_not_lead_to_another_site(bench: &mut Bench) -> Result<()> {
    bench.site.page("/green", GREEN);
    let there = bench.site.url("localhost", "/green");
    let away = format!("Location: {there}\r\n");
    let url = bench.site.answer("/away", "302 Found", &away, "");
    bench.ask_for(url.clone(), &[]);
    match bench.outcome()? {
        Err(PageFailure::NotLoaded { reason, .. }) if reason.contains("localhost") => {}
        other => return fail(&format!("{other:?}")),
    }
    bench.ask_for(url, &["localhost"]);
    expect(&bench.outcome()?, &Ok(()))
}

pub(crate) fn a_page_cannot_leave_by_itself(bench: &mut Bench) -> Result<()> {
    bench
        .site
        .page("/red", "<title>red</title><body style='background:red'>");
    let red = bench.site.url("localhost", "/red");
    let html = format!(
        "{GREEN}<script>addEventListener('load', () => setTimeout(() => {{
            location.href = '{red}'; document.title = 'went';
        }}, 100))</script>"
    );
    let url = bench.site.page("/leaves", &html);
    bench.ask_for(url, &[]);
    bench.title_is("went")?;
    bench.events_until_beat()?;
    expect(&bench.colour_at(500, 500)?, &GREEN_RGB)
}

pub(crate) fn a_page_that_leaves_at_once_is_reported(bench: &mut Bench) -> Result<()> {
    bench.site.page("/red", "<title>red</title>");
    let red = bench.site.url("localhost", "/red");
    let html = format!("{GREEN}<script>location.href = '{red}'</script>");
    let url = bench.site.page("/leaves", &html);
    bench.ask_for(url, &[]);
    match bench.outcome()? {
        Err(PageFailure::NotLoaded { reason, .. }) if reason.contains("allow") => Ok(()),
        other => fail(&format!("{other:?}")),
    }
}

pub(crate) fn dialogs_windows_and_close_do_nothing(bench: &mut Bench) -> Result<()> {
    let html = format!(
        "{GREEN}<script>
            addEventListener('beforeunload', (event) => event.preventDefault());
            addEventListener('load', () => {{
                alert('a'); confirm('b'); prompt('c'); window.print(); window.open('/green');
                window.close();
                requestAnimationFrame(() => document.title = 'still here ' + typeof window.webkit);
            }});
        </script>"
    );
    let url = bench.site.page("/rude", &html);
    bench.ask_for(url, &[]);
    bench.title_is("still here undefined")?;
    expect(&bench.colour_at(500, 500)?, &GREEN_RGB)?;
    // The page asks to stay; nobody is there to answer.
    let url = bench.site.page("/green", GREEN);
    bench.show(url)
}

pub(crate) fn a_download_is_no_page(bench: &mut Bench) -> Result<()> {
    let kind = "Content-Type: application/x-thing\r\n";
    let url = bench.site.answer("/file", "200 OK", kind, "bytes");
    bench.ask_for(url, &[]);
    match bench.outcome()? {
        Err(PageFailure::NotLoaded { reason, .. }) if reason.contains("download") => Ok(()),
        other => fail(&format!("{other:?}")),
    }
}

pub(crate) fn a_crashed_page_is_reported_and_the_next_one_shows(bench: &mut Bench) -> Result<()> {
    let url = bench.site.page("/green", GREEN);
    bench.show(url.clone())?;
    let process = web_process().context("there is no web process")?;
    let pid = Pid::from_raw(i32::try_from(process.pid)?).context("no pid")?;
    kill_process(pid, Signal::KILL)?;
    expect(&ended(bench)?, &WebProcessEnd::Crashed)?;
    bench.show(url)?;
    expect(&bench.colour_at(500, 500)?, &GREEN_RGB)
}

pub(crate) fn ending_the_web_process_is_always_answered(bench: &mut Bench) -> Result<()> {
    let url = bench.site.page("/green", GREEN);
    bench.show(url.clone())?;
    for _ in 0..2 {
        bench.view.send(ViewOrder::EndWebProcess);
        expect(&ended(bench)?, &WebProcessEnd::Asked)?;
    }
    // Not even started yet, and ended already.
    bench.ask_for(url.clone(), &[]);
    bench.view.send(ViewOrder::EndWebProcess);
    expect(&ended(bench)?, &WebProcessEnd::Asked)?;
    bench.show_slate(SlateKind::Trouble, "after the end")?;
    bench.show(url)
}

pub(crate) fn of_orders_in_one_breath_the_last_one_always_shows(bench: &mut Bench) -> Result<()> {
    let url = bench.site.page("/green", GREEN);
    for _ in 0..50 {
        bench.view.send(ViewOrder::EndWebProcess);
        expect(&ended(bench)?, &WebProcessEnd::Asked)?;
        bench.ask_for(url.clone(), &[]);
        bench.ask_for_slate(SlateKind::Starting, "too late");
        bench.sleep(Duration::from_millis(30));
        bench.show_slate(SlateKind::Trouble, "this one")?;
    }
    Ok(())
}

pub(crate) fn a_hung_page_misses_its_beat_and_can_be_ended(bench: &mut Bench) -> Result<()> {
    show_hung(bench)?;
    bench.view.send(ViewOrder::EndWebProcess);
    let end = bench.until("the end of the web process", |event| match event {
        Event::WebProcessEnded(end) => Some(Some(*end)),
        Event::BeatAnswered(_) => Some(None),
        _ => None,
    })?;
    // What is still asked has no answer then.
    expect(&end, &Some(WebProcessEnd::Asked))?;
    let is_answer = |event: &Event| matches!(event, Event::BeatAnswered(_));
    bench.never(is_answer, Duration::from_millis(100))?;
    let url = bench.site.page("/green", GREEN);
    bench.show(url)
}

pub(crate) fn show_hung(bench: &mut Bench) -> Result<()> {
    let url = bench.site.page(
        "/hang",
        "<title>hang</title><script>addEventListener('load', () => requestAnimationFrame(
            () => requestAnimationFrame(() => setTimeout(() => { for (;;); }, 20))))</script>",
    );
    bench.show(url)?;
    let mut answered = true;
    for _ in 0..1000 {
        answered = bench.beat_is_answered_within(Duration::from_millis(500));
        if !answered {
            break;
        }
    }
    expect(&answered, &false)
}

pub(crate) fn only_the_newest_page_speaks(bench: &mut Bench) -> Result<()> {
    let url = bench.site.page("/green", GREEN);
    for _ in 0..5 {
        bench.ask_for(url.clone(), &[]);
    }
    let newest = bench.page();
    expect(&bench.outcome()?, &Ok(()))?;
    for event in bench.events_until_beat()? {
        if let Event::Page { page, .. } = event {
            expect(&page, &newest)?;
        }
    }
    Ok(())
}

pub(crate) fn a_real_touch_in_any_frame_is_noticed_and_a_forged_one_is_not(
    bench: &mut Bench,
) -> Result<()> {
    bench.site.page("/green", GREEN);
    let frame = bench.site.url("localhost", "/green");
    let url = bench.site.page(
        "/framed",
        &format!(
            "<style>iframe {{ position: fixed; inset: 0; width: 100%; height: 100%; }}</style>
            <iframe src='{frame}'></iframe>
            <script>addEventListener('load', () => {{
                document.body.dispatchEvent(new PointerEvent('pointerdown', {{ bubbles: true }}));
                document.body.dispatchEvent(new KeyboardEvent('keydown', {{ bubbles: true }}));
            }})</script>"
        ),
    );
    bench.show(url)?;
    let is_touch = |event: &Event| matches!(event, Event::ViewerInteracted);
    expect(&bench.events_until_beat()?.iter().any(is_touch), &false)?;
    let status = Command::new("xdotool")
        .args(["mousemove", "300", "300", "click", "1"])
        .status()
        .context("cannot start xdotool (package xdotool)")?;
    expect(&status.success(), &true)?;
    bench.until("the touch", |event| is_touch(event).then_some(()))
}

pub(crate) fn ended(bench: &Bench) -> Result<WebProcessEnd> {
    bench.until("the end of the web process", |event| match event {
        Event::WebProcessEnded(end) => Some(*end),
        _ => None,
    })
}
