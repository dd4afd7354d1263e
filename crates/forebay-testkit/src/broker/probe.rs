//! A question over Kafka's protocol that only a broker answers that is ready: who is in the cluster?
//!
//! Metadata, version 2, for no topics. A broker lists itself once its controller lets it serve clients, which is later than
//! its port is open; only then can topics be made.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(1);
const METADATA: i16 = 3;
const VERSION: i16 = 2;
/// Far more than an answer about one broker and no topic has.
const MOST_BYTES: usize = 64 * 1024;

/// The id of the cluster at an address; none while no broker of it serves.
pub fn cluster(address: &str) -> io::Result<Option<String>> {
    let address = address.to_socket_addrs()?.next().ok_or(ErrorKind::InvalidInput)?;
    let mut connection = TcpStream::connect_timeout(&address, PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    connection.write_all(&request())?;
    let mut length = [0; 4];
    connection.read_exact(&mut length)?;
    let length = usize::try_from(i32::from_be_bytes(length)).ok().filter(|length| *length <= MOST_BYTES);
    let mut answer = vec![0; length.ok_or(ErrorKind::InvalidData)?];
    connection.read_exact(&mut answer)?;
    read(&answer).ok_or_else(|| ErrorKind::InvalidData.into())
}

fn request() -> Vec<u8> {
    let (correlation, no_client, no_topics) = (0i32, -1i16, 0i32);
    let mut body = Vec::new();
    body.extend(METADATA.to_be_bytes());
    body.extend(VERSION.to_be_bytes());
    body.extend(correlation.to_be_bytes());
    body.extend(no_client.to_be_bytes());
    body.extend(no_topics.to_be_bytes());
    let length = i32::try_from(body.len()).expect("it has a few bytes");
    [&length.to_be_bytes()[..], &body].concat()
}

/// Correlation, brokers (id, host, port, rack), id of the cluster; what follows is of no interest.
fn read(answer: &[u8]) -> Option<Option<String>> {
    let mut rest = answer;
    int(&mut rest)?;
    let brokers = int(&mut rest)?;
    for _ in 0..brokers {
        int(&mut rest)?;
        text(&mut rest)?;
        int(&mut rest)?;
        text(&mut rest)?;
    }
    let cluster = text(&mut rest)?;
    Some(cluster.filter(|_| brokers > 0))
}

fn int(rest: &mut &[u8]) -> Option<i32> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(i32::from_be_bytes(*head))
}

/// A text or null.
fn text(rest: &mut &[u8]) -> Option<Option<String>> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    let Ok(length) = usize::try_from(i16::from_be_bytes(*head)) else { return Some(None) };
    let (head, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(Some(String::from_utf8(head.to_vec()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(answer: &[u8], expect: Option<Option<&str>>) {
        assert_eq!(read(answer), expect.map(|cluster| cluster.map(String::from)));
    }

    #[test]
    fn an_answer_names_the_cluster_once_a_broker_serves() {
        let serving =
            b"\0\0\0\0\0\0\0\x01\0\0\0\x01\0\x09127.0.0.1\0\0\x23\x84\xff\xff\0\x03abc\0\0\0\x01\0\0\0\0";
        check(serving, Some(Some("abc")));
        check(b"\0\0\0\0\0\0\0\0\0\x03abc\0\0\0\x01\0\0\0\0", Some(None));
        check(b"\0\0\0\0\0\0\0\0\xff\xff", Some(None));
    }

    #[test]
    fn what_is_no_answer_is_none() {
        check(b"", None);
        check(b"\0\0\0\0\0\0\0\x01", None);
        check(b"\0\0\0\0\0\0\0\0\0\x09abc", None);
        check(b"\0\0\0\0\0\0\0\0\0\x01\xff", None);
    }
}
