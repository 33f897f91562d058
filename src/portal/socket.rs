//! The control socket: the API for whoever may open a file.

use std::{
    fs::{self, DirBuilder, Permissions},
    io,
    os::{
        fd::OwnedFd,
        unix::{
            fs::{DirBuilderExt, FileTypeExt, PermissionsExt},
            net as std_net,
        },
    },
    path::{Path, PathBuf},
};

use axum::{
    Router,
    extract::{ConnectInfo, Request, connect_info::Connected},
    middleware::{Next, from_fn},
    response::Response,
    serve::IncomingStream,
};
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with,
};
use tokio::net::{UnixListener, UnixStream};

use super::{Caller, socket_file::SocketFile};
use crate::store::{How, user_name};

/// Owner and group may ask and order; nobody else.
const MODE: u32 = 0o660;

/// Clients that may wait while the daemon is busy.
const BACKLOG: i32 = 64;

/// A socket that listens; its file goes away with it.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    file: SocketFile,
}

/// Why there is no control socket.
#[derive(Debug, thiserror::Error)]
pub enum BindFailure {
    #[error("another process already listens on {}", .0.display())]
    Occupied(PathBuf),
    #[error("{} is not a socket; it is not replaced", .0.display())]
    NotASocket(PathBuf),
    #[error("cannot listen on {}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
}

impl BindFailure {
    /// What a technician should do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Occupied(_) => "end the other process, or choose another path with --socket",
            Self::NotASocket(_) => "move it away, or choose another path with --socket",
            Self::Io { .. } => "let the daemon's user write there, or choose another --socket",
        }
    }
}

/// Why nobody reaches a socket any more that listened.
#[derive(Debug, thiserror::Error)]
pub enum Loss {
    #[error("its file was deleted")]
    Deleted,
    #[error("something else has taken the place of its file")]
    Replaced,
    #[error("it takes no connections: {0}")]
    Io(io::Error),
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
        Ok(Self { listener, file })
    }

    /// Carries the router until nobody can reach it here any more.
    pub async fn serve(self, router: Router) -> Loss {
        let Self { listener, file } = self;
        let router = router.layer(from_fn(say_who_asks));
        let service = router.into_make_service_with_connect_info::<Peer>();
        tokio::select! {
            Err(error) = axum::serve(listener, service) => Loss::Io(error),
            loss = file.lost() => loss,
        }
    }
}

/// The user at the other end of a connection, as the kernel knows it.
#[derive(Debug, Clone)]
struct Peer {
    uid: Option<u32>,
}

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        let uid = stream.io().peer_cred().ok().map(|peer| peer.uid());
        Self { uid }
    }
}

async fn say_who_asks(peer: ConnectInfo<Peer>, mut request: Request, next: Next) -> Response {
    let who = peer.uid.map_or_else(|| "unknown".to_owned(), user_name);
    let how = How::Socket;
    request.extensions_mut().insert(Caller { who, how });
    next.run(request).await
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
