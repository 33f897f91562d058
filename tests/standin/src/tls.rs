//! A listener whose connections have shaken hands; a slow one holds up nobody.

use std::{io, net::SocketAddr};

use axum::serve::Listener;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

type Shaken = io::Result<(TlsStream<TcpStream>, SocketAddr)>;

pub(crate) struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    handshakes: JoinSet<Shaken>,
}

impl TlsListener {
    pub(crate) fn new(listener: TcpListener, acceptor: TlsAcceptor) -> Self {
        Self {
            listener,
            acceptor,
            handshakes: JoinSet::new(),
        }
    }

    fn begin(&mut self, accepted: io::Result<(TcpStream, SocketAddr)>) {
        let Ok((stream, peer)) = accepted else {
            return;
        };
        let acceptor = self.acceptor.clone();
        self.handshakes.spawn(async move {
            stream.set_nodelay(true)?;
            Ok((acceptor.accept(stream).await?, peer))
        });
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                accepted = self.listener.accept() => self.begin(accepted),
                ended = self.handshakes.join_next(), if !self.handshakes.is_empty() => {
                    // A client that does not trust the certificate ends here; that is its business.
                    // Its end must not keep the next one waiting, as a refused pattern would.
                    if let Some(Ok(Ok(shaken))) = ended {
                        return shaken;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
