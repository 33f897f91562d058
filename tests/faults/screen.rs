//! An X server whose picture is looked at twenty times a second.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use everlit::clock;
use tempfile::TempDir;

use crate::{
    process::Display,
    seen::{Seen, View},
};

const LOOK_EVERY: Duration = Duration::from_millis(50);
const COLUMNS: u32 = 48;
const ROWS: u32 = 27;
const BYTES_PER_PIXEL: u32 = 4;

pub(crate) const FULL: (u32, u32) = (1920, 1080);
pub(crate) const SMALL: (u32, u32) = (1280, 720);
/// A mode line of the small size.
const SMALL_MODE: &str = "small 74.48 1280 1336 1472 1664 720 721 724 746";

/// The watch on the screen; the server itself belongs to the wall.
pub(crate) struct Screen {
    dir: TempDir,
    shape: Arc<Shape>,
    looks: Receiver<(Instant, Seen)>,
}

/// What the watching thread has to know.
struct Shape {
    width: AtomicU32,
    height: AtomicU32,
    is_there: AtomicBool,
    is_watched: AtomicBool,
}

impl Screen {
    pub(crate) fn open() -> Result<(Self, Display)> {
        let dir = TempDir::new()?;
        let display = server(dir.path(), None)?;
        let shape = Arc::new(Shape {
            width: AtomicU32::new(FULL.0),
            height: AtomicU32::new(FULL.1),
            is_there: AtomicBool::new(true),
            is_watched: AtomicBool::new(true),
        });
        let (sender, looks) = channel();
        let (file, watched) = (dir.path().join("Xvfb_screen0"), Arc::clone(&shape));
        thread::Builder::new()
            .name("screen".to_owned())
            .spawn(move || watch(&file, &watched, &sender))?;
        Ok((Self { dir, shape, looks }, display))
    }

    /// What was seen since `start`; earlier looks are dropped.
    pub(crate) fn view_since(&self, start: Instant) -> View {
        let mut view = View::default();
        let mut last = start;
        for (at, seen) in self.looks.try_iter().filter(|(at, _)| *at > start) {
            view.add(seen, at - last);
            last = at;
        }
        view
    }

    /// What is seen now.
    pub(crate) fn look(&self) -> Seen {
        look(&self.dir.path().join("Xvfb_screen0"), &self.shape)
    }

    /// Ends the server as a crash would.
    pub(crate) fn crash(&self, display: &mut Display) -> Result<()> {
        self.shape.is_there.store(false, Ordering::Relaxed);
        display.server.kill()?;
        display.server.wait()?;
        Ok(())
    }

    /// Starts another server under the same name.
    pub(crate) fn start_again(&self, display: &mut Display) -> Result<()> {
        let name = display.name.clone();
        *display = server(self.dir.path(), Some(&name))?;
        self.resized(FULL);
        Ok(())
    }

    /// Gives the output another size.
    pub(crate) fn set_mode(&self, display: &Display, size: (u32, u32)) -> Result<()> {
        let name = if size == FULL { "1920x1080" } else { "small" };
        if size != FULL {
            let mut line = vec!["--newmode"];
            line.extend(SMALL_MODE.split(' '));
            // Both fail when an earlier run made the mode; then it is there.
            let _ = xrandr(display, &line);
            let _ = xrandr(display, &["--addmode", "screen", "small"]);
        }
        xrandr(display, &["--output", "screen", "--mode", name])?;
        self.resized(size);
        Ok(())
    }

    pub(crate) fn unplug(&self, display: &Display) -> Result<()> {
        let size = format!("{}x{}", FULL.0, FULL.1);
        xrandr(display, &["--fb", &size, "--output", "screen", "--off"])?;
        self.shape.is_there.store(false, Ordering::Relaxed);
        Ok(())
    }

    fn resized(&self, (width, height): (u32, u32)) {
        self.shape.width.store(width, Ordering::Relaxed);
        self.shape.height.store(height, Ordering::Relaxed);
        self.shape.is_there.store(true, Ordering::Relaxed);
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.shape.is_watched.store(false, Ordering::Relaxed);
    }
}

/// With the frame buffer in a file. It must not begin anew when its last client goes.
fn server(dir: &Path, name: Option<&str>) -> Result<Display> {
    let dir = dir.display().to_string();
    let mut arguments = vec!["-noreset", "-fbdir", &dir];
    arguments.extend(name);
    Display::with(&arguments)
}

fn xrandr(display: &Display, arguments: &[&str]) -> Result<()> {
    let output = Command::new("xrandr")
        .args(arguments)
        .env("DISPLAY", &display.name)
        .output()
        .context("cannot start xrandr; `make deps` installs it")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "xrandr {arguments:?}: {said}");
    Ok(())
}

fn watch(file: &Path, shape: &Shape, looks: &Sender<(Instant, Seen)>) {
    while shape.is_watched.load(Ordering::Relaxed) {
        if looks.send((clock::now(), look(file, shape))).is_err() {
            return;
        }
        thread::sleep(LOOK_EVERY);
    }
}

fn look(file: &Path, shape: &Shape) -> Seen {
    if !shape.is_there.load(Ordering::Relaxed) {
        return Seen::Nothing;
    }
    let size = (
        shape.width.load(Ordering::Relaxed),
        shape.height.load(Ordering::Relaxed),
    );
    grid(file, size).map_or(Seen::Nothing, |points| Seen::on(&points))
}

/// Colours of evenly spread points. The file is in the xwd format, whose header is big-endian.
fn grid(file: &Path, (width, height): (u32, u32)) -> io::Result<Vec<u32>> {
    let file = File::open(file)?;
    let mut header = [0; 100];
    file.read_exact_at(&mut header, 0)?;
    let field = |index: usize| {
        let bytes = header.get(index * 4..index * 4 + 4).unwrap_or_default();
        bytes
            .iter()
            .fold(0_u64, |all, byte| (all << 8) | u64::from(*byte))
    };
    let (header_size, stride, colours) = (field(0), field(12), field(19));
    let pixels = header_size + colours * 12;
    let mut points = Vec::new();
    let mut line = vec![0; (width * BYTES_PER_PIXEL) as usize];
    for row in 0..ROWS {
        let y = (2 * row + 1) * height / (2 * ROWS);
        file.read_exact_at(&mut line, pixels + u64::from(y) * stride)?;
        points.extend((0..COLUMNS).map(|column| {
            let x = ((2 * column + 1) * width / (2 * COLUMNS) * BYTES_PER_PIXEL) as usize;
            let pixel = line.get(x..x + 3).unwrap_or_default();
            pixel
                .iter()
                .rev()
                .fold(0, |all, byte| (all << 8) | u32::from(*byte))
        }));
    }
    Ok(points)
}
