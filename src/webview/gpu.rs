//! Tells whether there is a graphics processor that WebKit may draw with.

use std::{fs, path::Path};

/// Drawn by a graphics processor, pages cost less; without one, software that plays its part costs a
/// hundred megabytes and ten times the idle CPU.
pub(super) fn has_gpu() -> bool {
    is_in(Path::new("/sys/class/drm"))
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
