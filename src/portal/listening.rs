//! Keeps the control socket reachable, whatever happens to its path.

use std::{convert::Infallible, path::Path, time::Duration};

use axum::Router;
use tokio::time::sleep;
use tracing::{debug, info, warn};

use super::ControlSocket;
use crate::{
    clock,
    incident::{Failure, Incident},
};

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Carries the router at `path` for ever; while that cannot be, goes on trying.
///
/// The wall shows its content also when nobody can ask about it.
pub async fn keep_listening(path: &Path, router: Router) -> Infallible {
    let mut incident = Incident::new(FIRST_PAUSE, LONGEST_PAUSE);
    loop {
        match ControlSocket::bind(path).await {
            Ok(socket) => {
                if let Some(took_s) = incident.over(clock::now()) {
                    info!(took_s, path = %path.display(), "the control socket recovered");
                }
                let loss = socket.serve(router.clone()).await;
                incident.failed(clock::now());
                warn!(%loss, "the control socket at {} is lost; listening again", path.display());
            }
            Err(failure) => match incident.failed(clock::now()) {
                Failure::First => {
                    warn!(
                        remedy = failure.remedy(),
                        "no control socket yet: {failure}"
                    );
                }
                Failure::Repeated => debug!("no control socket yet: {failure}"),
            },
        }
        // Also after a loss: a socket that fails at once must not keep the thread busy.
        sleep(incident.next_pause()).await;
    }
}
