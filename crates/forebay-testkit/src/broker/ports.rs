//! Ports that are free, on loopback.
//!
//! They lie below those that the kernel gives to outgoing connections. Otherwise a client that calls a broker that is down
//! would now and then be given the broker's own port as its end, and be connected to itself; and the broker that comes
//! back would find its port taken.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;

use super::{Listener, Options};

#[derive(Clone, Debug)]
pub struct Ports {
    pub controller: u16,
    listeners: Vec<(Listener, u16)>,
}

/// None of the well-known ones.
const FIRST: u16 = 10_000;
const TRIES: u32 = 1_000;

impl Ports {
    pub fn free(options: &Options) -> Result<Ports, String> {
        // All are held until all are found, so that none is found twice.
        let mut held = Vec::new();
        let mut listeners = Vec::new();
        for &listener in options.security.listeners() {
            let wanted = options.port.filter(|_| listener == Listener::Plaintext);
            let port = wanted.and_then(|port| take(port, &mut held));
            let port = port.map_or_else(|| any(&mut held), Ok)?;
            listeners.push((listener, port));
        }
        Ok(Ports { controller: any(&mut held)?, listeners })
    }

    pub fn of(&self, listener: Listener) -> Option<u16> {
        self.listeners.iter().find(|(other, _)| *other == listener).map(|(_, port)| *port)
    }

    pub fn listeners(&self) -> &[(Listener, u16)] {
        &self.listeners
    }
}

fn any(held: &mut Vec<TcpListener>) -> Result<u16, String> {
    let range = range(fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok().as_deref());
    let random = RandomState::new();
    for attempt in 0..TRIES {
        let at = random.hash_one(attempt) % u64::from(range.end - range.start);
        let port = range.start + u16::try_from(at).expect("it is less than the range is long");
        if let Some(port) = take(port, held) {
            return Ok(port);
        }
    }
    Err(format!("of {TRIES} ports between {} and {} none is free", range.start, range.end))
}

/// Ports that are not given to outgoing connections, by what the kernel says of those.
fn range(outgoing: Option<&str>) -> Range<u16> {
    let first = outgoing.and_then(|text| text.split_whitespace().next()?.parse().ok()).unwrap_or(32_768);
    // Where too few are left, a connection to oneself is the lesser evil.
    if first >= FIRST + 1_000 { FIRST..first } else { FIRST..u16::MAX }
}

fn take(port: u16, held: &mut Vec<TcpListener>) -> Option<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
    let port = listener.local_addr().ok()?.port();
    held.push(listener);
    Some(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_wanted_is_taken_where_it_is_free() {
        let mut held = Vec::new();
        let port = any(&mut held).unwrap();
        let options = || Options { port: Some(port), ..Options::default() };
        assert_ne!(Ports::free(&options()).unwrap().of(Listener::Plaintext), Some(port), "it is held");
        drop(held);
        assert_eq!(Ports::free(&options()).unwrap().of(Listener::Plaintext), Some(port));
    }

    #[test]
    fn they_lie_below_those_of_outgoing_connections() {
        assert_eq!(range(Some("32768\t60999\n")), 10_000..32_768);
        assert_eq!(range(Some("20000 60999")), 10_000..20_000);
        assert_eq!(range(Some("1024 65535")), 10_000..65_535);
        assert_eq!(range(None), 10_000..32_768);
    }
}
