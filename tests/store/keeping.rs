//! Last good settings on a disk that is full, read-only or not there yet.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    pin::Pin,
    process::{Command, Output},
    time::Duration,
};

use everlit::store::{Keep, LastGood, Trouble, keeping};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::{lines::Lines, settings};

/// Longer than the first pause between tries.
const PATIENCE: Duration = Duration::from_secs(9);

/// Set where the test runs among mounts of its own.
const INSIDE: &str = "EVERLIT_TEST_OWN_MOUNTS";

#[tokio::test]
async fn a_directory_that_cannot_be_made_yet_is_waited_for() {
    let (dir, lines) = (TempDir::new().unwrap(), Lines::listen());
    let in_the_way = dir.path().join("var");
    fs::write(&in_the_way, "a file").unwrap();
    let mut device = Device::new(&in_the_way.join("everlit"));
    device.keep.keep(settings("first"));
    device.until(|_| lines.of("WARN").len() == 1).await;
    fs::remove_file(&in_the_way).unwrap();
    device.until(|device| device.kept() == "first").await;
    device.until(|_| has_recovered(&lines)).await;
    // What comes later is kept at once, and nothing more is told.
    device.keep.keep(settings("second"));
    device.until(|device| device.kept() == "second").await;
    assert_eq!((lines.of("WARN").len(), lines.of("INFO").len()), (1, 1));
}

#[tokio::test]
async fn only_the_newest_settings_are_kept_in_the_end() {
    let (dir, lines) = (TempDir::new().unwrap(), Lines::listen());
    let state = dir.path().join("state");
    fs::create_dir_all(state.join("last-good.toml")).unwrap();
    let mut device = Device::new(&state);
    device.keep.keep(settings("first"));
    device.until(|_| lines.of("WARN").len() == 1).await;
    fs::remove_dir(state.join("last-good.toml")).unwrap();
    // Newer settings do not wait for the next try.
    device.keep.keep(settings("second"));
    let soon = timeout(
        Duration::from_secs(3),
        device.until(|device| device.kept() == "second"),
    );
    soon.await.unwrap();
    device.until(|_| has_recovered(&lines)).await;
}

#[tokio::test]
async fn a_directory_that_may_not_be_written_to_is_waited_out() {
    // Root may write everywhere; a read-only mount, below, stops it too.
    if rustix::process::geteuid().is_root() {
        return;
    }
    let (dir, lines) = (TempDir::new().unwrap(), Lines::listen());
    let mode = |mode| fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).unwrap();
    mode(0o500);
    let mut device = Device::new(dir.path());
    device.keep.keep(settings("first"));
    device.until(|_| lines.of("WARN").len() == 1).await;
    mode(0o700);
    device.until(|_| has_recovered(&lines)).await;
    assert_eq!(device.kept(), "first");
}

#[test]
fn a_full_and_a_read_only_disk_are_waited_out() {
    if env::var_os(INSIDE).is_some() {
        return inside();
    }
    let probe = among_own_mounts("true", &[]).output().unwrap();
    if !probe.status.success() {
        // Some containers forbid it; there the other tests have to do.
        return;
    }
    let program = env::current_exe().unwrap();
    let name = "keeping::a_full_and_a_read_only_disk_are_waited_out";
    let output = among_own_mounts(program.to_str().unwrap(), &["--exact", name])
        .env(INSIDE, "yes")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", everything(&output));
    assert!(
        everything(&output).contains("1 passed"),
        "{}",
        everything(&output)
    );
}

#[tokio::main(flavor = "current_thread")]
async fn inside() {
    let (dir, lines) = (TempDir::new().unwrap(), Lines::listen());
    mount(
        &["-t", "tmpfs", "-o", "size=64k,mode=700", "everlit"],
        dir.path(),
    );
    let filler = dir.path().join("filler");
    assert!(
        fs::write(&filler, vec![0; 128 * 1024]).is_err(),
        "the disk is full"
    );
    let mut device = Device::new(dir.path());
    device.keep.keep(settings("first"));
    device.until(|_| lines.of("WARN").len() == 1).await;
    assert!(
        lines.of("WARN")[0].contains("make room"),
        "{:?}",
        lines.of("WARN")
    );
    fs::remove_file(&filler).unwrap();
    device.until(|_| has_recovered(&lines)).await;
    assert_eq!(device.kept(), "first");
    drop(lines);

    let lines = Lines::listen();
    mount(&["-o", "remount,bind,ro"], dir.path());
    device.keep.keep(settings("second"));
    device.until(|_| lines.of("WARN").len() == 1).await;
    assert!(
        lines.of("WARN")[0].contains("writable"),
        "{:?}",
        lines.of("WARN")
    );
    assert_eq!(device.kept(), "first");
    mount(&["-o", "remount,bind,rw"], dir.path());
    device.until(|_| has_recovered(&lines)).await;
    assert_eq!(device.kept(), "second");
    let left = fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(left, 1, "only last-good.toml");
}

/// A state directory and the task that writes into it.
struct Device {
    keep: Keep,
    last_good: LastGood,
    keeping: Pin<Box<dyn Future<Output = anyhow::Result<()>>>>,
}

impl Device {
    fn new(state: &Path) -> Self {
        let last_good = LastGood::new(state);
        let (keep, keeping) = keeping(last_good.clone(), Trouble::none());
        let keeping = Box::pin(keeping.run());
        Self {
            keep,
            last_good,
            keeping,
        }
    }

    /// The name in the settings that are kept.
    fn kept(&self) -> String {
        let kept = self.last_good.load().ok().flatten();
        kept.and_then(|kept| kept.settings.name.clone())
            .unwrap_or_default()
    }

    /// Lets the task work until all is as wanted.
    async fn until(&mut self, wanted: impl Fn(&Self) -> bool) {
        let start = everlit::clock::now();
        while !wanted(self) {
            assert!(everlit::clock::now() < start + PATIENCE, "waited in vain");
            tokio::select! {
                () = sleep(Duration::from_millis(20)) => {}
                ended = &mut self.keeping => panic!("{ended:?}"),
            }
        }
    }
}

fn has_recovered(lines: &Lines) -> bool {
    assert_eq!(lines.of("WARN").len(), 1, "{:?}", lines.of("WARN"));
    assert_eq!(lines.of("ERROR"), Vec::<String>::new());
    let told = lines.of("INFO");
    told.len() == 1 && told[0].contains("recovered") && told[0].contains("took_s=")
}

/// A command that sees its own mounts only, and may make some.
fn among_own_mounts(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.args(["--mount", program]).args(arguments);
    command
}

fn mount(options: &[&str], at: &Path) {
    let output = Command::new("mount")
        .args(options)
        .arg(at)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", everything(&output));
}

fn everything(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}
