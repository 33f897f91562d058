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
use tempfile::TempDir;

mod bench;
mod glass;
mod plate;
mod report;
mod screen;
mod site;
mod starting;
mod stories;
mod text;

type Story = fn(&mut Bench) -> Result<()>;

macro_rules! stories {
    ($($module:ident :: $name:ident),* $(,)?) => {
        [$((stringify!($name), $module::$name as Story)),*]
    };
}

const STORIES: [(&str, Story); 52] = stories![
    report::a_report_with_an_unknown_certificate_says_what_to_do,
    report::a_report_is_embedded_once,
    starting::a_report_waits_for_a_web_process_that_starts_slowly,
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
    stories::a_page_without_a_colour_of_its_own_is_white,
    stories::a_dark_page_after_a_dark_one_does_not_flash,
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
    glass::an_empty_page_is_flat_and_a_word_makes_a_picture,
    glass::a_page_is_looked_at_again_once_it_was_drawn_again,
    glass::only_the_page_of_now_is_looked_at,
    glass::the_cover_hides_the_page_until_it_is_taken_away,
    glass::the_cover_needs_no_web_process,
    glass::a_new_web_process_under_the_cover_lives_without_a_page,
    glass::a_slate_is_never_covered,
    glass::forgotten_content_leaves_no_picture,
    glass::a_touch_goes_through_the_cover_and_shows_no_cursor,
    glass::the_badge_is_on_the_page_and_on_the_cover,
    glass::the_cover_and_the_badge_fit_any_screen,
    glass::looking_again_and_again_takes_no_memory,
    plate::a_plate_lies_over_a_page_that_does_not_notice,
    plate::a_plate_needs_no_page_that_answers,
    plate::a_plate_with_another_code_shows_it_and_no_screenshot_does,
    plate::a_slate_shows_its_code_and_no_screenshot_does,
    plate::a_name_on_a_plate_is_never_read_as_markup,
    screen::the_picture_fills_a_screen_that_changes_its_size,
    screen::the_picture_comes_back_with_the_screen,
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
        scratch: env!("CARGO_TARGET_TMPDIR").into(),
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
    let folder = TempDir::new()?;
    let screen = format!("-screen 0 1280x720x24 -fbdir {}", folder.path().display());
    let status = Command::new("xvfb-run")
        .args(["-a", "-s", &screen])
        .arg(env::current_exe()?)
        .args(env::args().skip(1))
        .env(INSIDE, "1")
        .env(screen::FOLDER, folder.path())
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
