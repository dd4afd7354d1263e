//! Who is at the other end of a connection on this machine: the user that the kernel lists for it.
//!
//! A port of the loopback is everybody's on the machine. What stops a pipeline or shows its records is for its user, and root.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The user who opened a connection from `peer` to a port of this machine; `None` where the kernel lists no such one.
pub(super) fn user_of(peer: SocketAddr, port: u16) -> Option<u32> {
    let lists = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    lists.iter().find_map(|list| find(list, peer, port))
}

/// Looks in a list of sockets as the kernel writes it.
fn find(list: &str, peer: SocketAddr, port: u16) -> Option<u32> {
    let mut rows = list.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>());
    rows.find_map(|row| {
        let (local, remote) = (address(row.get(1)?)?, address(row.get(2)?)?);
        let is_it =
            local.ip() == peer.ip().to_canonical() && local.port() == peer.port() && remote.port() == port;
        if is_it { row.get(7)?.parse().ok() } else { None }
    })
}

/// `0100007F:A021`: words of the address as the processor reads them, and the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let word = |at: usize| u32::from_str_radix(host.get(at * 8..at * 8 + 8)?, 16).ok().map(u32::to_ne_bytes);
    let ip = match host.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let mut bytes = [0; 16];
            for (at, part) in bytes.chunks_exact_mut(4).enumerate() {
                part.copy_from_slice(&word(at)?);
            }
            IpAddr::V6(Ipv6Addr::from(bytes)).to_canonical()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_user_of_a_connection_is_the_one_who_opened_it() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            // A machine may be without IPv6.
            let Ok(listener) = TcpListener::bind(address) else { continue };
            let own = listener.local_addr().expect("an address");
            let client = TcpStream::connect(own).expect("a connection");
            let (_server, peer) = listener.accept().expect("a connection");
            assert_eq!(user_of(peer, own.port()), Some(rustix::process::getuid().as_raw()), "{address}");
            assert_eq!(user_of(peer, own.port().wrapping_add(1)), None);
            drop(client);
        }
    }

    #[test]
    fn addresses_are_read_as_the_kernel_writes_them() {
        let list = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n   \
            1: 0100007F:A021 0100007F:C34A 01 00000000:00000000 00:00000000 00000000  1000        0 9\n   \
            2: 0000000000000000FFFF00000100007F:A022 0000000000000000FFFF00000100007F:C34A 01 0:0 00:0 0  1001        0 9\n";
        let check = |peer: &str, port: u16, expect: Option<u32>| {
            assert_eq!(find(list, peer.parse().expect("an address"), port), expect, "{peer}");
        };
        if cfg!(target_endian = "little") {
            check("127.0.0.1:40993", 0xc34a, Some(1_000));
            check("127.0.0.1:40994", 0xc34a, Some(1_001));
            check("[::ffff:127.0.0.1]:40994", 0xc34a, Some(1_001));
            check("127.0.0.1:40993", 0xc34b, None);
        }
        assert_eq!([address("0100007F"), address("01:1"), address("0100007F:ZZ")], [None; 3]);
    }
}
