//! Tells whether there is a graphics processor that WebKit may draw with.

use std::{
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use tracing::warn;

/// Where libglvnd looks for drivers.
pub(super) const DRIVERS: &str = "__EGL_VENDOR_LIBRARY_DIRS";
/// Where systems have them.
const INSTALLED: &str = "/usr/share/glvnd/egl_vendor.d";

/// The graphics drivers, as this process and its children find them.
#[derive(Debug)]
pub(super) enum Drivers {
    InPlace,
    /// In a folder that is not there yet.
    Hidden(PathBuf),
}

/// Drawn by a graphics processor, pages cost less; without one, software that plays its part costs a
/// hundred megabytes and ten times the idle CPU.
pub(super) fn has_gpu() -> bool {
    is_in(Path::new("/sys/class/drm"))
}

/// Thinks of a folder for the drivers below `scratch`.
///
/// WebKit asks them for the graphics processor's name: without a processor this process needs none
/// of their 100 MB. Its web process does not start without them.
pub(super) fn hide_drivers(scratch: &Path) -> Drivers {
    let folder = scratch.join("egl");
    let is_possible = env::var_os(DRIVERS).is_none()
        && Path::new(INSTALLED).is_dir()
        && fs::create_dir_all(scratch).is_ok()
        // The daemon before this one left its own.
        && (fs::remove_file(&folder).is_ok() || !folder.exists())
        && symlink(INSTALLED, &folder).is_ok()
        && fs::remove_file(&folder).is_ok();
    if is_possible {
        Drivers::Hidden(folder)
    } else {
        Drivers::InPlace
    }
}

/// Makes the hidden folder, for the processes that were just started: this one looks, if it does, when
/// it orders its first load.
pub(super) fn show_drivers(drivers: &Drivers) {
    if let Drivers::Hidden(folder) = drivers
        && let Err(error) = symlink(INSTALLED, folder)
    {
        warn!(folder = %folder.display(), %error, "pages cannot be drawn");
    }
}

/// `drm` is the kernel's folder of what draws; what can compute has a render node there.
fn is_in(drm: &Path) -> bool {
    let Ok(nodes) = fs::read_dir(drm) else {
        return false;
    };
    nodes
        .flatten()
        .filter(|node| node.file_name().to_string_lossy().starts_with("renderD"))
        .any(|node| !is_hollow(&node.path()))
}

/// A virtual machine's card has a render node also where the host lends it no processor: feature 0 of
/// virtio's GPU says whether it does (`VIRTIO_GPU_F_VIRGL`, virtio 1.2, 5.7.3).
fn is_hollow(node: &Path) -> bool {
    let Ok(parts) = fs::read_dir(node.join("device")) else {
        return false;
    };
    parts
        .flatten()
        .filter(|part| part.file_name().to_string_lossy().starts_with("virtio"))
        .filter_map(|part| fs::read_to_string(part.path().join("features")).ok())
        .any(|features| features.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_render_node_is_a_processor() {
        let drm = tempfile::tempdir().unwrap();
        assert!(!is_in(drm.path()), "nothing draws");
        fs::create_dir_all(drm.path().join("card0/device")).unwrap();
        assert!(!is_in(drm.path()), "a screen alone");
        fs::create_dir_all(drm.path().join("renderD128/device")).unwrap();
        assert!(is_in(drm.path()));
    }

    #[test]
    fn hidden_drivers_are_not_there_until_they_are_shown() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("egl");
        symlink("/nonexistent", &folder).unwrap();
        match hide_drivers(scratch.path()) {
            Drivers::Hidden(hidden) => assert_eq!(hidden, folder),
            Drivers::InPlace => return assert!(!Path::new(INSTALLED).is_dir()),
        }
        assert!(fs::symlink_metadata(&folder).is_err(), "another daemon's");
        show_drivers(&Drivers::Hidden(folder.clone()));
        assert!(fs::read_dir(folder).unwrap().next().is_some());
    }

    #[test]
    fn where_nothing_can_be_written_the_drivers_stay() {
        let drivers = hide_drivers(Path::new("/dev/null/scratch"));
        assert!(matches!(drivers, Drivers::InPlace));
    }

    #[test]
    fn a_virtual_card_is_one_when_the_host_lends_its_own() {
        let drm = tempfile::tempdir().unwrap();
        let card = drm.path().join("renderD128/device/virtio0");
        fs::create_dir_all(&card).unwrap();
        for (features, expected) in [("0100000000\n", false), ("1100000000\n", true)] {
            fs::write(card.join("features"), features).unwrap();
            assert_eq!(is_in(drm.path()), expected, "{features}");
        }
    }
}
