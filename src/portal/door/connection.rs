//! One connection of a browser or program: who it is, TLS, and HTTP within limits.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, Result, bail};
use axum::{Router, body::Body, extract::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::watch,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use super::{
    crowd::{Leave, Place},
    inquiry::Inquiry,
    neighbours::Origin,
};
use crate::clock;

/// A connection that does not say what it wants by then is closed.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// Even a stream of events is begun anew after this.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// Bytes of a request's head, and its lines.
const LARGEST_HEAD: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;

/// The first byte of a TLS handshake.
const TLS_HANDSHAKE: u8 = 0x16;

/// What a request's carrier knows about it; an extension of each request from the network.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Carrier {
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
    pub(crate) scheme: Scheme,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// What all connections of a door share.
#[derive(Clone)]
pub(super) struct Room {
    pub(super) router: Router,
    pub(super) inquiry: Inquiry,
    /// `None`: plain HTTP, within this device only.
    pub(super) tls: Option<TlsAcceptor>,
    /// Answers plain HTTP where TLS is spoken: the same address with https.
    pub(super) redirect: Router,
    /// Changes when the door closes; answers that are being made are still given.
    pub(super) closing: watch::Receiver<()>,
}

/// Carries a connection to its end. Nobody reads the error: the other side is gone or misbehaves.
pub(super) async fn carry(stream: TcpStream, room: Room, place: Place, leave: Leave) -> Result<()> {
    tokio::select! {
        done = timeout(LONGEST, serve(stream, room, &place)) => done?,
        _ = leave => bail!("it had to make room for others"),
    }
}

async fn serve(stream: TcpStream, room: Room, place: &Place) -> Result<()> {
    let (peer, local) = (stream.peer_addr()?, stream.local_addr()?);
    match room.inquiry.origin((peer, local)).await {
        Origin::Elsewhere => {}
        Origin::Ours => {
            tracing::info!("kept what the screen shows away from the portal");
            bail!("the view is not let in");
        }
        Origin::Unknown => bail!("it cannot be told who this is"),
    }
    let carrier = |scheme| Carrier {
        peer,
        local,
        scheme,
    };
    let Some(tls) = &room.tls else {
        return converse(
            stream,
            carrier(Scheme::Http),
            room.router,
            place,
            room.closing,
        )
        .await;
    };
    let mut first = [0];
    timeout(HANDSHAKE_LIMIT, stream.peek(&mut first)).await??;
    if first != [TLS_HANDSHAKE] {
        return converse(
            stream,
            carrier(Scheme::Http),
            room.redirect,
            place,
            room.closing,
        )
        .await;
    }
    let stream = timeout(HANDSHAKE_LIMIT, tls.accept(stream)).await??;
    converse(
        stream,
        carrier(Scheme::Https),
        room.router,
        place,
        room.closing,
    )
    .await
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    carrier: Carrier,
    router: Router,
    place: &Place,
    mut closing: watch::Receiver<()>,
) -> Result<()> {
    let answer = service_fn(|request: hyper::Request<Incoming>| {
        let router = router.clone();
        async move {
            place.asks(clock::now());
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(carrier);
            let response = router.oneshot(request).await;
            place.was_answered(clock::now());
            response
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_headers(MOST_HEADERS)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), answer);
    let mut connection = std::pin::pin!(connection);
    loop {
        tokio::select! {
            done = connection.as_mut() => return done.context("the conversation broke"),
            Ok(()) = closing.changed() => connection.as_mut().graceful_shutdown(),
        }
    }
}
