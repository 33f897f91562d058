//! An HTTP CONNECT proxy that leads the stand-in's host names to its TLS server and knows no other.

use std::{io, net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::{cloud::Cloud, links::Way, names::HOSTS};

const LONGEST_REQUEST: usize = 8 * 1024;

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, server: SocketAddr, cloud: Arc<Cloud>) {
    let mut tunnels = JoinSet::new();
    loop {
        tokio::select! {
            Ok((client, _)) = listener.accept() => {
                tunnels.spawn(tunnel(client, server, Arc::clone(&cloud)));
            }
            Some(_) = tunnels.join_next() => {}
        }
    }
}

async fn tunnel(mut client: TcpStream, server: SocketAddr, cloud: Arc<Cloud>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let request = read_request(&mut client).await?;
    let Some(host) = known_host(&request) else {
        cloud.count(|counters, _| {
            counters.refused_hosts.insert(target(&request).to_owned());
        });
        return client
            .write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
            .await;
    };
    let mut links = cloud.links();
    let way = links.borrow_and_update().way(host);
    match way {
        Way::Open | Way::Untrusted => {}
        Way::Down => {
            cloud.was_asked(host);
            return Ok(());
        }
        Way::Refused => {
            cloud.was_asked(host);
            return client
                .write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")
                .await;
        }
    }
    tokio::select! {
        done = connect(client, server, &cloud, host) => done,
        _ = links.wait_for(|links| links.way(host) != way) => Ok(()),
    }
}

async fn connect(
    mut client: TcpStream,
    server: SocketAddr,
    cloud: &Cloud,
    host: &str,
) -> io::Result<()> {
    cloud.count(|counters, _| *counters.connections.entry(host.to_owned()).or_default() += 1);
    let mut upstream = TcpStream::connect(server).await?;
    upstream.set_nodelay(true)?;
    client
        .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .await?;
    tokio::io::copy_bidirectional(&mut client, &mut upstream).await?;
    Ok(())
}

/// Reads up to the empty line that ends the request's head. A client waits for the answer to its
/// CONNECT before it sends more, so nothing is read that belongs to the tunnel.
async fn read_request(client: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > LONGEST_REQUEST || client.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn known_host(request: &str) -> Option<&'static str> {
    if !request.starts_with("CONNECT ") {
        return None;
    }
    let (host, port) = target(request).rsplit_once(':')?;
    let host = HOSTS
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(host))?;
    (port == "443").then_some(host)
}

fn target(request: &str) -> &str {
    request.split_whitespace().nth(1).unwrap_or_default()
}
