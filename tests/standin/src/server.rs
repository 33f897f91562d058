//! All of the stand-in's listeners, on a thread and a runtime of their own.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
    thread::JoinHandle,
};

use anyhow::Context;
use tokio::{sync::oneshot, task::JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::{
    admin,
    certificate::{ServerIdentity, server_config},
    cloud::Cloud,
    hosts, proxy,
    standin::Entrance,
    tls::TlsListener,
};

/// Runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) proxy: SocketAddr,
    pub(crate) admin: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Sockets {
    tls: TcpListener,
    proxy: TcpListener,
    admin: TcpListener,
}

impl Server {
    pub(crate) fn start(
        identity: &ServerIdentity,
        cloud: Arc<Cloud>,
        entrance: Entrance,
    ) -> anyhow::Result<Self> {
        let tls_port = match entrance {
            Entrance::Proxy => 0,
            Entrance::Direct => 443,
        };
        let sockets = Sockets {
            tls: loopback(tls_port)?,
            proxy: loopback(0)?,
            admin: loopback(0)?,
        };
        let (proxy, admin) = (sockets.proxy.local_addr()?, sockets.admin.local_addr()?);
        let acceptor = TlsAcceptor::from(server_config(identity, Arc::clone(&cloud))?);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let servers = {
            let _inside = runtime.enter();
            servers(sockets, acceptor, &cloud)?
        };
        let thread = std::thread::Builder::new()
            .name("standin".into())
            .spawn(move || {
                runtime.block_on(async move {
                    let _running = servers;
                    let _ = stopped.await;
                });
            })?;
        Ok(Self {
            proxy,
            admin,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there was already printed.
            let _ = thread.join();
        }
    }
}

fn servers(
    sockets: Sockets,
    acceptor: TlsAcceptor,
    cloud: &Arc<Cloud>,
) -> anyhow::Result<JoinSet<()>> {
    let server_address = sockets.tls.local_addr()?;
    let tls = TlsListener::new(tokio::net::TcpListener::from_std(sockets.tls)?, acceptor);
    let proxy = tokio::net::TcpListener::from_std(sockets.proxy)?;
    let admin = tokio::net::TcpListener::from_std(sockets.admin)?;
    let (hosts, admin_routes) = (hosts::routes(cloud), admin::routes(Arc::clone(cloud)));
    let mut servers = JoinSet::new();
    servers.spawn(async move {
        let _ = axum::serve(tls, hosts).await;
    });
    servers.spawn(async move {
        let _ = axum::serve(admin, admin_routes).await;
    });
    servers.spawn(proxy::serve(proxy, server_address, Arc::clone(cloud)));
    Ok(servers)
}

/// Port 0 is any that is free.
fn loopback(port: u16) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .with_context(|| format!("cannot listen on port {port} of loopback"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
