//! Tells the player the way into the portal, whenever it changes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::Result;
use secrecy::SecretString;
use tokio::sync::{mpsc, watch};
use url::Url;

use crate::{
    links,
    player::{Event, Invitation, InvitationReach},
    portal::door::Entrance,
};

/// Works until the player is gone.
pub(super) async fn report_invitations(
    mut entrance: watch::Receiver<Option<Entrance>>,
    mut code: watch::Receiver<Option<SecretString>>,
    mut addresses: watch::Receiver<()>,
    events: mpsc::Sender<Event>,
) -> Result<()> {
    loop {
        let invitation = invitation(
            entrance.borrow_and_update().as_ref(),
            code.borrow_and_update().clone(),
        );
        let changed = Event::InvitationChanged(invitation);
        if events.send(changed).await.is_err() {
            return Ok(());
        }
        let changed = tokio::select! {
            changed = entrance.changed() => changed,
            changed = code.changed() => changed,
            // Without the news of addresses, those of the code still come.
            Ok(()) = addresses.changed() => Ok(()),
        };
        if changed.is_err() {
            return Ok(());
        }
    }
}

fn invitation(entrance: Option<&Entrance>, code: Option<SecretString>) -> Option<Invitation> {
    let entrance = entrance?;
    let reach = if entrance.address.ip().is_loopback() {
        InvitationReach::LocalOnly
    } else {
        InvitationReach::Network
    };
    Some(Invitation {
        address: address(entrance)?,
        reach,
        fingerprint: entrance.fingerprint.clone(),
        code,
    })
}

/// How a browser reaches the portal: where it listens on every address, by the device's first one.
pub(super) fn address(entrance: &Entrance) -> Option<Url> {
    let (ip, port) = (entrance.address.ip(), entrance.address.port());
    let ip = if ip.is_unspecified() {
        links::first_address().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
    } else {
        ip
    };
    let scheme = match entrance.fingerprint {
        Some(_) => "https",
        None => "http",
    };
    Url::parse(&format!("{scheme}://{}/", SocketAddr::new(ip, port))).ok()
}
