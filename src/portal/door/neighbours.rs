//! Keeps the view away from the portal: what it shows comes from elsewhere and must not reach the
//! device's own administration, under whatever address.

use std::{
    collections::{BTreeMap, BTreeSet},
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

/// A connection: whoever opened it, and our address that it leads to.
pub(super) type Connection = (SocketAddr, SocketAddr);

/// Who opened each of these connections, which have to be open already. Reads `/proc`: some
/// milliseconds, however many they are.
pub(super) fn origins(connections: &[Connection]) -> Vec<Origin> {
    // `/proc/net` may be hidden from us.
    let inodes = socket_inodes().unwrap_or_default();
    let of_the_view = sockets(&offspring(std::process::id()));
    let origin = |(peer, local): &Connection| {
        if !is_within_this_device(peer.ip(), local.ip()) {
            return Origin::Elsewhere;
        }
        let inode = inodes.get(&(canonical(*peer), canonical(*local)));
        owner(inode, of_the_view.as_ref())
    };
    connections.iter().map(origin).collect()
}

/// Whose a socket of this device is; `of_the_view` are the sockets of our own processes, if all of
/// them can be told.
fn owner(inode: Option<&u64>, of_the_view: Option<&BTreeSet<u64>>) -> Origin {
    match (inode, of_the_view) {
        (Some(inode), Some(ours)) if ours.contains(inode) => Origin::Ours,
        (Some(_), Some(_)) => Origin::Elsewhere,
        // It has gone already, or the kernel hides what our processes hold.
        (None, _) | (_, None) => Origin::Unknown,
    }
}

/// A device reaches its own addresses from one of its own addresses: the same one, unless somebody
/// chose otherwise.
pub(super) fn is_within_this_device(peer: IpAddr, local: IpAddr) -> bool {
    let (peer, local) = (peer.to_canonical(), local.to_canonical());
    peer.is_loopback() || local.is_loopback() || peer == local
}

/// The inode of every TCP socket, by its own end and its other end.
fn socket_inodes() -> io::Result<BTreeMap<Connection, u64>> {
    let mut inodes = BTreeMap::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        match fs::read_to_string(table) {
            Ok(text) => inodes.extend(text.lines().skip(1).filter_map(socket)),
            // A kernel without IPv6.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(inodes)
}

/// A line is `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …`.
fn socket(line: &str) -> Option<(Connection, u64)> {
    let mut words = line.split_whitespace().skip(1);
    let ends = (address(words.next()?)?, address(words.next()?)?);
    Some((ends, words.nth(6)?.parse().ok()?))
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

/// The inodes of all sockets that these processes hold; `None` when some process does not let us
/// see what it holds.
fn sockets(processes: &BTreeSet<u32>) -> Option<BTreeSet<u64>> {
    let mut inodes = BTreeSet::new();
    for pid in processes {
        let folder = format!("/proc/{pid}/fd");
        match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return None,
            // It has ended, and its sockets with it.
            Err(_) => continue,
            Ok(_) => {}
        }
        let links = numbers(Path::new(&folder))
            .filter_map(|number| fs::read_link(format!("{folder}/{number}")).ok());
        inodes.extend(links.filter_map(|target| {
            let inode = target.to_str()?.strip_prefix("socket:[")?;
            inode.strip_suffix(']')?.parse::<u64>().ok()
        }));
    }
    Some(inodes)
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

    fn origin(peer: SocketAddr, local: SocketAddr) -> Origin {
        origins(&[(peer, local)])[0]
    }

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
    fn whoever_cannot_be_told_apart_from_the_view_is_unknown() {
        let ours = BTreeSet::from([7]);
        assert_eq!(owner(Some(&7), Some(&ours)), Origin::Ours);
        assert_eq!(owner(Some(&8), Some(&ours)), Origin::Elsewhere);
        assert_eq!(owner(Some(&8), None), Origin::Unknown);
        assert_eq!(owner(None, Some(&ours)), Origin::Unknown);
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
