//! The X screen itself: the pixels in Xvfb's frame buffer, whatever the view says about them.

use std::{
    env,
    fs::File,
    os::unix::fs::FileExt as _,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use crate::bench::Bench;

/// Set to the folder into which Xvfb puts its frame buffer.
pub(crate) const FOLDER: &str = "EVERLIT_TEST_FRAME_BUFFER";
const NAME: &str = "Xvfb_screen0";

/// Far beyond anything a healthy view needs.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longer than a picture takes to be painted.
const MOMENT: Duration = Duration::from_millis(150);

/// Words of an XWD file's head, all of them big endian.
const HEAD_SIZE: usize = 0;
const BYTES_PER_LINE: usize = 12;
const COLOURS: usize = 19;
const BYTES_PER_COLOUR: usize = 12;
const BYTES_PER_PIXEL: usize = 4;

/// Across and down, in pixels.
pub(crate) type Point = (usize, usize);

/// A frame buffer that changes while it is looked at, as the screen does.
pub(crate) struct Screen {
    file: File,
    start: usize,
    bytes_per_line: usize,
}

impl Screen {
    pub(crate) fn open() -> Result<Self> {
        let small: Vec<_> = SMALL_MODE.split(' ').collect();
        xrandr(&[&["--newmode", "small"], small.as_slice()].concat())?;
        xrandr(&["--addmode", "screen", "small"])?;
        let folder = env::var_os(FOLDER).context("there is no folder with a frame buffer")?;
        let file = File::open(PathBuf::from(folder).join(NAME))?;
        let mut head = [0; 100];
        file.read_exact_at(&mut head, 0)?;
        let word = |index: usize| -> Result<usize> {
            let bytes: [u8; 4] = head[index * 4..index * 4 + 4].try_into()?;
            Ok(usize::try_from(u32::from_be_bytes(bytes))?)
        };
        Ok(Self {
            file,
            start: word(HEAD_SIZE)? + word(COLOURS)? * BYTES_PER_COLOUR,
            bytes_per_line: word(BYTES_PER_LINE)?,
        })
    }

    /// Colour of one pixel, as `0xRRGGBB`.
    pub(crate) fn colour_at(&self, (x, y): Point) -> Result<u32> {
        let mut pixel = [0; BYTES_PER_PIXEL];
        let at = self.start + y * self.bytes_per_line + x * BYTES_PER_PIXEL;
        self.file.read_exact_at(&mut pixel, u64::try_from(at)?)?;
        Ok(u32::from_le_bytes(pixel) & 0x00ff_ffff)
    }

    /// All pixels of the screen of 1280 × 720.
    pub(crate) fn frame(&self) -> Result<Vec<u8>> {
        let mut frame = vec![0; LARGE.1 * self.bytes_per_line];
        self.file
            .read_exact_at(&mut frame, u64::try_from(self.start)?)?;
        Ok(frame)
    }

    /// Waits until the whole screen is as wanted, and stays so for a moment.
    pub(crate) fn until_frame(
        &self,
        what: &str,
        wanted: impl Fn(&[u8]) -> bool,
    ) -> Result<Vec<u8>> {
        let start = now();
        loop {
            let found = self.frame()?;
            std::thread::sleep(MOMENT);
            if wanted(&found) && self.frame()? == found {
                return Ok(found);
            }
            ensure!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        }
    }

    /// Gives the screen another mode, as another television does.
    pub(crate) fn turn(&self, mode: &str) -> Result<()> {
        xrandr(&["--output", "screen", "--mode", mode])
    }

    /// Waits until a pixel has this colour, and says how long that took.
    pub(crate) fn until(&self, at: Point, colour: u32) -> Result<Duration> {
        let start = now();
        loop {
            let found = self.colour_at(at)?;
            if found == colour {
                return Ok(start.elapsed());
            }
            let is_late = start.elapsed() > PATIENCE;
            ensure!(
                !is_late,
                "{at:?} on the screen is {found:06x} and not {colour:06x}"
            );
            std::thread::yield_now();
        }
    }

    /// Makes sure that a pixel has none but these colours for a while.
    pub(crate) fn only(&self, at: Point, colours: &[u32], while_: Duration) -> Result<()> {
        let start = now();
        while start.elapsed() < while_ {
            let found = self.colour_at(at)?;
            ensure!(
                colours.contains(&found),
                "{at:?} on the screen was {found:06x}"
            );
        }
        Ok(())
    }
}

/// A page with another colour along each of its edges.
const EDGES: &str = "<!doctype html><title>edges</title><style>
    body { margin: 0; height: 100vh; box-sizing: border-box; background: #fff;
        border: 20px solid; border-color: #f00 #0f0 #00f #000; }</style><body>";
const LEFT_RGB: u32 = 0x0000_0000;
const RIGHT_RGB: u32 = 0x0000_ff00;
const BOTTOM_RGB: u32 = 0x0000_00ff;

pub(crate) const LARGE: Point = (1280, 720);
const SMALL_MODE: &str = "33.75 864 900 950 1000 480 490 495 500";
pub(crate) const SMALL: Point = (864, 480);

pub(crate) fn the_picture_fills_a_screen_that_changes_its_size(bench: &mut Bench) -> Result<()> {
    show_edges(bench)?;
    for _ in 0..2 {
        bench.screen.turn("small")?;
        is_filled(bench, SMALL)?;
        bench.screen.turn("1280x720")?;
        is_filled(bench, LARGE)?;
    }
    Ok(())
}

/// A television that is switched off may take its output away, and another one come back.
pub(crate) fn the_picture_comes_back_with_the_screen(bench: &mut Bench) -> Result<()> {
    show_edges(bench)?;
    for (mode, size) in [("small", SMALL), ("1280x720", LARGE)] {
        xrandr(&["--fb", "1280x720", "--output", "screen", "--off"])?;
        is_filled(bench, LARGE)?;
        bench.screen.turn(mode)?;
        is_filled(bench, size)?;
    }
    Ok(())
}

pub(crate) fn show_edges(bench: &mut Bench) -> Result<()> {
    let url = bench.site.page("/edges", EDGES);
    bench.show(url)?;
    is_filled(bench, LARGE)
}

pub(crate) fn is_filled(bench: &Bench, (width, height): Point) -> Result<()> {
    bench.screen.until((2, height / 2), LEFT_RGB)?;
    bench.screen.until((width - 3, height / 2), RIGHT_RGB)?;
    bench.screen.until((width / 2, height - 3), BOTTOM_RGB)?;
    Ok(())
}

fn xrandr(arguments: &[&str]) -> Result<()> {
    let output = Command::new("xrandr")
        .args(arguments)
        .output()
        .context("cannot start xrandr (package x11-xserver-utils)")?;
    let words = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "xrandr {arguments:?}: {words}");
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "this is the stopwatch")]
fn now() -> Instant {
    Instant::now()
}
