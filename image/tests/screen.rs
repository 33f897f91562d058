//! Pictures of the screen, and how the report is known on them.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use cairo::{Format, ImageSurface};

/// What the emulator's screen has.
pub(crate) const SIZE: (usize, usize) = (1280, 720);

/// Parts of the report that never change: its title bar without the clock, and the hours below the
/// line chart, which are drawn with the first data and not before.
pub(crate) const REGIONS: [Region; 2] = [
    Region {
        name: "title",
        left: 0,
        top: 0,
        width: 640,
        height: 48,
    },
    Region {
        name: "axis",
        left: 60,
        top: 458,
        width: 780,
        height: 20,
    },
];

/// The largest mean difference of a channel, of 255. Labels that are missing make more than 3.
const TOLERANCE: f64 = 1.0;

/// What the stand-in's report paints under an expired token's error, and nobody else does.
const EXPIRED: [u8; 3] = [255, 0, 255];
const MOST_BY_CHANCE: usize = 50;

/// The colour of the report's title bar.
const TITLE_BAR: [u8; 3] = [0x12, 0x23, 0x3f];

const CHANNELS: usize = 3;
const SURFACE_CHANNELS: usize = 4;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Region {
    pub(crate) name: &'static str,
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

/// Whose rendering of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    Ours,
    Peer,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// What the regions look like while the report is on the screen.
#[derive(Debug, Default)]
pub(crate) struct Reference(Vec<(Region, Picture)>);

impl Region {
    pub(crate) fn file(&self, whose: Whose) -> PathBuf {
        let whose = match whose {
            Whose::Ours => "report",
            Whose::Peer => "peer",
        };
        Path::new("image/tests/reference").join(format!("{whose}-{}.png", self.name))
    }
}

impl Reference {
    pub(crate) fn read(whose: Whose) -> Result<Self> {
        let pieces = REGIONS.into_iter().map(|region| {
            let file = region.file(whose);
            let piece = Picture::read_png(&file).with_context(|| {
                let word = match whose {
                    Whose::Ours => "",
                    Whose::Peer => " peer",
                };
                format!(
                    "no picture to compare with in {}: `cargo run --example image-test -- \
                     reference{word}` takes it from a running report",
                    file.display()
                )
            })?;
            ensure!(
                (piece.width, piece.height) == (region.width, region.height),
                "{} is not of the region's size",
                file.display()
            );
            Ok((region, piece))
        });
        Ok(Self(pieces.collect::<Result<_>>()?))
    }

    /// Whether the report is on this screen.
    pub(crate) fn is_on(&self, screen: &Picture) -> bool {
        let is_like = |(region, piece): &(Region, Picture)| {
            let seen = screen.cut(region);
            seen.is_some_and(|seen| seen.distance(piece) <= TOLERANCE)
        };
        !self.0.is_empty() && self.0.iter().all(is_like)
    }

    /// How far a screen is from the report, for people.
    pub(crate) fn distances(&self, screen: &Picture) -> String {
        let distances = self.0.iter().map(|(region, piece)| {
            let seen = screen.cut(region);
            let distance = seen.map_or(f64::NAN, |seen| seen.distance(piece));
            format!("{} {distance:.1} of 255", region.name)
        });
        distances.collect::<Vec<_>>().join(", ")
    }
}

impl Picture {
    /// The emulator's dump: three numbers in the header, then the pixels.
    pub(crate) fn from_ppm(bytes: &[u8]) -> Result<Self> {
        let mut rest = bytes.strip_prefix(b"P6").context("no dump of a screen")?;
        let mut numbers = [0; 3];
        for number in &mut numbers {
            rest = rest.trim_ascii_start();
            let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (digits, after) = rest.split_at(length);
            *number = std::str::from_utf8(digits)?.parse()?;
            rest = after;
        }
        let [width, height, _] = numbers;
        let pixels = rest.get(1..).unwrap_or_default().to_vec();
        ensure!(pixels.len() == width * height * CHANNELS, "half a dump");
        Ok(Self {
            width,
            height,
            pixels,
        })
    }

    fn read_png(path: &Path) -> Result<Self> {
        let mut surface = ImageSurface::create_from_png(&mut File::open(path)?)?;
        let (width, height) = (surface.width().try_into()?, surface.height().try_into()?);
        let stride = usize::try_from(surface.stride())?;
        let data = surface.data()?;
        let lines = data.chunks_exact(stride).take(height);
        let cells = lines.flat_map(|line| line.chunks_exact(SURFACE_CHANNELS).take(width));
        let pixels = cells.flat_map(|cell| [cell[2], cell[1], cell[0]]).collect();
        drop(data);
        Ok(Self {
            width,
            height,
            pixels,
        })
    }

    pub(crate) fn write_png(&self, path: &Path) -> Result<()> {
        let (width, height) = (self.width.try_into()?, self.height.try_into()?);
        let stride = Format::Rgb24.stride_for_width(self.width.try_into()?)?;
        let cells = self.pixels.chunks_exact(CHANNELS);
        let data: Vec<u8> = cells
            .flat_map(|cell| [cell[2], cell[1], cell[0], 0])
            .collect();
        let surface = ImageSurface::create_for_data(data, Format::Rgb24, width, height, stride)?;
        let mut file =
            File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        surface.write_to_png(&mut file)?;
        Ok(())
    }

    /// Nothing, if the screen is smaller.
    pub(crate) fn cut(&self, region: &Region) -> Option<Self> {
        let mut pixels = Vec::new();
        for line in region.top..region.top + region.height {
            let start = (line * self.width + region.left) * CHANNELS;
            pixels.extend_from_slice(self.pixels.get(start..start + region.width * CHANNELS)?);
        }
        let fits = region.left + region.width <= self.width;
        fits.then_some(Self {
            width: region.width,
            height: region.height,
            pixels,
        })
    }

    /// The mean difference of a channel.
    pub(crate) fn distance(&self, other: &Self) -> f64 {
        let pairs = self.pixels.iter().zip(&other.pixels);
        let sum: u64 = pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        sum as f64 / self.pixels.len().max(1) as f64
    }

    /// How far it is from a plain area: what a tolerance has to be far below.
    pub(crate) fn contrast(&self) -> f64 {
        let first = self.pixels.get(..CHANNELS).unwrap_or_default();
        let plain = first.iter().copied().cycle().take(self.pixels.len());
        self.distance(&Self {
            pixels: plain.collect(),
            ..*self
        })
    }

    pub(crate) fn shows_an_expired_token(&self) -> bool {
        let pixels = self.pixels.chunks_exact(CHANNELS);
        pixels.filter(|pixel| **pixel == EXPIRED).count() > MOST_BY_CHANCE
    }

    /// Slates are of another colour.
    pub(crate) fn begins_like_the_report(&self) -> bool {
        self.pixels.starts_with(&TITLE_BAR)
    }
}

/// Far enough above the tolerance.
pub(crate) fn is_telling(piece: &Picture) -> bool {
    piece.contrast() > 3.0 * TOLERANCE
}

/// Whether two looks at a region show the same.
pub(crate) fn is_same(one: &Picture, other: &Picture) -> bool {
    one.distance(other) < TOLERANCE / 4.0
}
