//! Keeps the view away from the portal: what it shows comes from elsewhere and must not reach the
//! device's own administration, under whatever address.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs, io,
    net::{IpAddr, SocketAddr},
    path::Path,
};

/// Who opened a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Another device, or a program on this one that we did not start.
    Elsewhere,
    /// A process that we started: the view's.
    Ours,
    /// A connection within this device whose owner the kernel does not tell; it may be the view's.
    Unknown,
}

/// Who opened the connection from `peer` to our `local` address. Reads `/proc`: some milliseconds.
pub(super) fn origin(peer: SocketAddr, local: SocketAddr) -> Origin {
    if !is_within_this_device(peer.ip(), local.ip()) {
        return Origin::Elsewhere;
    }
    match socket_inode(peer, local) {
        Ok(Some(inode)) if owns(&offspring(std::process::id()), inode) => Origin::Ours,
        Ok(Some(_)) => Origin::Elsewhere,
        // It has gone already, or `/proc/net` is hidden from us.
        Ok(None) | Err(_) => Origin::Unknown,
    }
}

/// A device reaches its own addresses from one of its own addresses: the same one, unless somebody
/// chose otherwise.
fn is_within_this_device(peer: IpAddr, local: IpAddr) -> bool {
    let (peer, local) = (peer.to_canonical(), local.to_canonical());
    peer.is_loopback() || local.is_loopback() || peer == local
}

/// The inode of the socket whose own end is `peer` and whose other end is `local`.
fn socket_inode(peer: SocketAddr, local: SocketAddr) -> io::Result<Option<u64>> {
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let text = match fs::read_to_string(table) {
            Ok(text) => text,
            // A kernel without IPv6.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if let Some(inode) = text
            .lines()
            .skip(1)
            .find_map(|line| matching(line, peer, local))
        {
            return Ok(Some(inode));
        }
    }
    Ok(None)
}

/// A line is `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …`.
fn matching(line: &str, own: SocketAddr, other: SocketAddr) -> Option<u64> {
    let mut words = line.split_whitespace().skip(1);
    let is_it =
        address(words.next()?)? == canonical(own) && address(words.next()?)? == canonical(other);
    let inode = words.nth(6)?.parse().ok()?;
    is_it.then_some(inode)
}

/// An address as the kernel writes it: words of four bytes in the machine's order, as hexadecimal
/// digits, then the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let mut bytes = Vec::new();
    for start in (0..address.len()).step_by(8) {
        let word = u32::from_str_radix(address.get(start..start + 8)?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    let ip: IpAddr = match bytes.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
        16 => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
        _ => return None,
    };
    let port = u16::from_str_radix(port, 16).ok()?;
    Some(SocketAddr::new(ip.to_canonical(), port))
}

/// Without scope and flow, and an IPv4 address as such.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Every process that descends from `ancestor`, without itself.
fn offspring(ancestor: u32) -> BTreeSet<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for pid in numbers(Path::new("/proc")) {
        if let Some(parent) = parent(pid) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = BTreeSet::new();
    let mut open = vec![ancestor];
    while let Some(pid) = open.pop() {
        for child in children.get(&pid).into_iter().flatten() {
            if found.insert(*child) {
                open.push(*child);
            }
        }
    }
    found
}

/// `/proc/PID/stat` is `PID (name) state parent …`; the name may hold anything, even a bracket.
fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, tail) = stat.rsplit_once(')')?;
    tail.split_whitespace().nth(1)?.parse().ok()
}

/// Whether one of these processes holds the socket.
fn owns(processes: &BTreeSet<u32>, inode: u64) -> bool {
    let wanted = OsString::from(format!("socket:[{inode}]"));
    processes.iter().any(|pid| {
        let folder = format!("/proc/{pid}/fd");
        numbers(Path::new(&folder)).any(|number| {
            fs::read_link(format!("{folder}/{number}")).is_ok_and(|target| target == *wanted)
        })
    })
}

fn numbers(folder: &Path) -> impl Iterator<Item = u32> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use std::{
        net::{Ipv6Addr, TcpListener, TcpStream},
        process::{Command, Stdio},
    };

    use super::*;

    #[test]
    fn addresses_are_read_as_the_kernel_writes_them() {
        let [v4, port] = ["127.0.0.1", "8400"];
        let word = u32::from_ne_bytes([127, 0, 0, 1]);
        let text = format!("{word:08X}:20D0");
        assert_eq!(address(&text), format!("{v4}:{port}").parse().ok());
        for damaged in ["", "0100007F", "0100:20D0", "xyz:1", "é100007F:20D0"] {
            assert_eq!(address(damaged), None, "{damaged}");
        }
    }

    #[test]
    fn a_connection_of_our_own_process_is_not_the_views() {
        for host in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(host) else {
                continue;
            };
            let local = listener.local_addr().unwrap();
            let _stream = TcpStream::connect(local).unwrap();
            let (_accepted, peer) = listener.accept().unwrap();
            assert_eq!(origin(peer, local), Origin::Elsewhere);
        }
    }

    #[test]
    fn a_child_is_found_out() {
        let listener = TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0))
            .or_else(|_| TcpListener::bind("0.0.0.0:0"))
            .unwrap();
        let port = listener.local_addr().unwrap().port();
        // A child of a child, as WebKit's processes may be.
        let script = format!("exec 3<>/dev/tcp/127.0.0.1/{port}; read -r line <&3");
        let mut child = Command::new("bash")
            .args(["-c", &format!("(bash -c '{script}'); true")])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let (stream, peer) = listener.accept().unwrap();
        let seen = origin(peer, stream.local_addr().unwrap());
        drop(stream);
        child.wait().unwrap();
        assert_eq!(seen, Origin::Ours);
    }

    #[test]
    fn another_device_is_not_looked_for() {
        let far = "192.0.2.7:4000".parse().unwrap();
        let near = "192.0.2.1:8400".parse().unwrap();
        assert_eq!(origin(far, near), Origin::Elsewhere);
        assert_eq!(
            origin(near, near),
            Origin::Unknown,
            "there is no such connection"
        );
    }
}
