//! The device's network links: its own addresses, and when they change.

use std::{
    collections::BTreeSet,
    fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use rustix::net::{
    AddressFamily, SocketFlags, SocketType, bind, netlink::SocketAddrNetlink, socket_with,
};

use crate::{clock, player::NetworkState, readable::Readable};

/// `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR` and `RTMGRP_IPV6_IFADDR` of rtnetlink(7).
const GROUPS: u32 = 0x1 | 0x10 | 0x100;

/// A link that comes up says so in several messages.
const CALM: Duration = Duration::from_millis(300);

/// More addresses would not help the technician and not fit the slate.
const SHOWN: usize = 3;

/// Tells changes of the device's addresses, from the moment of [`Links::watch`] on.
#[derive(Debug)]
pub struct Links {
    socket: Readable,
    addresses: BTreeSet<IpAddr>,
}

impl Links {
    /// # Errors
    ///
    /// When the process may not use netlink (`RestrictAddressFamilies` without `AF_NETLINK`).
    pub fn watch() -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        // The protocol's number is 0: NETLINK_ROUTE.
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
        bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
        let socket = Readable::new(socket)?;
        let addresses = own_addresses();
        Ok(Self { socket, addresses })
    }

    /// Waits until the device got an address or lost its last one.
    ///
    /// A device that never had any, such as one that only talks to itself, never becomes offline.
    ///
    /// # Errors
    ///
    /// When the kernel takes the socket or has no timer left to give.
    pub async fn changed(&mut self) -> io::Result<NetworkState> {
        loop {
            // The tables tell how things are now.
            self.socket.drained().await?;
            clock::sleep_until(clock::now() + CALM).await?;
            let earlier = std::mem::replace(&mut self.addresses, own_addresses());
            if let Some(state) = difference(&earlier, &self.addresses) {
                return Ok(state);
            }
        }
    }
}

fn difference(earlier: &BTreeSet<IpAddr>, now: &BTreeSet<IpAddr>) -> Option<NetworkState> {
    if now.difference(earlier).next().is_some() {
        Some(NetworkState::Online)
    } else if now.is_empty() && !earlier.is_empty() {
        Some(NetworkState::Offline)
    } else {
        None
    }
}

/// The addresses under which other machines may reach this one.
fn own_addresses() -> BTreeSet<IpAddr> {
    // The kernel's own tables: reading them starts no process and needs no right.
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    if !has_carrier() {
        return BTreeSet::new();
    }
    let v4 = ipv4_addresses(&read("/proc/net/fib_trie"));
    let v6 = ipv6_addresses(&read("/proc/net/if_inet6"));
    v4.into_iter()
        .map(IpAddr::V4)
        .chain(v6.into_iter().map(IpAddr::V6))
        .collect()
}

/// The address that others reach the device by; the shorter kind if it has both.
#[must_use]
pub fn first_address() -> Option<IpAddr> {
    // IPv4 addresses come first in their order.
    own_addresses().into_iter().next()
}

/// The addresses as slates say them, or that there is none.
#[must_use]
pub fn addresses_in_words() -> String {
    words(&own_addresses())
}

fn words(addresses: &BTreeSet<IpAddr>) -> String {
    // IPv4 addresses are the shorter ones to type.
    let shown: Vec<String> = addresses
        .iter()
        .filter(|address| address.is_ipv4() || !addresses.iter().any(IpAddr::is_ipv4))
        .take(SHOWN)
        .map(IpAddr::to_string)
        .collect();
    if shown.is_empty() {
        "none yet (no network)".to_owned()
    } else {
        shown.join(", ")
    }
}

/// An unplugged cable leaves its addresses in the tables.
fn has_carrier() -> bool {
    let Ok(links) = fs::read_dir("/sys/class/net") else {
        // Not mounted: the tables alone have to do.
        return true;
    };
    links
        .flatten()
        .filter(|link| link.file_name() != "lo")
        .any(|link| {
            let state = fs::read_to_string(link.path().join("operstate")).unwrap_or_default();
            // Tunnels and some drivers never say more than "unknown".
            matches!(state.trim(), "up" | "unknown")
        })
}

/// In the table a local address is a leaf line `|-- 192.168.1.20` before a line `/32 host LOCAL`.
fn ipv4_addresses(table: &str) -> BTreeSet<Ipv4Addr> {
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

/// Lines of the address in 32 hex digits, index, prefix length, scope and flags (hex), and name;
/// only the global scope counts.
fn ipv6_addresses(table: &str) -> BTreeSet<Ipv6Addr> {
    const GLOBAL: &str = "00";
    table
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let digits = words.next()?;
            let scope = words.nth(2)?;
            let address = u128::from_str_radix(digits, 16).ok()?;
            (scope == GLOBAL).then(|| Ipv6Addr::from(address))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(addresses: &[&str]) -> BTreeSet<IpAddr> {
        addresses.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn only_local_ipv4_addresses_of_real_links_count() {
        let table = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 192.168.1.0\n        /24 link UNICAST\n\
                     \x20    |-- 192.168.1.20\n        /32 host LOCAL\n\
                     \x20    |-- 127.0.0.1\n        /32 host LOCAL\n\
                     \x20    |-- 192.168.1.255\n        /32 link BROADCAST\n";
        let expected = BTreeSet::from([Ipv4Addr::new(192, 168, 1, 20)]);
        assert_eq!(ipv4_addresses(table), expected);
    }

    #[test]
    fn only_global_ipv6_addresses_count() {
        let table = "00000000000000000000000000000001 01 80 10 80       lo\n\
                     fe80000000000000021122fffe334455 02 40 20 80     eth0\n\
                     20010db8000000000000000000000014 02 40 00 80     eth0\n";
        let expected = BTreeSet::from(["2001:db8::14".parse().unwrap()]);
        assert_eq!(ipv6_addresses(table), expected);
    }

    #[test]
    fn a_slate_says_the_addresses_that_are_easy_to_type() {
        assert_eq!(words(&set(&["2001:db8::14", "192.0.2.1"])), "192.0.2.1");
        assert_eq!(words(&set(&["2001:db8::14"])), "2001:db8::14");
        assert_eq!(words(&set(&[])), "none yet (no network)");
    }

    #[test]
    fn a_new_address_is_a_chance_and_the_last_one_lost_is_the_end() {
        use NetworkState::{Offline, Online};
        let (none, one, other) = (set(&[]), set(&["192.0.2.1"]), set(&["192.0.2.2"]));
        let both = set(&["192.0.2.1", "192.0.2.2"]);
        assert_eq!(difference(&none, &one), Some(Online));
        assert_eq!(difference(&one, &other), Some(Online));
        assert_eq!(difference(&one, &both), Some(Online));
        assert_eq!(difference(&both, &one), None);
        assert_eq!(difference(&one, &one), None);
        assert_eq!(difference(&one, &none), Some(Offline));
        assert_eq!(difference(&none, &none), None);
    }
}
