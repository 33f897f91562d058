//! The device's own IPv4 addresses, as slates say them.

use std::{collections::BTreeSet, fs, net::Ipv4Addr};

/// More would not help the technician and not fit the slate.
const SHOWN: usize = 3;

/// The addresses of this machine as one text, or why there is none.
pub(super) fn own_addresses() -> String {
    // The kernel's own table: it changes with the network, and reading it starts no process.
    let table = fs::read_to_string("/proc/net/fib_trie").unwrap_or_default();
    let addresses = local_addresses(&table);
    if addresses.is_empty() {
        return "none yet (no network)".to_owned();
    }
    let shown: Vec<String> = addresses
        .iter()
        .take(SHOWN)
        .map(Ipv4Addr::to_string)
        .collect();
    shown.join(", ")
}

/// In the table a local address is a leaf line `|-- 192.168.1.20` before a line `/32 host LOCAL`.
fn local_addresses(table: &str) -> BTreeSet<Ipv4Addr> {
    let mut leaf = None;
    let mut addresses = BTreeSet::new();
    for line in table.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            leaf = address.parse::<Ipv4Addr>().ok();
        } else if line == "/32 host LOCAL" {
            addresses.extend(leaf.filter(|address| !address.is_loopback()));
        }
    }
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_addresses_of_real_interfaces_are_shown() {
        let table = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 192.168.1.0\n        /24 link UNICAST\n\
                     \x20    |-- 192.168.1.20\n        /32 host LOCAL\n\
                     \x20    |-- 127.0.0.1\n        /32 host LOCAL\n\
                     \x20    |-- 192.168.1.255\n        /32 link BROADCAST\n";
        let expected = BTreeSet::from([Ipv4Addr::new(192, 168, 1, 20)]);
        assert_eq!(local_addresses(table), expected);
    }
}
