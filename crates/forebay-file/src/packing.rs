//! How a file is packed: its name says so. Packed text is a row of gzip members or zstd frames, each a whole by
//! itself, so that a file can be cut and continued between any two of them.

use std::io::{self, BufReader, Read, Write};

use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

/// Bytes of a packed file that are read at a time.
const READ: usize = 64 << 10;

/// Endings of files that are packed in a way that nobody here can unpack.
const FOREIGN: &[&str] =
    &[".bz2", ".xz", ".lz4", ".br", ".zip", ".7z", ".rar", ".Z", ".lzma", ".sz", ".snappy"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    None,
    Gzip,
    Zstd,
}

impl Packing {
    pub fn of(name: &str) -> Packing {
        match name {
            name if name.ends_with(".gz") => Packing::Gzip,
            name if name.ends_with(".zst") => Packing::Zstd,
            _ => Packing::None,
        }
    }

    /// The ending of a name that promises another way of packing.
    pub fn foreign(name: &str) -> Option<&'static str> {
        FOREIGN.iter().copied().find(|ending| name.ends_with(ending))
    }

    /// The ending of the name.
    pub fn ending(self) -> &'static str {
        match self {
            Packing::None => "",
            Packing::Gzip => ".gz",
            Packing::Zstd => ".zst",
        }
    }

    /// The text in a file, from where the file stands, which has to be at the start of a member or frame.
    pub fn unpack(self, file: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Packing::None => Box::new(file),
            Packing::Gzip => Box::new(MultiGzDecoder::new(BufReader::with_capacity(READ, file))),
            Packing::Zstd => Box::new(zstd::Decoder::with_buffer(BufReader::with_capacity(READ, file))?),
        })
    }
}

/// Packs blocks of text.
pub(crate) enum Packer {
    Gzip,
    Zstd(zstd::bulk::Compressor<'static>),
}

impl Packer {
    /// `None` for plain text, which stays as it is.
    pub fn new(packing: Packing) -> io::Result<Option<Packer>> {
        Ok(match packing {
            Packing::None => None,
            Packing::Gzip => Some(Packer::Gzip),
            Packing::Zstd => {
                Some(Packer::Zstd(zstd::bulk::Compressor::new(zstd::DEFAULT_COMPRESSION_LEVEL)?))
            }
        })
    }

    /// Replaces what is in `out` by the text as one member or frame.
    pub fn pack(&mut self, text: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        out.clear();
        match self {
            Packer::Gzip => {
                let mut encoder = GzEncoder::new(out, Compression::default());
                encoder.write_all(text)?;
                encoder.finish().map(|_| ())
            }
            Packer::Zstd(compressor) => {
                out.reserve(zstd::zstd_safe::compress_bound(text.len()));
                compressor.compress_to_buffer(text, out).map(|_| ())
            }
        }
    }
}
