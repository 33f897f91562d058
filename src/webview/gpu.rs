//! Tells whether there is a graphics processor that WebKit may draw with.

use std::{
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use tracing::warn;

/// Where libglvnd looks for drivers, and where systems have them.
const DRIVERS: &str = "__EGL_VENDOR_LIBRARY_DIRS";
const INSTALLED: &str = "/usr/share/glvnd/egl_vendor.d";

/// Drawn by a graphics processor, pages cost less; without one, software that plays its part costs a
/// hundred megabytes and ten times the idle CPU.
pub(super) fn has_gpu() -> bool {
    is_in(Path::new("/sys/class/drm"))
}

/// Makes the folder of drivers that `on-screen` has named where there is no processor: this process
/// has looked for them and found none by then, and pages with WebGL find them.
pub(super) fn admit_drivers_to_pages() {
    let folder = env::var_os(DRIVERS).map(PathBuf::from);
    if let Some(folder) = folder.filter(|folder| !folder.exists())
        && let Err(error) = symlink(INSTALLED, &folder)
    {
        warn!(folder = %folder.display(), %error, "pages have no WebGL");
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
