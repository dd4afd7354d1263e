//! Two questions over Kafka's protocol that need no client: who is in the cluster, and whether topics can be made.
//!
//! Metadata, version 2, for no topics: a broker lists itself once its controller lets it serve clients, which is later than
//! its port is open; only then can topics be made. CreateTopics, version 2: a tool that does it starts Java for each topic.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// For who only wants to know whether somebody answers.
const BRIEF: Duration = Duration::from_secs(1);
/// For who wants something done.
const PATIENT: Duration = Duration::from_secs(30);
const METADATA: i16 = 3;
const CREATE_TOPICS: i16 = 19;
const VERSION: i16 = 2;
/// Far more than an answer about one broker and a few topics has.
const MOST_BYTES: usize = 64 * 1024;

/// The id of the cluster at an address; none while no broker of it serves.
pub fn cluster(address: &str) -> io::Result<Option<String>> {
    let no_topics = 0i32;
    let answer = ask(address, METADATA, &no_topics.to_be_bytes(), BRIEF)?;
    read(&answer).ok_or_else(|| ErrorKind::InvalidData.into())
}

/// Makes topics with so many partitions each.
pub fn create(address: &str, topics: &[(&str, i32)]) -> Result<(), String> {
    let answer = ask(address, CREATE_TOPICS, &to_create(topics), PATIENT);
    let answer = answer.map_err(|error| format!("no topics can be made at {address}: {error}"))?;
    created(&answer).unwrap_or_else(|| Err("Kafka's answer about topics cannot be read".into()))
}

fn ask(address: &str, what: i16, body: &[u8], patience: Duration) -> io::Result<Vec<u8>> {
    let address = address.to_socket_addrs()?.next().ok_or(ErrorKind::InvalidInput)?;
    let mut connection = TcpStream::connect_timeout(&address, patience)?;
    connection.set_read_timeout(Some(patience))?;
    connection.set_write_timeout(Some(patience))?;
    connection.write_all(&request(what, body))?;
    let mut length = [0; 4];
    connection.read_exact(&mut length)?;
    let length = usize::try_from(i32::from_be_bytes(length)).ok().filter(|length| *length <= MOST_BYTES);
    let mut answer = vec![0; length.ok_or(ErrorKind::InvalidData)?];
    connection.read_exact(&mut answer)?;
    Ok(answer)
}

fn request(what: i16, body: &[u8]) -> Vec<u8> {
    let (correlation, no_client) = (0i32, -1i16);
    let head = [
        &what.to_be_bytes()[..],
        &VERSION.to_be_bytes(),
        &correlation.to_be_bytes(),
        &no_client.to_be_bytes(),
    ];
    let whole = [&head.concat(), body].concat();
    let length = i32::try_from(whole.len()).expect("it has a few bytes");
    [&length.to_be_bytes()[..], &whole].concat()
}

/// Each topic with name, partitions, replication, no assignments and no settings; how long to wait, and that it is meant.
fn to_create(topics: &[(&str, i32)]) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend((topics.len() as i32).to_be_bytes());
    for (name, partitions) in topics {
        let one_replica = 1i16;
        body.extend((name.len() as i16).to_be_bytes());
        body.extend(name.as_bytes());
        body.extend(partitions.to_be_bytes());
        body.extend(one_replica.to_be_bytes());
        body.extend([0; 8]);
    }
    body.extend((PATIENT.as_millis() as i32).to_be_bytes());
    body.push(0);
    body
}

/// Correlation, throttling, topics (name, code of an error, its message).
fn created(answer: &[u8]) -> Option<Result<(), String>> {
    let mut rest = answer;
    int(&mut rest)?;
    int(&mut rest)?;
    for _ in 0..int(&mut rest)? {
        let name = text(&mut rest)??;
        let (code, tail) = rest.split_first_chunk()?;
        rest = tail;
        let why = text(&mut rest)?;
        match i16::from_be_bytes(*code) {
            0 => {}
            code => {
                let why = why.unwrap_or_else(|| format!("error {code}"));
                return Some(Err(format!("the topic `{name}` cannot be made: {why}")));
            }
        }
    }
    Some(Ok(()))
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
    fn topics_are_made_or_it_is_said_why_not() {
        let check = |answer: &[u8], expect: Option<Result<(), &str>>| {
            assert_eq!(created(answer), expect.map(|made| made.map_err(String::from)));
        };
        check(b"\0\0\0\0\0\0\0\0\0\0\0\x01\0\x01a\0\0\xff\xff", Some(Ok(())));
        check(
            b"\0\0\0\0\0\0\0\0\0\0\0\x02\0\x01a\0\0\xff\xff\0\x01b\0\x24\0\x02no",
            Some(Err("the topic `b` cannot be made: no")),
        );
        check(b"\0\0\0\0\0\0\0\0\0\0\0\x01\0\x01a", None);
    }

    #[test]
    fn what_is_no_answer_is_none() {
        check(b"", None);
        check(b"\0\0\0\0\0\0\0\x01", None);
        check(b"\0\0\0\0\0\0\0\0\0\x09abc", None);
        check(b"\0\0\0\0\0\0\0\0\0\x01\xff", None);
    }
}
