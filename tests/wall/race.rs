//! Saves over the network race other writers of the settings file, and no text is lost.

use std::{
    fs::{self, File},
    io::Write as _,
    path::PathBuf,
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use everlit::{
    player::Phase,
    portal::access::Scope,
    store::{Version, revision},
};
use fastrand::Rng;
use reqwest::{
    Method,
    header::{CONTENT_TYPE, ETAG, IF_MATCH},
};
use tokio::{
    runtime::Builder,
    time::{self, timeout},
};

use crate::{
    alone, program,
    rig::{PATIENCE, Wall},
    visitor::Visitor,
};

const ROUNDS: u32 = 42;
const SEED: u64 = 1;

/// How somebody else writes the file.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// As editors and Ansible do.
    Rename,
    /// As `cp` does.
    InPlace,
    /// As `scp` does over a slow line: the file is empty, and then half there, for a while.
    Slowly,
}

const WAYS: [Way; 3] = [Way::Rename, Way::InPlace, Way::Slowly];

#[test]
fn of_a_save_and_another_writer_neither_text_is_lost() -> Result<()> {
    let _alone = alone();
    let mut wall = Wall::new(program())?;
    let token = wall.token(Scope::Configure)?;
    wall.write_text(&settings("start", 0))?;
    wall.start()?;
    wall.until_phase(Phase::Unconfigured)?;
    let visitor = Visitor::of(&wall, Some(&token))?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (mut rng, mut saved, mut overtaken) = (Rng::with_seed(SEED), 0, 0);
    for (round, way) in (0..ROUNDS).zip(WAYS.into_iter().cycle()) {
        let (ours, theirs) = (settings("ours", round), settings("theirs", round));
        let race = Race {
            wall: &wall,
            visitor: &visitor,
            way,
            // The others do not say which text they replace.
            is_careful: round % 2 == 0,
            ours: &ours,
            theirs: &theirs,
        };
        let both = race.run(&mut rng);
        let is_saved = runtime.block_on(async { timeout(PATIENCE, both).await? })?;
        *(if is_saved { &mut saved } else { &mut overtaken }) += 1;

        let known = |text: &str| runtime.block_on(is_known(&wall, &visitor, text));
        let place = format!("seed {SEED}, round {round}, {way:?}, saved: {is_saved}");
        ensure!(known(&theirs)?, "{place}: the writer's text is lost");
        ensure!(
            !is_saved || known(&ours)?,
            "{place}: the saved text is lost"
        );
        let winner = fs::read_to_string(&wall.settings)?;
        ensure!([&ours, &theirs].contains(&&winner), "{place}: {winner}");
        ensure!(is_saved || winner == theirs, "{place}: nobody wrote this");
    }
    println!("{ROUNDS} races: {saved} saved, {overtaken} told that somebody was faster");
    ensure!(saved >= 5 && overtaken >= 5, "no race at all");

    let last = fs::read_to_string(&wall.settings)?;
    wall.until_status("the settings of the last round", |status| {
        status.settings.revision.as_deref() == Some(&revision(&last))
    })?;
    Ok(())
}

struct Race<'r> {
    wall: &'r Wall,
    visitor: &'r Visitor,
    way: Way,
    is_careful: bool,
    ours: &'r str,
    theirs: &'r str,
}

impl Race<'_> {
    /// Answers whether the save was taken.
    async fn run(&self, rng: &mut Rng) -> Result<bool> {
        let present = self.visitor.request(Method::GET, "api/v1/settings").send();
        let present = present.await?.error_for_status()?;
        let revision = present.headers().get(ETAG).context("no revision")?.clone();
        let mut within = |micros| Duration::from_micros(rng.u64(0..micros));
        let (path, text) = (self.wall.settings.clone(), self.theirs.to_owned());
        let other = write_soon(path, self.way, text, within(50_000));
        time::sleep(within(20_000)).await;
        let mut save = self
            .visitor
            .request(Method::PUT, "api/v1/settings")
            .header(CONTENT_TYPE, "application/toml")
            .body(self.ours.to_owned());
        if self.is_careful {
            save = save.header(IF_MATCH, revision);
        }
        let answer = save.send().await?;
        other.join().ok().context("a panic")??;
        match answer.status().as_u16() {
            204 => Ok(true),
            412 => Ok(false),
            _ => bail!("{}: {}", answer.status(), answer.text().await?),
        }
    }
}

/// Whether the text is in the file or in the history.
async fn is_known(wall: &Wall, visitor: &Visitor, text: &str) -> Result<bool> {
    if fs::read_to_string(&wall.settings)? == text {
        return Ok(true);
    }
    let get = |place: String| async move {
        let answer = visitor.request(Method::GET, &place).send().await?;
        anyhow::Ok(answer.error_for_status()?.text().await?)
    };
    let versions = get("api/v1/settings/versions".to_owned()).await?;
    let versions: Vec<Version> = serde_json::from_str(&versions)?;
    for version in versions {
        if version.revision == revision(text) {
            let kept = get(format!("api/v1/settings/versions/{}/text", version.id)).await?;
            return Ok(kept == text);
        }
    }
    Ok(false)
}

fn write_soon(path: PathBuf, way: Way, text: String, pause: Duration) -> JoinHandle<Result<()>> {
    thread::spawn(move || {
        thread::sleep(pause);
        match way {
            Way::Rename => {
                let fresh = path.with_extension("theirs");
                fs::write(&fresh, text)?;
                fs::rename(fresh, path)?;
            }
            Way::InPlace => fs::write(path, text)?,
            Way::Slowly => {
                let mut file = File::create(path)?;
                let (first, second) = text.split_at(text.len() / 2);
                for half in [first, second] {
                    thread::sleep(Duration::from_millis(15));
                    file.write_all(half.as_bytes())?;
                }
            }
        }
        Ok(())
    })
}

/// Settings that show nothing; also half of them are good ones.
fn settings(whose: &str, round: u32) -> String {
    let more = format!("# {round}\n").repeat(200);
    format!("[player]\nname = \"{whose} {round}\"\n{more}[display]\nzoom = 1.5\n")
}
