//! A network of our own, in which Microsoft's names lead to the stand-in and nothing leads out.

use std::{
    env, fs,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result};
use everlit_standin::HOSTS;

/// Set for the program that runs inside.
const INSIDE: &str = "EVERLIT_BENCH_INSIDE";
/// The name service tells addresses of a family only where there is one beside loopback's own.
const ENTER: &str = "ip link set lo up && ip address add 192.0.2.1/32 dev lo && { [ -e /etc/hosts ] || : >/etc/hosts; } && mount --bind \"$0\" /etc/hosts && exec \"$@\"";

pub(crate) fn is_our_own() -> bool {
    env::var_os(INSIDE).is_some()
}

/// Becomes the same program inside.
pub(crate) fn run_in_our_own(folder: &Path) -> Result<ExitCode> {
    let hosts = folder.join("bench.hosts");
    fs::write(&hosts, format!("127.0.0.1 {}\n", HOSTS.join(" ")))?;
    let mut command = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    let error = command
        .args(["--net", "--mount", "--", "sh", "-c", ENTER])
        .arg(hosts)
        .arg(env::current_exe()?)
        .args(env::args_os().skip(1))
        .env(INSIDE, "1")
        .exec();
    Err(error).context("cannot start unshare")
}

/// Bytes that went over this network's loopback, with the headers of IP and TCP.
pub(crate) fn bytes() -> Result<f64> {
    let table = fs::read_to_string("/proc/net/dev")?;
    let line = table
        .lines()
        .find_map(|line| line.trim().strip_prefix("lo:"));
    let first = line.and_then(|line| line.split_whitespace().next());
    Ok(first.context("no loopback")?.parse()?)
}
