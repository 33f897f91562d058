//! Which of the image's two systems runs, and whether it has proved itself.

use anyhow::{Context as _, Result, ensure};

use crate::wall::Wall;

const BOOT_SLOT: &[u8] = include_bytes!("../../image/root/usr/lib/everlit/boot-slot");

/// In slot a; what follows is the boot loader's note, if it can be read.
const IS_ON_TRIAL: &str = r#"set -e
echo rauc.slot=a >/run/slots/cmdline
mount --bind /run/slots/cmdline /proc/cmdline
rm -f /run/slots/note /run/everlit-boot/grubenv
[ -z "$1" ] || echo "$1" >/run/slots/note
PATH=/run/slots:$PATH exec boot-slot is-on-trial"#;

/// In place of the partition.
const MOUNT: &str =
    "#!/bin/sh\nfor place; do :; done\nexec cp /run/slots/note \"$place/grubenv\"\n";

/// Whoever is not on trial is never restarted for the picture's sake.
pub(crate) fn a_system_is_on_trial_only_if_the_boot_loader_says_so(wall: &Wall) -> Result<()> {
    let machine = &wall.machine;
    machine.run(&["mkdir", "-p", "/run/slots"])?;
    machine.write("/run/slots/boot-slot", "755", BOOT_SLOT)?;
    machine.write("/run/slots/mount", "755", MOUNT.as_bytes())?;
    machine.write("/run/slots/umount", "755", b"#!/bin/sh\n")?;
    for (note, is_on_trial) in [("good=a", false), ("good=b", true), ("", false)] {
        let words = ["unshare", "-m", "sh", "-c", IS_ON_TRIAL, "sh", note];
        let output = machine.command(&words).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        let code = output.status.code().context("no exit code")?;
        let wanted = i32::from(!is_on_trial);
        ensure!(code == wanted, "{note:?}: exit code {code}: {said}");
        ensure!(
            said.contains("Remedy") == note.is_empty(),
            "{note:?}: {said}"
        );
    }
    Ok(())
}
