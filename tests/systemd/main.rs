//! The units under a real systemd: a small Debian boots in a container and shows the stand-in's
//! report on a screen that nobody sees.
//!
//! All stories share one boot. Each begins with a wall in order, so any of them can be run alone:
//! a word on the command line picks those whose name holds it.
#![expect(
    clippy::print_stdout,
    reason = "it is its own test runner, and measurements are printed"
)]

use std::process::ExitCode;

use anyhow::Result;
use everlit::clock;

mod credentials;
mod desktop;
mod doors;
mod failing;
mod healing;
mod installing;
mod machine;
mod packages;
mod root;
mod sandbox;
mod slots;
mod starting;
mod wall;

use wall::Wall;

type Story = fn(&Wall) -> Result<()>;

macro_rules! stories {
    ($($module:ident :: $name:ident),* $(,)?) => {
        [$((stringify!($name), $module::$name as Story)),*]
    };
}

/// The last one ends the machine.
const STORIES: [(&str, Story); 24] = stories![
    starting::the_units_are_well_formed_and_well_locked,
    starting::a_start_ends_with_the_report_on_the_screen,
    starting::what_has_no_graphics_processor_loads_no_drivers_for_one,
    starting::one_network_process_is_enough,
    starting::settings_are_applied_when_saved_and_by_reload,
    starting::a_stop_is_quick_and_in_order,
    starting::limits_are_shares_of_the_machine_and_the_last_rung_is_a_reboot,
    healing::a_killed_daemon_is_back_on_the_screen_within_seconds,
    healing::a_killed_compositor_takes_the_daemon_along_and_both_come_back,
    healing::a_daemon_that_stands_still_is_ended_by_the_watchdog_and_comes_back,
    healing::a_display_that_is_dark_for_a_while_costs_no_restart,
    credentials::a_secret_comes_encrypted_or_plain_and_a_missing_one_says_what_to_do,
    sandbox::even_root_could_do_no_harm_in_the_unit,
    sandbox::what_the_daemon_needs_is_there,
    doors::a_program_on_the_device_reaches_the_portal_and_the_log_from_before_the_start,
    doors::settings_that_are_pushed_keep_the_files_group,
    desktop::with_the_example_the_daemon_uses_a_desktops_display,
    slots::a_system_is_on_trial_only_if_the_boot_loader_says_so,
    packages::an_upgrade_keeps_the_settings_and_shows_the_report_again,
    packages::an_upgrade_leaves_a_daemon_alone_that_was_switched_off,
    packages::removing_keeps_what_is_the_operators_and_purging_leaves_no_secret_of_ours,
    packages::a_desktops_screen_is_not_taken_by_an_installation,
    failing::what_is_missing_is_named_with_its_remedy,
    failing::a_daemon_that_cannot_start_reboots_the_machine_in_the_end,
];

fn main() -> Result<ExitCode> {
    let filter = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let is_picked = |name: &str| filter.as_ref().is_none_or(|word| name.contains(word));
    // The word may be meant for another of Cargo's test programs.
    if !STORIES.iter().any(|(name, _)| is_picked(name)) {
        return Ok(ExitCode::SUCCESS);
    }
    let wall = Wall::new()?;
    let mut code = ExitCode::SUCCESS;
    for (name, story) in STORIES.iter().filter(|(name, _)| is_picked(name)) {
        let start = clock::now();
        let outcome = wall.fresh().and_then(|()| story(&wall));
        let took = (clock::now() - start).as_secs_f64();
        match outcome {
            Ok(()) => println!("test {name} ... ok ({took:.1} s)"),
            Err(error) => {
                println!("test {name} ... FAILED ({took:.1} s)\n    {error:#}");
                println!("{}", wall.journal().unwrap_or_default());
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}
