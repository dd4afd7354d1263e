//! Bytes with a place and an owner. [`BufMut`] is unique and grows; frozen it is a [`Buf`], read-only and
//! shared, one atomic a clone. A `Buf` whose other holders are gone turns back into a `BufMut` with its memory.

use std::fmt;
use std::sync::Arc;

use bytemuck::{Pod, Zeroable};
use forebay_types::Place;

/// The unit of host memory: buffers begin at a cache line, as Arrow asks.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([u8; 64]);

const LINE: usize = size_of::<Line>();

#[derive(Default)]
struct Block {
    lines: Vec<Line>,
}

/// Memory that somebody else made: a mapped media buffer, a decoder's surface, a message of a client library.
/// It is given back when the last buffer on it is dropped.
#[allow(clippy::len_without_is_empty, reason = "foreign memory of no bytes is not worth a method")]
pub trait Memory: Send + Sync + 'static {
    fn place(&self) -> Place;
    /// The bytes, where the CPU can read them.
    fn host(&self) -> Option<&[u8]>;
    /// Length in bytes.
    fn len(&self) -> usize;
}

#[derive(Clone)]
enum Owner {
    /// No bytes at all.
    Nobody,
    Host(Arc<Block>),
    Foreign(Arc<dyn Memory>),
}

/// Read-only bytes; a clone is a share.
#[derive(Clone)]
pub struct Buf {
    owner: Owner,
    start: usize,
    len: usize,
}

impl Buf {
    pub fn foreign(memory: Arc<dyn Memory>) -> Buf {
        let len = memory.len();
        Buf { owner: Owner::Foreign(memory), start: 0, len }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn place(&self) -> Place {
        match &self.owner {
            Owner::Nobody | Owner::Host(_) => Place::Host,
            Owner::Foreign(memory) => memory.place(),
        }
    }

    /// The bytes. The plan proves that nobody on the host reads a device's buffer; to do so is a defect and panics.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        let all = match &self.owner {
            Owner::Nobody => &[],
            Owner::Host(block) => bytemuck::cast_slice(&block.lines),
            Owner::Foreign(memory) => match memory.host() {
                Some(bytes) => bytes,
                None => panic!("a buffer in {} was read on the host", memory.place()),
            },
        };
        &all[self.start..self.start + self.len]
    }

    /// The bytes as values. The length has to be a multiple of the value's.
    #[inline]
    pub fn slice<T: Pod>(&self) -> &[T] {
        bytemuck::cast_slice(self.bytes())
    }

    /// Bytes `start..end`, sharing the memory.
    pub fn part(&self, start: usize, end: usize) -> Buf {
        assert!(start <= end && end <= self.len, "part {start}..{end} of a buffer of {} bytes", self.len);
        Buf { owner: self.owner.clone(), start: self.start + start, len: end - start }
    }

    /// Whether nobody else holds the memory: [`recycle`](Self::recycle) would give it back.
    pub fn is_held_once(&mut self) -> bool {
        match &mut self.owner {
            Owner::Host(shell) => Arc::get_mut(shell).is_some(),
            Owner::Nobody | Owner::Foreign(_) => false,
        }
    }

    /// The memory again, empty and writable, when nobody else holds it.
    pub fn recycle(self) -> Option<BufMut> {
        match self.owner {
            Owner::Host(mut shell) => {
                let lines = std::mem::take(&mut Arc::get_mut(&mut shell)?.lines);
                Some(BufMut { lines, len: 0, shell: Some(shell) })
            }
            Owner::Nobody | Owner::Foreign(_) => None,
        }
    }
}

impl Default for Buf {
    fn default() -> Buf {
        Buf { owner: Owner::Nobody, start: 0, len: 0 }
    }
}

impl fmt::Debug for Buf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buf({} bytes, {})", self.len, self.place())
    }
}

/// Bytes that one owner fills. Memory that was used before is not cleared: what was not written is unspecified.
#[derive(Default)]
pub struct BufMut {
    lines: Vec<Line>,
    len: usize,
    /// Where the lines go when frozen: kept, so that freezing and recycling allocate nothing.
    shell: Option<Arc<Block>>,
}

impl BufMut {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// Makes room for `bytes` more.
    pub fn reserve(&mut self, bytes: usize) {
        let wanted = self.len + bytes;
        if wanted > self.lines.len() * LINE {
            self.grow(wanted);
        }
    }

    #[cold]
    fn grow(&mut self, wanted: usize) {
        let lines = wanted.div_ceil(LINE).max(self.lines.len() * 2).max(4);
        self.lines.resize(lines, Line::zeroed());
    }

    pub fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.lines)[..self.len]
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.len]
    }

    pub fn slice<T: Pod>(&self) -> &[T] {
        bytemuck::cast_slice(self.bytes())
    }

    pub fn slice_mut<T: Pod>(&mut self) -> &mut [T] {
        bytemuck::cast_slice_mut(self.bytes_mut())
    }

    /// Sets the length to `count` values and gives all of them to be written; new ones are unspecified.
    pub fn resize<T: Pod>(&mut self, count: usize) -> &mut [T] {
        let bytes = count * size_of::<T>();
        self.reserve(bytes.saturating_sub(self.len));
        self.len = bytes;
        self.slice_mut()
    }

    #[inline]
    pub fn push<T: Pod>(&mut self, value: T) {
        self.extend(bytemuck::bytes_of(&value));
    }

    #[inline]
    pub fn extend(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        let all: &mut [u8] = bytemuck::cast_slice_mut(&mut self.lines);
        all[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    /// Shortens to `bytes`.
    pub fn truncate(&mut self, bytes: usize) {
        self.len = self.len.min(bytes);
    }

    pub fn freeze(mut self) -> Buf {
        let lines = std::mem::take(&mut self.lines);
        let block = match self.shell.take() {
            Some(mut shell) => {
                Arc::get_mut(&mut shell).expect("a shell has one holder").lines = lines;
                shell
            }
            None => Arc::new(Block { lines }),
        };
        Buf { owner: Owner::Host(block), start: 0, len: self.len }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_when_it_is_held_once_and_not_before() {
        let mut out = BufMut::default();
        out.push(7i64);
        out.push(9i64);
        let buf = out.freeze();
        let address = buf.bytes().as_ptr();
        let mut share = buf.part(8, 16);
        assert_eq!(share.slice::<i64>(), [9]);
        assert!(!share.is_held_once() && buf.recycle().is_none());
        assert!(share.is_held_once());
        let again = share.recycle().expect("the last holder");
        assert_eq!((again.len(), again.freeze().bytes().len()), (0, 0));
        assert!(!address.is_null());
    }

    #[test]
    fn foreign_memory_is_read_where_it_lies() {
        struct Borrowed(&'static [u8]);
        impl Memory for Borrowed {
            fn place(&self) -> Place {
                Place::Host
            }
            fn host(&self) -> Option<&[u8]> {
                Some(self.0)
            }
            fn len(&self) -> usize {
                self.0.len()
            }
        }
        static TEXT: &[u8] = b"payload";
        let buf = Buf::foreign(Arc::new(Borrowed(TEXT)));
        assert!(std::ptr::eq(buf.bytes(), TEXT));
        assert_eq!(buf.part(3, 7).bytes(), b"load");
    }

    #[test]
    #[should_panic(expected = "cuda:0 was read on the host")]
    fn reading_a_device_buffer_on_the_host_is_a_defect() {
        struct Device;
        impl Memory for Device {
            fn place(&self) -> Place {
                Place::Cuda(0)
            }
            fn host(&self) -> Option<&[u8]> {
                None
            }
            fn len(&self) -> usize {
                16
            }
        }
        Buf::foreign(Arc::new(Device)).bytes();
    }
}
