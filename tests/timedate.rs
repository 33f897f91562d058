//! Judging the wall clock, with a bus and a time service of our own.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use everlit::{
    clock,
    player::ClockState,
    timedate::{Judgement, Timedate, built},
};
use gio::{
    DBusCallFlags, DBusConnection, DBusConnectionFlags, DBusNodeInfo,
    glib::{MainContext, MainLoop, ToVariant},
};
use jiff::{Timestamp, ToSpan};
use tempfile::TempDir;
use tokio::{sync::watch, time::timeout};

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_clock_is_plausible_from_the_build_on_and_for_thirty_years() {
    use ClockState::{Implausible, Plausible};
    let built: Timestamp = "2026-05-01T12:00:00Z".parse().unwrap();
    let cases = [
        ("1970-01-01T00:00:10Z", Implausible),
        ("2026-05-01T11:59:59Z", Implausible),
        ("2026-05-01T12:00:00Z", Plausible),
        ("2040-01-01T00:00:00Z", Plausible),
        ("2056-04-01T00:00:00Z", Plausible),
        ("2057-01-01T00:00:00Z", Implausible),
        ("2106-02-07T06:28:15Z", Implausible),
    ];
    for (wall, state) in cases {
        let wall: Timestamp = wall.parse().unwrap();
        assert_eq!(Judgement::new(wall, built, false).state, state, "{wall}");
        // What a time server set is right, also on a device with an odd build.
        assert_eq!(Judgement::new(wall, built, true).state, Plausible, "{wall}");
    }
    let end_of_time = Judgement::new(Timestamp::MAX, Timestamp::MAX, false);
    assert_eq!(end_of_time.state, Plausible);
}

#[test]
fn this_program_was_built_in_the_past_and_not_long_ago() {
    let wall = clock::wall();
    assert!(
        built() <= wall && built() > wall - (20 * 365 * 24).hours(),
        "{}",
        built()
    );
    assert_eq!(
        Judgement::new(wall, built(), false).state,
        ClockState::Plausible
    );
}

#[tokio::test]
async fn timedated_says_whether_the_clock_is_synchronized() {
    let (dir, bus) = (TempDir::new().unwrap(), Bus::start());
    let time = Timedated::start(&bus, true);
    let timedate = Timedate::on_bus(&bus.address, timesyncd_marker(&dir));
    assert!(timedate.is_synchronized().await);
    time.set(false);
    assert!(!timedate.is_synchronized().await);
}

#[tokio::test]
async fn where_timesyncd_runs_its_marker_counts_and_timedated_is_not_asked() {
    let (dir, bus) = (TempDir::new().unwrap(), Bus::start());
    let time = Timedated::start(&bus, true);
    let marker = timesyncd_marker(&dir);
    fs::create_dir(marker.parent().unwrap()).unwrap();
    let timedate = Timedate::on_bus(&bus.address, marker.clone());
    // It would say the opposite each time.
    assert!(!timedate.is_synchronized().await);
    time.set(false);
    fs::write(marker, "").unwrap();
    assert!(timedate.is_synchronized().await);
}

#[tokio::test]
async fn without_a_time_service_or_a_bus_nothing_is_synchronized() {
    let (dir, bus) = (TempDir::new().unwrap(), Bus::start());
    let nobody = format!("unix:path={}", dir.path().join("no-bus").display());
    for address in [bus.address.as_str(), nobody.as_str()] {
        let timedate = Timedate::on_bus(address, timesyncd_marker(&dir));
        assert!(!timedate.is_synchronized().await, "{address}");
    }
}

#[tokio::test]
async fn a_bus_that_hangs_holds_nobody_up_for_long() {
    let dir = TempDir::new().unwrap();
    let socket = dir.path().join("bus");
    // It takes the connection and never says a word.
    let _silent = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let timedate = Timedate::on_bus(
        &format!("unix:path={}", socket.display()),
        timesyncd_marker(&dir),
    );
    let start = clock::now();
    assert!(!timedate.is_synchronized().await);
    let took = clock::now() - start;
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[tokio::test]
async fn what_timedated_says_corrects_the_first_judgement() {
    let (dir, bus) = (TempDir::new().unwrap(), Bus::start());
    let _time = Timedated::start(&bus, true);
    let timedate = Timedate::on_bus(&bus.address, timesyncd_marker(&dir));
    let first = timedate.first_judgement();
    assert!(!first.synchronized, "nobody was asked yet");
    let (judgements, mut judged) = watch::channel(first);
    let seen = async {
        judged.changed().await.unwrap();
        *judged.borrow()
    };
    let judgement = tokio::select! {
        seen = timeout(PATIENCE, seen) => seen.unwrap(),
        ended = timedate.follow(judgements) => panic!("{ended:?}"),
    };
    assert!(judgement.synchronized && judgement.state == ClockState::Plausible);
}

/// Where timesyncd would leave its marker; it does not run.
fn timesyncd_marker(dir: &TempDir) -> PathBuf {
    dir.path().join("timesync/synchronized")
}

/// A message bus of our own; ends with this value.
struct Bus {
    daemon: Child,
    address: String,
    _dir: TempDir,
}

impl Bus {
    fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let settings = dir.path().join("bus.conf");
        fs::write(&settings, bus_settings(dir.path())).unwrap();
        let mut daemon = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", settings.display()))
            .args(["--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon, which `make deps` installs");
        let mut address = String::new();
        let output = daemon.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut address).unwrap();
        Self {
            daemon,
            address: address.trim().to_owned(),
            _dir: dir,
        }
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.daemon.kill().unwrap();
        self.daemon.wait().unwrap();
    }
}

fn bus_settings(dir: &Path) -> String {
    format!(
        r#"<busconfig><listen>unix:dir={}</listen><auth>EXTERNAL</auth><policy context="default">
        <allow send_destination="*"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"#,
        dir.display()
    )
}

/// Plays `org.freedesktop.timedate1`; its thread ends with the process.
struct Timedated {
    synchronized: Arc<AtomicBool>,
}

impl Timedated {
    fn start(bus: &Bus, synchronized: bool) -> Self {
        let synchronized = Arc::new(AtomicBool::new(synchronized));
        let (address, answer) = (bus.address.clone(), synchronized.clone());
        let (ready, started) = mpsc::channel();
        thread::spawn(move || {
            let context = MainContext::new();
            let serve = context.with_thread_default(|| {
                let _connection = offer(&address, answer);
                ready.send(()).unwrap();
                MainLoop::new(Some(&context), false).run();
            });
            serve.unwrap();
        });
        started.recv_timeout(PATIENCE).unwrap();
        Self { synchronized }
    }

    fn set(&self, synchronized: bool) {
        self.synchronized.store(synchronized, Ordering::SeqCst);
    }
}

fn offer(address: &str, answer: Arc<AtomicBool>) -> DBusConnection {
    let flags =
        DBusConnectionFlags::AUTHENTICATION_CLIENT | DBusConnectionFlags::MESSAGE_BUS_CONNECTION;
    let connection =
        DBusConnection::for_address_sync(address, flags, None, gio::Cancellable::NONE).unwrap();
    let node = DBusNodeInfo::for_xml(
        r#"<node><interface name="org.freedesktop.timedate1">
        <property name="NTPSynchronized" type="b" access="read"/></interface></node>"#,
    )
    .unwrap();
    let interface = node.lookup_interface("org.freedesktop.timedate1").unwrap();
    connection
        .register_object(
            "/org/freedesktop/timedate1",
            &interface,
            |_, _, _, _, _, _, _| {},
            move |_, _, _, _, _| answer.load(Ordering::SeqCst).to_variant(),
            |_, _, _, _, _, _| false,
        )
        .unwrap();
    connection
        .call_sync(
            Some("org.freedesktop.DBus"),
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
            "RequestName",
            Some(&("org.freedesktop.timedate1", 0_u32).to_variant()),
            None,
            DBusCallFlags::NONE,
            -1,
            gio::Cancellable::NONE,
        )
        .unwrap();
    connection
}
