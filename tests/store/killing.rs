//! Writers that are killed with SIGKILL at any moment lose nothing and leave no heap of files.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use everlit::{
    settings::Settings,
    store::{LastGood, write_atomic},
};
use fastrand::Rng;
use tempfile::TempDir;

const KILLS: usize = 200;
const SEED: u64 = 1;

/// Set in the process that writes: its directory, and the numbers of its first versions.
const WRITER: &str = "EVERLIT_TEST_WRITER";

#[test]
fn after_200_kills_every_file_is_whole_and_the_newest() {
    if let Ok(order) = env::var(WRITER) {
        return write_without_pause(&order);
    }
    let dir = TempDir::new().unwrap();
    let mut rng = Rng::with_seed(SEED);
    let (mut settings, mut last_good) = (Version(0), Version(0));
    for kill in 0..KILLS {
        let written = write_and_kill(dir.path(), settings, last_good, &mut rng);
        settings = check(&settings_path(dir.path()), written.0, kill);
        last_good = check(&last_good_path(dir.path()), written.1, kill);
        for place in ["etc", "state"] {
            let left = left_overs(&dir.path().join(place));
            assert!(
                left <= 1,
                "kill {kill}: {left} files left behind in {place}"
            );
        }
    }
    assert!(
        settings.0 > KILLS && last_good.0 > KILLS,
        "{settings:?} {last_good:?}"
    );
    write_atomic(&settings_path(dir.path()), b"").unwrap();
    assert_eq!(left_overs(&dir.path().join("etc")), 0);
}

#[test]
fn a_file_that_somebody_still_writes_is_not_swept_away() {
    let dir = TempDir::new().unwrap();
    let writing = fs::File::create(dir.path().join(".everlit-busy")).unwrap();
    writing.lock().unwrap();
    fs::write(dir.path().join(".everlit-left"), "by a killed writer").unwrap();
    write_atomic(&dir.path().join("settings.toml"), b"").unwrap();
    assert!(dir.path().join(".everlit-busy").exists());
    assert!(!dir.path().join(".everlit-left").exists());
}

/// The number of a settings text, counted up with each write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Version(usize);

impl Version {
    fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// Texts of different length, so that no mixture of two is one of them.
    fn text(self) -> String {
        let number = self.0;
        let more = format!("# {number}\n").repeat(number % 97 * 20);
        format!("[player]\nname = \"version {number}\"\n{more}")
    }

    fn on_disk(path: &Path) -> Option<Self> {
        let text = fs::read_to_string(path).ok()?;
        let settings = Settings::parse(&text, path).unwrap();
        let version = Self(settings.name?.strip_prefix("version ")?.parse().ok()?);
        assert_eq!(text, version.text(), "a torn file");
        Some(version)
    }
}

/// Lets a process write until a random moment; answers the last versions that it wrote for sure.
fn write_and_kill(
    dir: &Path,
    settings: Version,
    last_good: Version,
    rng: &mut Rng,
) -> (Version, Version) {
    let mut writer = Writer::start(dir, settings, last_good);
    let mut acknowledged = (settings, last_good);
    // Every other one is killed while it starts or writes for the first time.
    let pause = if rng.bool() {
        writer.hear_one(&mut acknowledged);
        rng.u64(0..8_000)
    } else {
        rng.u64(0..20_000)
    };
    thread::sleep(Duration::from_micros(pause));
    writer.process.kill().unwrap();
    writer.process.wait().unwrap();
    while writer.hear_one(&mut acknowledged) {}
    acknowledged
}

/// The version that was acknowledged last, or the one after it that was under way.
fn check(path: &Path, acknowledged: Version, kill: usize) -> Version {
    let found = Version::on_disk(path).unwrap_or(Version(0));
    let expected = [acknowledged, acknowledged.next()];
    assert!(
        expected.contains(&found),
        "seed {SEED}, kill {kill}: {found:?} after {acknowledged:?}"
    );
    found
}

struct Writer {
    process: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Writer {
    fn start(dir: &Path, settings: Version, last_good: Version) -> Self {
        let name = "killing::after_200_kills_every_file_is_whole_and_the_newest";
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--exact", name])
            .env(
                WRITER,
                format!("{} {} {}", settings.0, last_good.0, dir.display()),
            )
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, output }
    }

    /// Waits for one acknowledgement; answers whether there was one.
    fn hear_one(&mut self, acknowledged: &mut (Version, Version)) -> bool {
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line).unwrap() == 0 {
                return false;
            }
            let Some((what, number)) = line.trim().split_once(" kept ") else {
                continue;
            };
            let version = Version(number.parse().unwrap());
            match what {
                "settings" => acknowledged.0 = version,
                _ => acknowledged.1 = version,
            }
            return true;
        }
    }
}

/// What the process does that will be killed.
fn write_without_pause(order: &str) {
    let mut words = order.splitn(3, ' ');
    let mut version = || Version(words.next().unwrap().parse().unwrap());
    let (settings, last_good) = (version(), version());
    let dir = PathBuf::from(words.next().unwrap());
    fs::create_dir_all(dir.join("etc")).unwrap();
    let path = settings_path(&dir);
    let kept = LastGood::new(&dir.join("state"));
    thread::scope(|scope| {
        scope.spawn(|| {
            endlessly("settings", settings, |text| {
                Settings::parse(text, &path).unwrap();
                write_atomic(&path, text.as_bytes()).unwrap();
            });
        });
        scope.spawn(|| endlessly("last good", last_good, |text| kept.save(text).unwrap()));
    });
}

fn endlessly(what: &str, mut version: Version, write: impl Fn(&str)) {
    loop {
        version = version.next();
        write(&version.text());
        // Past the test runner, which would keep it.
        let line = format!("{what} kept {}\n", version.0);
        std::io::stdout().write_all(line.as_bytes()).unwrap();
    }
}

fn settings_path(dir: &Path) -> PathBuf {
    dir.join("etc/settings.toml")
}

fn last_good_path(dir: &Path) -> PathBuf {
    dir.join("state/last-good.toml")
}

fn left_overs(directory: &Path) -> usize {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with('.'))
        .count()
}
