//! Opens the ways in: the portal and the control socket.

use std::path::PathBuf;

use tokio::sync::watch;

use super::{device::Device, invitation::report_invitations};
use crate::{
    cli::RunArgs,
    driver::Driver,
    portal::{
        self,
        access::Access,
        custody::Custody,
        door::{self, Door},
        local::local_router,
    },
    secret::Secrets,
    system,
};

/// Starts everything that lets somebody in. `addresses` tells when the device's own have changed.
pub(super) fn open(
    driver: &mut Driver,
    device: Device,
    args: &RunArgs,
    credentials: Option<PathBuf>,
    addresses: watch::Receiver<()>,
) {
    let access = Access::open(&args.state());
    let (entrance, entrance_told) = watch::channel(None);
    driver.start(
        "invitations",
        report_invitations(
            entrance_told.clone(),
            access.code(),
            addresses,
            device.events.clone(),
        ),
    );
    let control = device.control(args.state(), access.clone(), entrance_told);
    let names = door::own_names(&system::host());
    let door = Door {
        secrets: Secrets::new(credentials),
        state_dir: args.state(),
        names: names.clone(),
        entrance,
    };
    let custody = Custody::new(&args.state(), &args.settings);
    let router = portal::network_router(control.clone(), access.clone(), custody, names);
    driver.start("portal", door.keep_open(control.running.clone(), router));
    let socket = args.daemon.socket();
    driver.start("control socket", async move {
        match portal::keep_listening(&socket, local_router(control, access)).await {}
    });
}
