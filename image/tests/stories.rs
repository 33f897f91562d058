//! The stories, in the order in which a device lives through them.

use std::{process::ExitCode, sync::Arc, thread};

use anyhow::{Result, anyhow, ensure};
use everlit::clock;

use crate::{
    bench::Bench,
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
}

macro_rules! stories {
    ($($needs:ident $module:ident :: $name:ident),* $(,)?) => {
        [$(Story { name: stringify!($name), tell: $module::$name, needs: Needs::$needs }),*]
    };
}

/// Starts that are timed, and a device that is brought to a standstill: nothing else runs meanwhile.
const ALONE: [Story; 3] = stories![
    AnyMachine first_boot::provisioning_with_a_wrong_clock,
    AnyMachine picture::power_on_to_report,
    Pc memory::a_memory_eater_is_ended_and_the_picture_stays,
];

/// What the same device goes on with.
const GOING_ON: [Story; 5] = stories![
    AnyMachine picture::refreshes_leave_the_picture_alone,
    Pc picture::network_pulled_and_given_back,
    Bundles updates::a_tampered_bundle_is_refused,
    Bundles updates::update_to_a_good_bundle,
    Bundles updates::a_bad_bundle_falls_back,
];

/// What another device does beside it, since much of what the first one does is waiting.
const BESIDE: [Story; 1] = stories![Pc power_cuts::power_cuts_lose_no_push];

/// What needs a network that leads out of here.
pub(crate) fn prepare(arch: Arch, words: &[&str]) -> Result<()> {
    if need_bundles(arch, words) {
        bundles::make(arch)?;
    }
    Ok(())
}

fn need_bundles(arch: Arch, words: &[&str]) -> bool {
    picked(&GOING_ON, arch, words)
        .iter()
        .any(|story| story.needs == Needs::Bundles)
}

pub(crate) fn run(platform: Platform, words: &[&str]) -> Result<ExitCode> {
    let arch = platform.arch;
    let bundles = need_bundles(arch, words)
        .then(|| bundles::disk(arch))
        .transpose()?;
    let reference = Arc::new(Reference::read(Whose::Ours)?);
    let (first, second) = (Bench::new(arch, 0)?, Bench::new(arch, 1)?);
    let mut first = Lab::new(platform, first, &reference, bundles)?;
    let mut second = Lab::new(platform, second, &reference, None)?;
    let start = clock::now();
    let mut told = tell_all(&mut first, &picked(&ALONE, arch, words));
    let (going_on, beside) = thread::scope(|scope| {
        let beside = scope.spawn(|| tell_all(&mut second, &picked(&BESIDE, arch, words)));
        let going_on = tell_all(&mut first, &picked(&GOING_ON, arch, words));
        (going_on, beside.join())
    });
    told.extend(going_on);
    told.extend(beside.map_err(|_| anyhow!("the device beside it was given up"))?);
    ensure!(!told.is_empty(), "no story's name holds one of {words:?}");
    findings::print(&told, clock::now() - start);
    println!("\n{platform}");
    let is_good = told.iter().all(|story| story.outcome.is_ok());
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn tell_all(lab: &mut Lab, stories: &[Story]) -> Vec<Told> {
    stories.iter().map(|story| tell(lab, *story)).collect()
}

fn tell(lab: &mut Lab, story: Story) -> Told {
    let (mut findings, start) = (Findings::new(story.name), clock::now());
    findings.say("begins");
    let outcome = (story.tell)(lab, &mut findings);
    let took = clock::now() - start;
    let took_s = took.as_secs_f64();
    match &outcome {
        Ok(()) => findings.say(&format!("ok ({took_s:.0} s)")),
        Err(error) => {
            findings.say(&format!("FAILED ({took_s:.0} s): {error:#}"));
            lab.give_up(story.name);
        }
    }
    Told {
        took,
        findings,
        outcome,
    }
}

fn picked(stories: &[Story], arch: Arch, words: &[&str]) -> Vec<Story> {
    let is_possible = |story: &&Story| match (story.needs, arch) {
        (Needs::AnyMachine, Arch::Amd64 | Arch::Arm64) => true,
        (Needs::Pc | Needs::Bundles, Arch::Amd64) => true,
        (Needs::Pc | Needs::Bundles, Arch::Arm64) => false,
    };
    let is_wanted =
        |story: &&Story| words.is_empty() || words.iter().any(|word| story.name.contains(word));
    let picked = stories.iter().filter(is_possible).filter(is_wanted);
    picked.copied().collect()
}
