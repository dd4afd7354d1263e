//! Headers as bytes, both ways. Pure: no file is touched here, and any bytes may come in.

use std::path::Path;

use crate::LogError;

pub const VERSION: u8 = 1;
pub const SEGMENT_HEADER_BYTES: usize = 28;
pub const ENTRY_HEADER_BYTES: usize = 28;
pub const BLOB_HEADER_BYTES: usize = 24;

const SEGMENT_MAGIC: [u8; 7] = *b"FBAYLOG";
const BLOB_MAGIC: [u8; 7] = *b"FBAYBLB";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    pub first: u64,
    pub salt: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryHeader {
    pub length: u32,
    pub payload_checksum: u32,
    pub sequence: u64,
    /// Entries below this sequence were synced when this one was written.
    pub durable: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobHeader {
    pub length: u64,
    pub payload_checksum: u32,
}

/// Why bytes are no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoHeader {
    Magic,
    Newer(u8),
    Checksum,
}

impl NoHeader {
    pub fn at(self, path: &Path, what: &str) -> LogError {
        match self {
            NoHeader::Magic => LogError::corrupt(path, 0, format!("it does not begin as a {what} does")),
            NoHeader::Newer(version) => LogError::Newer { path: path.to_path_buf(), version, known: VERSION },
            NoHeader::Checksum => LogError::corrupt(path, 0, format!("the {what} header fails its checksum")),
        }
    }
}

impl SegmentHeader {
    pub fn encode(self) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut out = [0; SEGMENT_HEADER_BYTES];
        put_start(&mut out, SEGMENT_MAGIC);
        out[8..16].copy_from_slice(&self.first.to_le_bytes());
        out[16..24].copy_from_slice(&self.salt.to_le_bytes());
        let sum = checksum(&[&out[..24]]);
        out[24..].copy_from_slice(&sum.to_le_bytes());
        out
    }

    pub fn decode(bytes: &[u8; SEGMENT_HEADER_BYTES]) -> Result<SegmentHeader, NoHeader> {
        check_start(bytes, SEGMENT_MAGIC)?;
        if checksum(&[&bytes[..24]]) != u32_at(bytes, 24) {
            return Err(NoHeader::Checksum);
        }
        Ok(SegmentHeader { first: u64_at(bytes, 8), salt: u64_at(bytes, 16) })
    }
}

impl EntryHeader {
    pub fn encode(self, salt: u64) -> [u8; ENTRY_HEADER_BYTES] {
        let mut out = [0; ENTRY_HEADER_BYTES];
        out[..4].copy_from_slice(&self.length.to_le_bytes());
        out[4..8].copy_from_slice(&self.payload_checksum.to_le_bytes());
        out[8..16].copy_from_slice(&self.sequence.to_le_bytes());
        out[16..24].copy_from_slice(&self.durable.to_le_bytes());
        let sum = checksum(&[&salt.to_le_bytes(), &out[..24]]);
        out[24..].copy_from_slice(&sum.to_le_bytes());
        out
    }

    /// None when the checksum fails.
    pub fn decode(bytes: &[u8; ENTRY_HEADER_BYTES], salt: u64) -> Option<EntryHeader> {
        (checksum(&[&salt.to_le_bytes(), &bytes[..24]]) == u32_at(bytes, 24)).then(|| EntryHeader {
            length: u32_at(bytes, 0),
            payload_checksum: u32_at(bytes, 4),
            sequence: u64_at(bytes, 8),
            durable: u64_at(bytes, 16),
        })
    }
}

impl BlobHeader {
    pub fn encode(self, name: &str) -> [u8; BLOB_HEADER_BYTES] {
        let mut out = [0; BLOB_HEADER_BYTES];
        put_start(&mut out, BLOB_MAGIC);
        out[8..16].copy_from_slice(&self.length.to_le_bytes());
        out[16..20].copy_from_slice(&self.payload_checksum.to_le_bytes());
        let sum = checksum(&[name.as_bytes(), &out[..20]]);
        out[20..].copy_from_slice(&sum.to_le_bytes());
        out
    }

    pub fn decode(bytes: &[u8; BLOB_HEADER_BYTES], name: &str) -> Result<BlobHeader, NoHeader> {
        check_start(bytes, BLOB_MAGIC)?;
        if checksum(&[name.as_bytes(), &bytes[..20]]) != u32_at(bytes, 20) {
            return Err(NoHeader::Checksum);
        }
        Ok(BlobHeader { length: u64_at(bytes, 8), payload_checksum: u32_at(bytes, 16) })
    }
}

/// CRC-32 of the parts as if they were one.
pub fn checksum(parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

/// The sequence field of what may be an entry header: enough to pass over most bytes that are none.
pub fn sequence_at(bytes: &[u8; ENTRY_HEADER_BYTES]) -> u64 {
    u64_at(bytes, 8)
}

fn put_start(out: &mut [u8], magic: [u8; 7]) {
    out[..7].copy_from_slice(&magic);
    out[7] = VERSION;
}

/// The version comes before the checksum: a later version may keep its checksum elsewhere.
fn check_start(bytes: &[u8], magic: [u8; 7]) -> Result<(), NoHeader> {
    if bytes[..7] != magic {
        return Err(NoHeader::Magic);
    }
    match bytes[7] {
        VERSION => Ok(()),
        newer if newer > VERSION => Err(NoHeader::Newer(newer)),
        _ => Err(NoHeader::Checksum),
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes on disk are a promise to later versions: this is what version 1 looks like.
    #[test]
    fn headers_are_these_bytes() {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let segment = SegmentHeader { first: 7, salt: 0x0102030405060708 };
        assert_eq!(hex(&segment.encode()), "464241594c4f4701070000000000000008070605040302018ba67c0c");
        let entry =
            EntryHeader { length: 3, payload_checksum: checksum(&[b"a", b"bc"]), sequence: 9, durable: 8 };
        assert_eq!(hex(&entry.encode(1)), "03000000c241243509000000000000000800000000000000bf3ecf2b");
        let blob = BlobHeader { length: 5, payload_checksum: 6 };
        assert_eq!(hex(&blob.encode("state")), "46424159424c4201050000000000000006000000d57dc094");
    }

    #[test]
    fn headers_read_back_and_no_flipped_bit_does() {
        let segment = SegmentHeader { first: 7, salt: u64::MAX };
        let entry = EntryHeader { length: u32::MAX, payload_checksum: 1, sequence: 9, durable: 8 };
        let blob = BlobHeader { length: u64::MAX, payload_checksum: 6 };
        assert_eq!(SegmentHeader::decode(&segment.encode()), Ok(segment));
        assert_eq!(EntryHeader::decode(&entry.encode(5), 5), Some(entry));
        assert_eq!(BlobHeader::decode(&blob.encode("a"), "a"), Ok(blob));
        assert_eq!(EntryHeader::decode(&entry.encode(5), 6), None);
        assert_eq!(BlobHeader::decode(&blob.encode("a"), "b"), Err(NoHeader::Checksum));
        for bit in 0..ENTRY_HEADER_BYTES * 8 {
            let mut bytes = (segment.encode(), entry.encode(5));
            bytes.0[bit / 8] ^= 1 << (bit % 8);
            bytes.1[bit / 8] ^= 1 << (bit % 8);
            assert!(SegmentHeader::decode(&bytes.0).is_err(), "bit {bit}");
            assert!(EntryHeader::decode(&bytes.1, 5).is_none(), "bit {bit}");
        }
        for bit in 0..BLOB_HEADER_BYTES * 8 {
            let mut bytes = blob.encode("a");
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(BlobHeader::decode(&bytes, "a").is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_newer_version_is_told_from_damage() {
        let mut bytes = SegmentHeader { first: 1, salt: 2 }.encode();
        bytes[7] = VERSION + 1;
        assert_eq!(SegmentHeader::decode(&bytes), Err(NoHeader::Newer(VERSION + 1)));
        bytes[7] = 0;
        assert_eq!(SegmentHeader::decode(&bytes), Err(NoHeader::Checksum));
    }
}
