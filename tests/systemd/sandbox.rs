//! What the unit's sandbox lets through: a probe runs in the daemon's place.

use anyhow::{Result, ensure};

use crate::wall::Wall;

/// The unit of the daemon, with the probe in its place.
const PROBE_UNIT: &str = "[Unit]
StartLimitAction=none

[Service]
Type=oneshot
Restart=no
WatchdogSec=0
RuntimeDirectory=
RuntimeDirectory=everlit-probe
ExecStartPre=
ExecStart=
ExecStart=/bin/bash /run/probe.sh
ExecStop=
ExecStopPost=
";

const TRY: &str = r#"
try() {
  if "${@:2}" >/dev/null 2>&1; then echo "allowed: $1"; else echo "denied: $1"; fi
}
"#;

const HARM: &str = r#"
try "change the system" touch /usr/probe
try "change the configuration" touch /etc/probe
try "see homes" ls /root
try "see other processes" ls /proc/2
try "mount" mount -t tmpfs none /tmp
try "make a namespace" unshare --user true
try "become another user" setpriv --reuid=nobody true
try "make a setuid file" sh -c 'touch /tmp/s && chmod u+s /tmp/s'
try "load a module" perl -e "exit(syscall($INIT_MODULE, 0, 0, '') == -1 && \$!{EPERM})"
try "change a kernel setting" sh -c 'echo 1 > /proc/sys/kernel/sysrq'
try "read the kernel log" head -c1 /dev/kmsg
try "set the clock" date -s @0
try "set the host name" hostname probe
try "change a control group" mkdir /sys/fs/cgroup/probe
try "see raw network packets" perl -e 'socket(my $s, 17, 3, 0) or exit 1'
try "send raw packets" perl -e 'socket(my $s, 2, 3, 1) or exit 1'
try "read the disk" head -c1 "/dev/$(ls /sys/block | head -n 1)"
try "reboot" perl -e "exit(syscall($REBOOT, 0, 0, 0, 0) == -1)"
grep -E '^(CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status | tr '\t' ' '
echo "core $(ulimit -c)"
"#;

const NEEDS: &str = r#"
try "keep settings" touch /etc/everlit/probe
try "keep a file's group" sh -c 'chgrp everlit /etc/everlit/probe && rm /etc/everlit/probe'
try "keep state" sh -c 'touch /var/lib/everlit/probe && rm /var/lib/everlit/probe'
try "see who connects" cat /proc/net/tcp
try "see the sockets of its own processes" sh -c 'sleep 9 & ls /proc/$!/fd; kill $!'
try "see what its own processes wait for" sh -c '
  sleep 9 & pid=$!
  timeout 5 sh -c "until grep -q nanosleep /proc/$pid/wchan; do :; done"
  waits=$?; kill $pid; exit $waits'
try "ask on the bus" dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.GetId
try "hear of links" perl -e 'socket(my $s, 16, 3, 0) or exit 1'
try "read the journal" sh -c 'journalctl -q -n 1 -u everlit.service | grep .'
try "see the memory limit" ls /sys/fs/cgroup
"#;

pub(crate) fn even_root_could_do_no_harm_in_the_unit(wall: &Wall) -> Result<()> {
    let (init_module, reboot) = match std::env::consts::ARCH {
        "x86_64" => (175, 169),
        _ => (105, 142),
    };
    let numbers = format!("INIT_MODULE={init_module} REBOOT={reboot}\n");
    let told = probe(wall, "root", &format!("{numbers}{HARM}"))?;
    let allowed: Vec<_> = told
        .lines()
        .filter(|line| line.starts_with("allowed"))
        .collect();
    ensure!(allowed.is_empty(), "{allowed:?}");
    ensure!(
        told.matches("denied: ").count() == HARM.matches("\ntry ").count(),
        "{told}"
    );
    for expected in [
        "CapEff: 0000000000000000",
        "CapBnd: 0000000000000000",
        "CapAmb: 0000000000000000",
        "NoNewPrivs: 1",
        "Seccomp: 2",
        "core 0",
    ] {
        ensure!(
            told.lines().any(|line| line == expected),
            "{expected}: {told}"
        );
    }
    Ok(())
}

pub(crate) fn what_the_daemon_needs_is_there(wall: &Wall) -> Result<()> {
    let told = probe(wall, "everlit", NEEDS)?;
    ensure!(!told.contains("denied"), "{told}");
    ensure!(
        told.matches("allowed: ").count() == NEEDS.matches("\ntry ").count(),
        "{told}"
    );
    Ok(())
}

/// What the script says as this user in the unit's sandbox.
fn probe(wall: &Wall, user: &str, script: &str) -> Result<String> {
    let machine = &wall.machine;
    let unit = "/run/systemd/system/everlit-probe.service";
    machine.run(&["cp", "/usr/lib/systemd/system/everlit.service", unit])?;
    let drop_in = format!("{PROBE_UNIT}User={user}\nStandardOutput=truncate:/run/probe.told\n");
    machine.write(&format!("{unit}.d/probe.conf"), "644", drop_in.as_bytes())?;
    machine.write("/run/probe.sh", "755", format!("{TRY}{script}").as_bytes())?;
    machine.run(&["systemctl", "daemon-reload"])?;
    machine.run(&["systemctl", "start", "everlit-probe"])?;
    machine.run(&["cat", "/run/probe.told"])
}
