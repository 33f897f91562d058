//! What GTK, WebKit and its processes find in the environment.

use std::{env, ffi::OsStr, path::Path};

use tracing::warn;

use super::gpu::{self, Drivers};

/// Takes from the libraries what a wall has no use for; what an operator has set stays. To be called
/// before GTK and before there is another thread; `scratch` is a folder of the daemon's own.
pub(super) fn prepare(scratch: &Path) -> Drivers {
    // A session's bus is of no use here, and each library of each process would start programs to
    // find one.
    offer("DBUS_SESSION_BUS_ADDRESS", "disabled:");
    if gpu::has_gpu() {
        return Drivers::InPlace;
    }
    // GDK asks X for what OpenGL can do; the drivers that draw in software are 100 MB.
    offer("GDK_GL", "disable");
    if env::var_os("WAYLAND_DISPLAY").is_some() {
        // WebKit 2.54 would hand pictures over that the compositor never shows.
        offer("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
    }
    let drivers = gpu::hide_drivers(scratch);
    if let Drivers::Hidden(folder) = &drivers {
        offer(gpu::DRIVERS, folder);
    }
    drivers
}

fn offer(name: &str, value: impl AsRef<OsStr>) {
    if let Err(error) = glib::setenv(name, value, false) {
        warn!(name, %error, "cannot change the environment");
    }
}
