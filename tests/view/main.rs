//! The view edge on its own: a real WebKit view under Xvfb, one story after the other.
#![expect(
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "it is its own test runner, and stories pick the few events that they are about"
)]

use std::{
    env,
    process::{Command, ExitCode},
    sync::mpsc::{Receiver, channel},
    thread,
};

use anyhow::{Context as _, Result};
use everlit::{
    player::Event,
    settings::Network,
    webview::{ViewHandle, ViewOptions, Windowed, run},
};

use bench::Bench;

mod bench;
mod report;
mod site;
mod stories;
mod text;

type Story = fn(&mut Bench) -> Result<()>;

macro_rules! stories {
    ($($module:ident :: $name:ident),* $(,)?) => {
        [$((stringify!($name), $module::$name as Story)),*]
    };
}

const STORIES: [(&str, Story); 31] = stories![
    report::a_report_with_an_unknown_certificate_says_what_to_do,
    report::a_report_is_embedded_once,
    report::a_new_token_changes_nothing_on_the_screen,
    report::every_sign_alone_is_seen_and_healed,
    report::the_text_goes_when_the_report_is_healed,
    report::a_rejected_token_is_healed_by_embedding_again,
    report::an_unanswered_token_is_told_after_a_while,
    report::a_report_that_refuses_says_why,
    report::a_dead_report_page_is_reported,
    report::a_report_behind_a_dead_network_is_reported,
    report::harmless_things_are_no_signs,
    report::a_report_that_never_renders_is_not_rendered,
    report::a_portal_page_with_the_text_in_a_frame_is_a_sign,
    stories::every_slate_is_painted,
    stories::a_page_is_painted_and_photographed,
    stories::identify_says_the_name_and_goes_away,
    stories::an_error_status_is_reported_and_the_last_picture_stays,
    stories::a_page_that_wants_a_password_is_reported,
    stories::a_dead_server_is_reported_in_words,
    stories::a_page_may_not_lead_to_another_site,
    stories::a_page_cannot_leave_by_itself,
    stories::a_page_that_leaves_at_once_is_reported,
    stories::dialogs_windows_and_close_do_nothing,
    stories::a_download_is_no_page,
    stories::a_crashed_page_is_reported_and_the_next_one_shows,
    stories::ending_the_web_process_is_always_answered,
    stories::of_orders_in_one_breath_the_last_one_always_shows,
    stories::a_hung_page_misses_its_beat_and_can_be_ended,
    stories::only_the_newest_page_speaks,
    stories::a_real_touch_in_any_frame_is_noticed_and_a_forged_one_is_not,
    text::every_text_is_judged_as_the_table_says,
];

/// Set in the copy of this program that runs inside Xvfb.
const INSIDE: &str = "EVERLIT_TEST_INSIDE_XVFB";

fn main() -> Result<ExitCode> {
    if env::var_os(INSIDE).is_none() {
        return run_inside_xvfb();
    }
    let (events, heard) = channel();
    let options = ViewOptions {
        windowed: Windowed::Fullscreen,
        address: || "192.0.2.20".to_owned(),
        network: Network::default(),
        memory_limit_mb: 600,
    };
    run(
        options,
        |view| {
            thread::spawn(move || {
                let code = run_stories(&view, heard);
                view.exit(code);
            });
        },
        move |event| {
            let _ = events.send(event);
        },
    )?;
    Ok(ExitCode::SUCCESS)
}

fn run_inside_xvfb() -> Result<ExitCode> {
    let status = Command::new("xvfb-run")
        .args(["-a", "-s", "-screen 0 1280x720x24"])
        .arg(env::current_exe()?)
        .args(env::args().skip(1))
        .env(INSIDE, "1")
        .env_remove("WAYLAND_DISPLAY")
        .status()
        .context("cannot start xvfb-run (package xvfb)")?;
    Ok(ExitCode::from(if status.success() { 0 } else { 1 }))
}

fn run_stories(view: &ViewHandle, heard: Receiver<Event>) -> i32 {
    let filter = env::args().skip(1).find(|word| !word.starts_with('-'));
    let mut bench = match Bench::new(view.clone(), heard) {
        Ok(bench) => bench,
        Err(error) => {
            println!("no bench: {error:#}");
            return 1;
        }
    };
    let mut failed = 0;
    for (name, story) in STORIES {
        if filter.as_ref().is_some_and(|filter| !name.contains(filter)) {
            continue;
        }
        match story(&mut bench) {
            Ok(()) => println!("test {name} ... ok"),
            Err(error) => {
                println!("test {name} ... FAILED\n    {error:#}");
                failed += 1;
            }
        }
    }
    failed
}
