//! The way in from the network: listens where the settings say, with TLS unless it is loopback.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use axum::{
    Router,
    extract::Request,
    http::{
        StatusCode, Uri,
        header::{CONNECTION, HOST, LOCATION},
    },
    response::{IntoResponse as _, Response},
};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinSet, spawn_blocking},
    time::sleep,
};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, info, warn};

mod connection;
mod crowd;
mod identity;
mod inquiry;
mod neighbours;

pub(crate) use connection::{Carrier, Scheme};

use crate::{
    clock,
    incident::{Failure, Incident},
    secret::Secrets,
    settings::{Portal, Settings},
};
use connection::Room;
use crowd::Crowd;
use identity::Identity;
use inquiry::Inquiry;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The settings that run; `None` before there are any.
type Running = watch::Receiver<Option<Arc<Settings>>>;

/// Where the portal is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrance {
    /// With the port that was really taken.
    pub address: SocketAddr,
    /// SHA-256 of the certificate; `None`: plain HTTP on loopback.
    pub fingerprint: Option<String>,
}

/// What a door is made of.
#[derive(Debug)]
pub struct Door {
    pub secrets: Secrets,
    pub state_dir: PathBuf,
    /// Names of this device for a certificate of its own making.
    pub names: Vec<String>,
    /// Told where the portal is reached; `None` while it is not.
    pub entrance: watch::Sender<Option<Entrance>>,
}

/// Everything that is needed to listen.
struct Open {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    entrance: Entrance,
}

impl Door {
    /// Carries the router where the settings say, for ever; follows their changes, and while it
    /// cannot be opened goes on trying.
    ///
    /// # Errors
    ///
    /// Ends with an error when the settings' sender is gone.
    pub async fn keep_open(self, mut settings: Running, router: Router) -> Result<()> {
        let mut incident = Incident::new(FIRST_PAUSE, LONGEST_PAUSE);
        let (crowd, inquiry) = (Crowd::default(), Inquiry::default());
        let mut guests = JoinSet::new();
        // Not before it is known whether the settings want another place.
        settings.changed().await.context("the settings are gone")?;
        loop {
            let portal = portal(&mut settings);
            match self.open(&portal).await {
                Ok(open) => {
                    if let Some(took_s) = incident.over(clock::now()) {
                        info!(took_s, "the portal recovered");
                    }
                    info!(address = %open.entrance.address, "the portal listens");
                    self.entrance.send_replace(Some(open.entrance.clone()));
                    let (close, closing) = watch::channel(());
                    let room = Room {
                        router: router.clone(),
                        inquiry: inquiry.clone(),
                        tls: open.tls,
                        redirect: Router::new().fallback(redirect),
                        closing,
                    };
                    tokio::select! {
                        changed = another(&mut settings, &portal) => changed?,
                        () = admit(open.listener, &room, &crowd, &mut guests) => {}
                    }
                    self.entrance.send_replace(None);
                    close.send_replace(());
                }
                Err(error) => {
                    tell(&portal, &error, incident.failed(clock::now()));
                    tokio::select! {
                        changed = another(&mut settings, &portal) => changed?,
                        () = sleep(incident.next_pause()) => {}
                    }
                }
            }
        }
    }

    async fn open(&self, portal: &Portal) -> Result<Open> {
        let identity = if portal.listen.ip().is_loopback() && portal.identity.is_none() {
            None
        } else {
            Some(self.identity(portal).await?)
        };
        let listener = TcpListener::bind(portal.listen).await?;
        let entrance = Entrance {
            address: listener.local_addr()?,
            fingerprint: identity
                .as_ref()
                .map(|identity| identity.fingerprint.clone()),
        };
        Ok(Open {
            listener,
            tls: identity.map(|identity| TlsAcceptor::from(identity.config)),
            entrance,
        })
    }

    async fn identity(&self, portal: &Portal) -> Result<Identity> {
        let own = portal.identity.clone();
        let (secrets, state_dir) = (self.secrets.clone(), self.state_dir.clone());
        let names = [self.names.clone(), portal.hosts.clone()].concat();
        spawn_blocking(move || match own {
            Some(own) => identity::own(&own, &secrets),
            None => identity::self_signed(&state_dir, names),
        })
        .await?
    }
}

fn portal(settings: &mut Running) -> Portal {
    let settings = settings.borrow_and_update();
    let portal = settings.as_ref().map(|settings| settings.portal.clone());
    portal.unwrap_or_default()
}

/// Waits until the settings want another door than this one.
async fn another(settings: &mut Running, present: &Portal) -> Result<()> {
    loop {
        settings.changed().await.context("the settings are gone")?;
        let wanted = portal(settings);
        let is_same_door = wanted.listen == present.listen
            && wanted.identity == present.identity
            && wanted.hosts == present.hosts;
        if !is_same_door {
            return Ok(());
        }
    }
}

/// Lets connections in until the listener is of no use any more.
async fn admit(
    listener: TcpListener,
    room: &Room,
    crowd: &Crowd,
    guests: &mut JoinSet<Result<()>>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(ended) = guests.join_next() => {
                match ended {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => debug!("a connection to the portal ended: {error:#}"),
                    Err(error) => warn!(%error, "a connection to the portal panicked"),
                }
                continue;
            }
        };
        match accepted {
            Ok((stream, _)) => {
                let (place, leave) = crowd.enter(clock::now());
                // Small answers go out at once; without it they are only slower.
                let _ = stream.set_nodelay(true);
                guests.spawn(connection::carry(stream, room.clone(), place, leave));
            }
            // The other side gave up before it was let in.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                // No descriptor left, for example: trying again at once would keep the thread busy.
                debug!(%error, "the portal cannot accept a connection");
                sleep(FIRST_PAUSE).await;
            }
        }
    }
}

fn tell(portal: &Portal, error: &anyhow::Error, failure: Failure) {
    let address = portal.listen;
    match failure {
        Failure::First => warn!(
            %address, remedy = remedy(error),
            "the portal cannot listen yet: {error:#}"
        ),
        Failure::Repeated => debug!(%address, "the portal still cannot listen: {error:#}"),
    }
}

fn remedy(error: &anyhow::Error) -> &'static str {
    match error.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::AddrInUse) => {
            "end the other program, or set another port in portal.listen"
        }
        Some(io::ErrorKind::AddrNotAvailable) => {
            "set portal.listen to an address of this device, or to 0.0.0.0 for all of them"
        }
        Some(io::ErrorKind::PermissionDenied) => "set a port above 1023 in portal.listen",
        Some(_) | None => "correct [portal] in the settings",
    }
}

/// Sends a browser that came with http to https.
async fn redirect(request: Request) -> Response {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let target = request
        .uri()
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let Some(https) = host.and_then(|host| https_address(host, target)) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let headers = [
        (LOCATION, https.to_string()),
        (CONNECTION, "close".to_owned()),
    ];
    (StatusCode::PERMANENT_REDIRECT, headers).into_response()
}

fn https_address(host: &str, target: &str) -> Option<Uri> {
    let builder = Uri::builder().scheme("https").authority(host);
    builder.path_and_query(target).build().ok()
}

/// The names that lead to this device: its own, as such and by mDNS, and `localhost`.
#[must_use]
pub fn own_names(host_name: &str) -> Vec<String> {
    let mut names = vec!["localhost".to_owned()];
    if !host_name.is_empty() && host_name != "localhost" {
        names.push(host_name.to_lowercase());
        if !host_name.contains('.') {
            names.push(format!("{}.local", host_name.to_lowercase()));
        }
    }
    names
}
