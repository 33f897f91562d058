//! File descriptors by which the kernel tells that something happened.

use std::{io, os::fd::OwnedFd};

use rustix::io::Errno;
use tokio::io::unix::AsyncFd;

/// A descriptor that does not block, of which only matters that something can be read: what it is
/// gets thrown away.
#[derive(Debug)]
pub struct Readable(AsyncFd<OwnedFd>);

impl Readable {
    /// # Errors
    ///
    /// When the kernel cannot tell of this kind of descriptor, or of one more.
    #[expect(
        deprecated,
        reason = "an OwnedFd keeps its descriptor; the other way needs unsafe"
    )]
    pub fn new(descriptor: OwnedFd) -> io::Result<Self> {
        AsyncFd::new(descriptor).map(Self)
    }

    /// Waits until something can be read, which stays.
    ///
    /// # Errors
    ///
    /// When the runtime ends.
    pub async fn ready(&self) -> io::Result<()> {
        self.0.readable().await?.retain_ready();
        Ok(())
    }

    /// Waits until something can be read, and throws all of it away.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub async fn drained(&self) -> io::Result<()> {
        let mut is_news = false;
        while !is_news {
            let mut guard = self.0.readable().await?;
            // Room for one message at least: rtnetlink's are the longest.
            let mut message = [0_u8; 8192];
            loop {
                match rustix::io::read(self.0.get_ref(), &mut message) {
                    // Messages were lost; there was news all the same.
                    Ok(_) | Err(Errno::NOBUFS) => is_news = true,
                    Err(Errno::AGAIN) => break guard.clear_ready(),
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }
}
