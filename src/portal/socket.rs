//! The control socket: the API for whoever may open a file.

use std::{
    fs::{self, DirBuilder, Permissions},
    io,
    os::{
        fd::OwnedFd,
        unix::{
            fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt},
            net as std_net,
        },
    },
    path::{Path, PathBuf},
};

use anyhow::Context;
use axum::Router;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with,
};
use tokio::net::{UnixListener, UnixStream};

/// Owner and group may ask and order; nobody else.
const MODE: u32 = 0o660;

/// Clients that may wait while the daemon is busy.
const BACKLOG: i32 = 64;

/// A socket that listens; its file goes away with it.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    _file: SocketFile,
}

/// Why there is no control socket.
#[derive(Debug, thiserror::Error)]
pub enum BindFailure {
    #[error("another everlit already listens on {}", .0.display())]
    Occupied(PathBuf),
    #[error("{} is not a socket; it is not replaced", .0.display())]
    NotASocket(PathBuf),
    #[error("cannot listen on {}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
}

impl ControlSocket {
    /// Listens on `path`; makes its directory if it is missing, and takes over a socket that
    /// nobody listens on any more.
    ///
    /// # Errors
    ///
    /// When the place is taken, or the system does not let us.
    pub async fn bind(path: &Path) -> Result<Self, BindFailure> {
        clear(path).await?;
        let failed = |error| BindFailure::Io {
            path: path.to_owned(),
            error,
        };
        make_directory(path).map_err(failed)?;
        let (listener, file) = open(path).map_err(failed)?;
        Ok(Self {
            listener,
            _file: file,
        })
    }

    /// Carries the router until it is dropped.
    ///
    /// # Errors
    ///
    /// When the socket fails for good.
    pub async fn serve(self, router: Router) -> anyhow::Result<()> {
        axum::serve(self.listener, router)
            .await
            .context("the control socket failed")
    }
}

/// Makes room for a socket at `path`.
async fn clear(path: &Path) -> Result<(), BindFailure> {
    match fs::symlink_metadata(path) {
        Ok(there) if !there.file_type().is_socket() => {
            return Err(BindFailure::NotASocket(path.to_owned()));
        }
        Ok(_) => {}
        // Not there, or not to be seen: binding will tell.
        Err(_) => return Ok(()),
    }
    let failed = |error| BindFailure::Io {
        path: path.to_owned(),
        error,
    };
    match UnixStream::connect(path).await {
        Ok(_) => Err(BindFailure::Occupied(path.to_owned())),
        // Too many clients wait already.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            Err(BindFailure::Occupied(path.to_owned()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}

fn make_directory(path: &Path) -> io::Result<()> {
    let Some(directory) = path.parent() else {
        return Ok(());
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(directory)
}

fn open(path: &Path) -> io::Result<(UnixListener, SocketFile)> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket: OwnedFd = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    bind(&socket, &SocketAddrUnix::new(path)?)?;
    let file = SocketFile::new(path)?;
    // Nobody can connect before we listen, so the mode holds from the first client on, whatever
    // the umask was.
    fs::set_permissions(path, Permissions::from_mode(MODE))?;
    listen(&socket, BACKLOG)?;
    let listener = UnixListener::from_std(std_net::UnixListener::from(socket))?;
    Ok((listener, file))
}

/// Removes the socket's file in the end, unless it is another's by then.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    inode: (u64, u64),
}

impl SocketFile {
    fn new(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            inode: inode(path)?,
        })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if inode(&self.path).is_ok_and(|inode| inode == self.inode) {
            // A file that stays is taken over by the next start.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn inode(path: &Path) -> io::Result<(u64, u64)> {
    let file = fs::symlink_metadata(path)?;
    Ok((file.dev(), file.ino()))
}
