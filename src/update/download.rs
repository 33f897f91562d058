//! Fetches a bundle, and goes on where an earlier try was cut off.

use std::{
    error::Error,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::{
    Client, RequestBuilder, Response, StatusCode,
    header::{CONTENT_RANGE, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE},
};
use rustix::fs::statvfs;
use tokio::time::timeout;
use url::Url;

use super::{
    failure::Failure,
    memory::{Download, Memory, Tag},
};

/// A server that sends nothing for this long has gone away.
const SILENCE: Duration = Duration::from_secs(60);
/// Left free, for everything else that is written on that disk.
const SPARE: u64 = 64 * 1024 * 1024;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fetched {
    /// What is there was looked into before.
    Known,
    /// A whole bundle, at this place.
    Bundle(PathBuf),
}

/// Fetches what is at an address, into a folder.
pub(super) struct Fetch<'a> {
    pub(super) client: &'a Client,
    pub(super) url: &'a Url,
    pub(super) folder: &'a Path,
}

/// How to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// Only for what was not looked into yet.
    ForNews,
    ForWhateverIsThere,
}

impl Fetch<'_> {
    pub(super) fn place(folder: &Path) -> PathBuf {
        folder.join("bundle.raucb")
    }

    /// Fetches the bundle; `memory` knows what an earlier try has got, and keeps what this one has.
    pub(super) async fn run(&self, memory: &mut Memory, ask: Ask) -> Result<Fetched, Failure> {
        let present = self.present(memory);
        if let Some(
            present @ Download {
                is_complete: true, ..
            },
        ) = &present
        {
            let answer = self.send(unless(self.request(), &present.tag)).await?;
            return match answer.status() {
                StatusCode::NOT_MODIFIED => Ok(Fetched::Bundle(Self::place(self.folder))),
                _ => self.take(answer, memory).await,
            };
        }
        let known = memory.seen.as_ref().filter(|_| ask == Ask::ForNews);
        let have = present
            .as_ref()
            .and_then(|part| Some((part.tag.strong()?, self.length()?)));
        let request = match (known, have) {
            // With both, a server could answer only one of them.
            (_, Some((tag, have))) => self
                .request()
                .header(RANGE, format!("bytes={have}-"))
                .header(IF_RANGE, tag),
            (Some(seen), None) => unless(self.request(), &seen.tag),
            (None, None) => self.request(),
        };
        let answer = self.send(request).await?;
        if answer.status() == StatusCode::NOT_MODIFIED && known.is_some() {
            return Ok(Fetched::Known);
        }
        self.take(answer, memory).await
    }

    /// What an earlier try has got, if its file is there.
    fn present(&self, memory: &Memory) -> Option<Download> {
        let download = memory.download.clone()?;
        let length = self.length()?;
        let fits = match download.length {
            Some(whole) if download.is_complete => length == whole,
            Some(whole) => 0 < length && length < whole,
            None => download.is_complete,
        };
        fits.then_some(download)
    }

    fn length(&self) -> Option<u64> {
        let file = fs::metadata(Self::place(self.folder)).ok()?;
        Some(file.len())
    }

    /// Takes the whole bundle, or the rest of it.
    async fn take(&self, answer: Response, memory: &mut Memory) -> Result<Fetched, Failure> {
        let tag = Tag::of(answer.headers());
        let (begins_at, length) = match answer.status() {
            StatusCode::OK => (0, answer.content_length()),
            StatusCode::PARTIAL_CONTENT => self.continued(&answer, memory)?,
            status => return Err(self.refused(status, memory)),
        };
        let mut download = Download {
            tag,
            length,
            is_complete: false,
        };
        // What is not needed of an earlier try makes room first.
        let mut file = self.open(begins_at)?;
        self.look_for_room(length.unwrap_or(0).saturating_sub(begins_at))?;
        memory.download = Some(download.clone());
        self.save(memory)?;
        let got = begins_at + self.copy(answer, &mut file).await?;
        if length.is_some_and(|length| length != got) {
            return Err(self.unreachable(format!("{got} bytes came of {}", length.unwrap_or(0))));
        }
        download.is_complete = true;
        download.length = Some(got);
        memory.download = Some(download);
        self.save(memory)?;
        Ok(Fetched::Bundle(Self::place(self.folder)))
    }

    /// Where the rest begins, and how long the whole is.
    fn continued(
        &self,
        answer: &Response,
        memory: &mut Memory,
    ) -> Result<(u64, Option<u64>), Failure> {
        let range = answer.headers().get(CONTENT_RANGE).and_then(range);
        let whole = memory
            .download
            .as_ref()
            .and_then(|download| download.length);
        match range {
            Some((first, length))
                if Some(first) == self.length() && whole.is_none_or(|whole| whole == length) =>
            {
                Ok((first, Some(length)))
            }
            Some(_) | None => {
                // The next try begins anew.
                memory.download = None;
                self.save(memory)?;
                Err(self
                    .unreachable("the rest of the bundle does not fit what came before".to_owned()))
            }
        }
    }

    async fn copy(&self, mut answer: Response, file: &mut File) -> Result<u64, Failure> {
        let path = Self::place(self.folder);
        let mut got = 0;
        loop {
            let piece = match timeout(SILENCE, answer.chunk()).await {
                Ok(Ok(piece)) => piece,
                Ok(Err(error)) => return Err(self.unreachable(root_cause(&error))),
                Err(_) => return Err(self.unreachable("it sends nothing more".to_owned())),
            };
            let Some(piece) = piece else {
                file.sync_all().map_err(Failure::io(path))?;
                return Ok(got);
            };
            file.write_all(&piece).map_err(Failure::io(&path))?;
            got += piece.len() as u64;
        }
    }

    fn open(&self, begins_at: u64) -> Result<File, Failure> {
        let path = Self::place(self.folder);
        let open = || -> io::Result<File> {
            let mut options = OpenOptions::new();
            let file = options.append(true).create(true).open(&path)?;
            file.set_len(begins_at)?;
            Ok(file)
        };
        open().map_err(Failure::io(&path))
    }

    fn look_for_room(&self, needed: u64) -> Result<(), Failure> {
        let disk = statvfs(self.folder).map_err(|error| Failure::io(self.folder)(error.into()))?;
        let free = (disk.f_bavail * disk.f_frsize).saturating_sub(SPARE);
        if needed <= free {
            return Ok(());
        }
        Err(Failure::NoRoom {
            folder: self.folder.to_owned(),
            needed_mb: needed.div_ceil(1_000_000),
            free_mb: free / 1_000_000,
        })
    }

    fn request(&self) -> RequestBuilder {
        self.client.get(self.url.clone())
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        request
            .send()
            .await
            .map_err(|error| self.unreachable(root_cause(&error)))
    }

    fn save(&self, memory: &Memory) -> Result<(), Failure> {
        memory.save(self.folder).map_err(Failure::io(self.folder))
    }

    fn refused(&self, status: StatusCode, memory: &mut Memory) -> Failure {
        if status == StatusCode::RANGE_NOT_SATISFIABLE {
            memory.download = None;
        }
        let remedy = match status.as_u16() {
            300..=399 => "write the address that it leads to into update.url",
            401 | 403 => "let everybody fetch the bundle: it is signed, and no secret",
            404 | 410 => "correct update.url, or put the bundle there",
            _ => "it is asked again",
        };
        Failure::Refused {
            host: self.host(),
            status: status.as_u16(),
            remedy,
        }
    }

    fn unreachable(&self, reason: String) -> Failure {
        let host = self.host();
        Failure::Unreachable { host, reason }
    }

    /// The rest of an address may hold a key.
    fn host(&self) -> String {
        self.url.host_str().unwrap_or_default().to_owned()
    }
}

/// The request for what is not called so.
fn unless(request: RequestBuilder, tag: &Tag) -> RequestBuilder {
    match (&tag.etag, &tag.modified) {
        (Some(etag), _) => request.header(IF_NONE_MATCH, etag),
        (None, Some(modified)) => request.header(IF_MODIFIED_SINCE, modified),
        (None, None) => request,
    }
}

/// The first byte and the whole length, as in `bytes 100-199/200`.
fn range(header: &HeaderValue) -> Option<(u64, u64)> {
    let text = header.to_str().ok()?.strip_prefix("bytes ")?;
    let (range, length) = text.split_once('/')?;
    let (first, _) = range.split_once('-')?;
    Some((first.parse().ok()?, length.parse().ok()?))
}

fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
