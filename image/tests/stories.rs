//! The stories, in the order in which a device lives through them.

use std::process::ExitCode;

use anyhow::{Result, ensure};
use everlit::clock;

use crate::{
    bundles,
    findings::{self, Findings, Told},
    first_boot,
    lab::Lab,
    memory, picture,
    platform::{Arch, Platform},
    power_cuts,
    screen::{Reference, Whose},
    updates,
};

type Tell = fn(&mut Lab, &mut Findings) -> Result<()>;

#[derive(Clone, Copy)]
struct Story {
    name: &'static str,
    tell: Tell,
    needs: Needs,
}

/// What a story cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    AnyMachine,
    /// A processor that is fast enough here, and a boot loader.
    Pc,
    Bundles,
    /// Any machine. On a PC a longer story tells it, too, so it is told alone only if it is asked for.
    Alone,
    /// A PC, and somebody who asks for it, for the same reason.
    PcAlone,
}

macro_rules! stories {
    ($($needs:ident $module:ident :: $name:ident),* $(,)?) => {
        [$(Story { name: stringify!($name), tell: $module::$name, needs: Needs::$needs }),*]
    };
}

const STORIES: [Story; 9] = stories![
    AnyMachine first_boot::provisioning_with_a_wrong_clock,
    Alone picture::refreshes_leave_the_picture_alone,
    Bundles updates::tampered_bundles_are_refused_without_a_network,
    PcAlone picture::network_pulled_and_given_back,
    Pc memory::a_memory_eater_is_ended_and_the_picture_stays,
    Alone picture::power_on_to_report,
    Pc power_cuts::power_cuts_lose_no_push,
    Bundles updates::update_to_a_good_bundle,
    Bundles updates::a_bad_bundle_falls_back,
];

/// What needs a network that leads out of here.
pub(crate) fn prepare(arch: Arch, words: &[&str]) -> Result<()> {
    if need_bundles(arch, words) {
        bundles::make(arch)?;
    }
    Ok(())
}

fn need_bundles(arch: Arch, words: &[&str]) -> bool {
    picked(arch, words).any(|story| story.needs == Needs::Bundles)
}

pub(crate) fn run(platform: Platform, words: &[&str]) -> Result<ExitCode> {
    let picked: Vec<Story> = picked(platform.arch, words).collect();
    ensure!(!picked.is_empty(), "no story's name holds one of {words:?}");
    let bundles = need_bundles(platform.arch, words)
        .then(|| bundles::disk(platform.arch))
        .transpose()?;
    let mut lab = Lab::new(platform, Reference::read(Whose::Ours)?, bundles)?;
    let mut told = Vec::new();
    for story in picked {
        told.push(tell(&mut lab, story));
    }
    findings::print(&told);
    println!("\n{platform}");
    let is_good = told.iter().all(|story| story.outcome.is_ok());
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn tell(lab: &mut Lab, story: Story) -> Told {
    println!("{}", story.name.replace('_', " "));
    let (mut findings, start) = (Findings::default(), clock::now());
    let outcome = (story.tell)(lab, &mut findings);
    let took = clock::now() - start;
    match &outcome {
        Ok(()) => println!("    ok ({:.0} s)", took.as_secs_f64()),
        Err(error) => {
            println!("    FAILED ({:.0} s): {error:#}", took.as_secs_f64());
            lab.give_up(story.name);
        }
    }
    Told {
        name: story.name,
        took,
        findings,
        outcome,
    }
}

fn picked(arch: Arch, words: &[&str]) -> impl Iterator<Item = Story> {
    let is_possible = move |story: &Story| match (story.needs, arch) {
        (Needs::AnyMachine, Arch::Amd64 | Arch::Arm64) => true,
        (Needs::Pc | Needs::Bundles, Arch::Amd64) => true,
        (Needs::Pc | Needs::PcAlone | Needs::Bundles, Arch::Arm64) => false,
        (Needs::Alone | Needs::PcAlone, Arch::Amd64) => !words.is_empty(),
        (Needs::Alone, Arch::Arm64) => true,
    };
    let is_wanted =
        |story: &Story| words.is_empty() || words.iter().any(|word| story.name.contains(word));
    STORIES.into_iter().filter(is_possible).filter(is_wanted)
}
