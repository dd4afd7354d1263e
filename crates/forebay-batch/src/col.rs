//! Columns: values in Arrow's layout beside one byte a row that says value, null or missing.

use std::ops::Range;

use bytemuck::Pod;
use forebay_types::{Addr, Ty};

use crate::{Buf, BufMut};

/// What is in a row of a column. Null and missing are two things; absent means either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Presence {
    Value = 0,
    Null = 1,
    Missing = 2,
}

impl Presence {
    pub fn from_byte(byte: u8) -> Presence {
        match byte {
            0 => Presence::Value,
            1 => Presence::Null,
            _ => Presence::Missing,
        }
    }
}

/// Bytes of texts, or items of lists, that a column holds at most: its offsets count no further.
pub const COLUMN_LIMIT: usize = u32::MAX as usize;

/// A frozen column.
#[derive(Clone, Debug, Default)]
pub struct Col {
    pub data: Data,
    /// One [`Presence`] a row; `None` when every row has a value.
    pub presence: Option<Buf>,
}

/// Values of a column. Booleans are one byte each, decimals, timestamps and durations i64, dates i32.
/// The value of an absent row is unspecified but readable.
#[derive(Clone, Debug)]
pub enum Data {
    /// `width` bytes a value.
    Fixed {
        width: usize,
        values: Buf,
    },
    /// Strings and bytes: row i is `bytes[offsets[i]..offsets[i + 1]]`.
    Var {
        offsets: Buf,
        bytes: Buf,
    },
    /// Row i is items `offsets[i]..offsets[i + 1]`.
    List {
        offsets: Buf,
        items: Box<Col>,
    },
    Struct(Vec<Col>),
}

impl Data {
    #[cold]
    fn is_no(&self, what: &str) -> ! {
        panic!("a column of {what} was expected, found {self:?}")
    }
}

impl Default for Data {
    fn default() -> Data {
        Data::Fixed { width: 1, values: Buf::default() }
    }
}

/// Texts or byte strings of a column.
#[derive(Clone, Copy)]
pub struct VarView<'a> {
    offsets: &'a [u32],
    bytes: &'a [u8],
}

impl<'a> VarView<'a> {
    pub fn new(offsets: &'a [u32], bytes: &'a [u8]) -> VarView<'a> {
        VarView { offsets, bytes }
    }

    #[inline]
    pub fn get(&self, row: usize) -> &'a [u8] {
        &self.bytes[self.offsets[row] as usize..self.offsets[row + 1] as usize]
    }

    /// The row of a string column.
    #[inline]
    pub fn str(&self, row: usize) -> &'a str {
        std::str::from_utf8(self.get(row)).expect("string columns are built from text")
    }
}

impl Col {
    #[inline]
    pub fn presence(&self, row: usize) -> Presence {
        self.presence.as_ref().map_or(Presence::Value, |buf| Presence::from_byte(buf.bytes()[row]))
    }

    #[inline]
    pub fn is_absent(&self, row: usize) -> bool {
        self.presence.as_ref().is_some_and(|buf| buf.bytes()[row] != 0)
    }

    /// One byte a row, 0 for a value; `None` when every row has one.
    pub fn presence_bytes(&self) -> Option<&[u8]> {
        self.presence.as_ref().map(Buf::bytes)
    }

    /// The values of a column of fixed width. Another kind of column is a defect and panics.
    pub fn fixed<T: Pod>(&self) -> &[T] {
        match &self.data {
            Data::Fixed { values, .. } => values.slice(),
            other => other.is_no("fixed width"),
        }
    }

    /// One value of a column of fixed width, for who has only some of them to read.
    #[inline]
    pub fn value<T: Pod>(&self, row: usize) -> T {
        match &self.data {
            Data::Fixed { values, .. } => {
                let size = size_of::<T>();
                bytemuck::pod_read_unaligned(&values.bytes()[row * size..][..size])
            }
            other => other.is_no("fixed width"),
        }
    }

    /// The bytes of one row of a column of text or bytes, for who has only some of them to read.
    #[inline]
    pub fn text(&self, row: usize) -> &[u8] {
        match &self.data {
            Data::Var { offsets, bytes } => {
                let ends = &offsets.bytes()[row * size_of::<u32>()..][..size_of::<[u32; 2]>()];
                let [start, end] = bytemuck::pod_read_unaligned::<[u32; 2]>(ends);
                &bytes.bytes()[start as usize..end as usize]
            }
            other => other.is_no("text or bytes"),
        }
    }

    #[inline]
    pub fn var(&self) -> VarView<'_> {
        match &self.data {
            Data::Var { offsets, bytes } => VarView { offsets: offsets.slice(), bytes: bytes.bytes() },
            other => other.is_no("text or bytes"),
        }
    }

    /// Offsets and items of a list column.
    pub fn list(&self) -> (&[u32], &Col) {
        match &self.data {
            Data::List { offsets, items } => (offsets.slice(), items),
            other => panic!("a list column was expected, found {other:?}"),
        }
    }

    pub fn fields(&self) -> &[Col] {
        match &self.data {
            Data::Struct(fields) => fields,
            other => panic!("a struct column was expected, found {other:?}"),
        }
    }
}

impl Col {
    /// So many rows are there in all of its parts.
    pub fn rows(&self) -> usize {
        let in_offsets = |offsets: &Buf| (offsets.len() / size_of::<u32>()).saturating_sub(1);
        let rows = match &self.data {
            Data::Fixed { width, values } => values.len() / width,
            Data::Var { offsets, .. } | Data::List { offsets, .. } => in_offsets(offsets),
            Data::Struct(fields) => fields.iter().map(Col::rows).min().unwrap_or(usize::MAX),
        };
        self.presence.as_ref().map_or(rows, |presence| rows.min(presence.len()))
    }

    /// Bytes of texts and items of lists in these rows, those inside of lists and structs included.
    pub fn extent(&self, rows: Range<usize>) -> usize {
        if rows.is_empty() {
            return 0;
        }
        let span = |offsets: &Buf| {
            let offsets: &[u32] = offsets.slice();
            offsets[rows.start] as usize..offsets[rows.end] as usize
        };
        match &self.data {
            Data::Fixed { .. } => 0,
            Data::Var { offsets, .. } => span(offsets).len(),
            Data::List { offsets, items } => span(offsets).len() + items.extent(span(offsets)),
            Data::Struct(fields) => fields.iter().map(|field| field.extent(rows.clone())).sum(),
        }
    }

    /// Rows `from..to`, sharing the memory.
    pub fn part(&self, from: usize, to: usize) -> Col {
        let presence = self.presence.as_ref().map(|buf| buf.part(from, to));
        let offsets_part = |offsets: &Buf| offsets.part(from * 4, (to + 1) * 4);
        let data = match &self.data {
            Data::Fixed { width, values } => {
                Data::Fixed { width: *width, values: values.part(from * width, to * width) }
            }
            Data::Var { offsets, bytes } => {
                Data::Var { offsets: offsets_part(offsets), bytes: bytes.clone() }
            }
            Data::List { offsets, items } => {
                Data::List { offsets: offsets_part(offsets), items: items.clone() }
            }
            Data::Struct(fields) => Data::Struct(fields.iter().map(|field| field.part(from, to)).collect()),
        };
        Col { data, presence }
    }
}

/// A group: the columns that one node made, all over the same rows.
#[derive(Clone, Debug)]
pub struct Columns {
    cols: Vec<Col>,
    /// So many rows are in each of them: known once, since every node that hands the group on is held to it.
    rows: usize,
}

impl Columns {
    pub fn new(cols: Vec<Col>) -> Columns {
        let mut columns = Columns { cols, rows: 0 };
        columns.count();
        columns
    }

    /// Changes the columns.
    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut Vec<Col>)) {
        change(&mut self.cols);
        self.count();
    }

    fn count(&mut self) {
        self.rows = self.cols.iter().map(Col::rows).min().unwrap_or(usize::MAX);
    }

    pub fn cols(&self) -> &[Col] {
        &self.cols
    }

    pub fn col(&self, addr: Addr) -> &Col {
        &self.cols[addr.column as usize]
    }

    /// Whether every column has at least so many rows.
    #[inline]
    pub fn holds(&self, rows: usize) -> bool {
        self.rows >= rows
    }
}

impl Default for Columns {
    fn default() -> Columns {
        Columns::new(Vec::new())
    }
}

/// A column that is being built, row after row.
pub struct ColMut {
    pub data: DataMut,
    presence: BufMut,
    /// Some row is absent, so `presence` holds a byte for every row.
    absent: bool,
    rows: usize,
}

pub enum DataMut {
    Fixed { width: usize, values: BufMut },
    Var { offsets: BufMut, bytes: BufMut },
    List { offsets: BufMut, items: Box<ColMut> },
    Struct(Vec<ColMut>),
}

impl ColMut {
    pub fn new(ty: &Ty) -> ColMut {
        let data = match ty.inner() {
            Ty::String | Ty::Bytes => DataMut::Var { offsets: first_offset(), bytes: BufMut::default() },
            Ty::List(item) => DataMut::List { offsets: first_offset(), items: Box::new(ColMut::new(item)) },
            Ty::Struct(fields) => DataMut::Struct(fields.iter().map(|(_, ty)| ColMut::new(ty)).collect()),
            // Zones are a list of named polygons; nobody builds a column of them yet, so they stand as text.
            Ty::Zones => DataMut::Var { offsets: first_offset(), bytes: BufMut::default() },
            scalar => DataMut::Fixed { width: scalar.width(), values: BufMut::default() },
        };
        ColMut { data, presence: BufMut::default(), absent: false, rows: 0 }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Makes room for so many rows, as far as their number says how much it takes: not for what texts and lists hold.
    pub fn reserve(&mut self, rows: usize) {
        match &mut self.data {
            DataMut::Fixed { width, values } => values.reserve(rows * *width),
            DataMut::Var { offsets, .. } | DataMut::List { offsets, .. } => {
                offsets.reserve(rows * size_of::<u32>());
            }
            DataMut::Struct(fields) => fields.iter_mut().for_each(|field| field.reserve(rows)),
        }
    }

    /// All values of a column of fixed width at once, `rows` of them to be written, every one present.
    pub fn fixed<T: Pod>(&mut self, rows: usize) -> &mut [T] {
        self.rows = rows;
        match &mut self.data {
            DataMut::Fixed { values, width } => {
                debug_assert_eq!(*width, size_of::<T>());
                values.resize(rows)
            }
            _ => panic!("a column of fixed width was expected"),
        }
    }

    #[inline]
    pub fn push<T: Pod>(&mut self, value: T) {
        match &mut self.data {
            DataMut::Fixed { values, width } => {
                debug_assert_eq!(*width, size_of::<T>());
                values.push(value);
            }
            _ => panic!("a column of fixed width was expected"),
        }
        self.present();
    }

    #[inline]
    pub fn push_str(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    /// For columns of bytes; for texts the caller vouches that it is UTF-8.
    #[inline]
    pub fn push_bytes(&mut self, value: &[u8]) {
        match &mut self.data {
            DataMut::Var { offsets, bytes } => {
                bytes.extend(value);
                offsets.push(offset(bytes.len()));
            }
            _ => panic!("a column of text or bytes was expected"),
        }
        self.present();
    }

    /// The items of a list column: push those of the row, then call [`end_list`](Self::end_list).
    pub fn items(&mut self) -> &mut ColMut {
        match &mut self.data {
            DataMut::List { items, .. } => items,
            _ => panic!("a list column was expected"),
        }
    }

    pub fn end_list(&mut self) {
        match &mut self.data {
            DataMut::List { offsets, items } => offsets.push(offset(items.rows)),
            _ => panic!("a list column was expected"),
        }
        self.present();
    }

    /// The fields of a struct column: push one value to each, then call [`end_struct`](Self::end_struct).
    pub fn fields(&mut self) -> &mut [ColMut] {
        match &mut self.data {
            DataMut::Struct(fields) => fields,
            _ => panic!("a struct column was expected"),
        }
    }

    pub fn end_struct(&mut self) {
        self.present();
    }

    #[inline]
    fn present(&mut self) {
        self.rows += 1;
        if self.absent {
            self.presence.push(Presence::Value as u8);
        }
    }

    /// A row without a value.
    pub fn push_absent(&mut self, presence: Presence) {
        match &mut self.data {
            DataMut::Fixed { width, values } => values.extend(&[0u8; 16][..*width]),
            DataMut::Var { offsets, bytes } => offsets.push(bytes.len() as u32),
            DataMut::List { offsets, items } => offsets.push(offset(items.rows)),
            DataMut::Struct(fields) => fields.iter_mut().for_each(|field| field.push_absent(presence)),
        }
        self.rows += 1;
        if self.absent {
            self.presence.push(presence as u8);
        } else {
            self.set_presence(self.rows - 1, presence);
        }
    }

    /// Rows that nobody reads: zeros, empty texts and empty lists.
    pub fn pad(&mut self, rows: usize) {
        match &mut self.data {
            DataMut::Fixed { width, values } => repeat(values, 0u8, rows * *width),
            DataMut::Var { offsets, bytes } => repeat(offsets, bytes.len() as u32, rows),
            DataMut::List { offsets, items } => repeat(offsets, items.rows as u32, rows),
            DataMut::Struct(fields) => fields.iter_mut().for_each(|field| field.pad(rows)),
        }
        self.rows += rows;
        if self.absent {
            repeat(&mut self.presence, Presence::Value as u8, rows);
        }
    }

    /// Adds rows of a finished column of the same type, all at once.
    pub fn append(&mut self, from: &Col, rows: Range<usize>) {
        match (&mut self.data, &from.data) {
            (DataMut::Fixed { width, values }, Data::Fixed { values: more, .. }) => {
                values.extend(&more.bytes()[rows.start * *width..rows.end * *width]);
            }
            (DataMut::Var { offsets, bytes }, Data::Var { offsets: more, bytes: source }) => {
                let taken = append_offsets(offsets, more.slice(), rows.clone());
                bytes.extend(&source.bytes()[taken]);
            }
            (DataMut::List { offsets, items }, Data::List { offsets: more, items: source }) => {
                let taken = append_offsets(offsets, more.slice(), rows.clone());
                items.append(source, taken);
            }
            (DataMut::Struct(fields), Data::Struct(more)) => {
                fields.iter_mut().zip(more).for_each(|(field, more)| field.append(more, rows.clone()));
            }
            (_, other) => panic!("a column of another type was expected, found {other:?}"),
        }
        let before = self.rows;
        self.rows += rows.len();
        let presence = from.presence_bytes().map(|presence| &presence[rows.clone()]);
        let absent = presence.filter(|presence| presence.iter().any(|byte| *byte != Presence::Value as u8));
        if absent.is_some() && !self.absent {
            repeat(&mut self.presence, Presence::Value as u8, before);
            self.absent = true;
        }
        match absent {
            Some(absent) => self.presence.extend(absent),
            None if self.absent => repeat(&mut self.presence, Presence::Value as u8, rows.len()),
            None => {}
        }
    }

    /// Says what is in a row that was pushed or written already.
    pub fn set_presence(&mut self, row: usize, presence: Presence) {
        if !self.absent {
            if presence == Presence::Value {
                return;
            }
            self.presence.resize::<u8>(self.rows).fill(0);
            self.absent = true;
        }
        self.presence.bytes_mut()[row] = presence as u8;
    }

    /// Drops the rows from `rows` on: a record that turned out bad half-way leaves nothing behind.
    pub fn truncate(&mut self, rows: usize) {
        if rows >= self.rows {
            return;
        }
        match &mut self.data {
            DataMut::Fixed { width, values } => values.truncate(rows * *width),
            DataMut::Var { offsets, bytes } => {
                offsets.truncate((rows + 1) * 4);
                bytes.truncate(last_offset(offsets));
            }
            DataMut::List { offsets, items } => {
                offsets.truncate((rows + 1) * 4);
                items.truncate(last_offset(offsets));
            }
            DataMut::Struct(fields) => fields.iter_mut().for_each(|field| field.truncate(rows)),
        }
        self.presence.truncate(rows);
        self.rows = rows;
    }

    /// Like [`truncate`](Self::truncate), and also takes back what a row in the making left in nested columns:
    /// items of an unfinished list, fields of an unfinished struct.
    pub fn abandon(&mut self, rows: usize) {
        self.truncate(rows);
        match &mut self.data {
            DataMut::List { offsets, items } => items.abandon(last_offset(offsets)),
            DataMut::Struct(fields) => fields.iter_mut().for_each(|field| field.abandon(rows)),
            DataMut::Fixed { .. } | DataMut::Var { .. } => {}
        }
    }

    pub fn clear(&mut self) {
        match &mut self.data {
            DataMut::Fixed { values, .. } => values.clear(),
            DataMut::Var { offsets, bytes } => {
                offsets.clear();
                offsets.push(0u32);
                bytes.clear();
            }
            DataMut::List { offsets, items } => {
                offsets.clear();
                offsets.push(0u32);
                items.clear();
            }
            DataMut::Struct(fields) => fields.iter_mut().for_each(ColMut::clear),
        }
        self.presence.clear();
        self.absent = false;
        self.rows = 0;
    }

    /// Reads back a row while building.
    pub fn var(&self) -> VarView<'_> {
        match &self.data {
            DataMut::Var { offsets, bytes } => VarView { offsets: offsets.slice(), bytes: bytes.bytes() },
            _ => panic!("a column of text or bytes was expected"),
        }
    }

    /// Moves what was built into `col`.
    pub(crate) fn freeze_into(&mut self, col: &mut Col) {
        col.presence = self.absent.then(|| std::mem::take(&mut self.presence).freeze());
        match (&mut self.data, &mut col.data) {
            (DataMut::List { offsets, items }, Data::List { offsets: out, items: into }) => {
                *out = std::mem::take(offsets).freeze();
                items.freeze_into(into);
            }
            (DataMut::Struct(fields), Data::Struct(into)) if fields.len() == into.len() => {
                fields.iter_mut().zip(into).for_each(|(field, into)| field.freeze_into(into));
            }
            (DataMut::Fixed { width, values }, data) => {
                *data = Data::Fixed { width: *width, values: std::mem::take(values).freeze() };
            }
            (DataMut::Var { offsets, bytes }, data) => {
                let (offsets, bytes) = (std::mem::take(offsets).freeze(), std::mem::take(bytes).freeze());
                *data = Data::Var { offsets, bytes };
            }
            (DataMut::List { offsets, items }, data) => {
                let mut into = Box::default();
                items.freeze_into(&mut into);
                *data = Data::List { offsets: std::mem::take(offsets).freeze(), items: into };
            }
            (DataMut::Struct(fields), data) => {
                let mut into = vec![Col::default(); fields.len()];
                fields.iter_mut().zip(&mut into).for_each(|(field, into)| field.freeze_into(into));
                *data = Data::Struct(into);
            }
        }
        self.absent = false;
        self.rows = 0;
    }

    /// Takes the memory of `col` back, where nobody else holds it. [`clear`](Self::clear) comes before the first row.
    pub(crate) fn thaw_from(&mut self, col: &mut Col) {
        self.presence = col.presence.take().and_then(Buf::recycle).unwrap_or_default();
        match (&mut self.data, &mut col.data) {
            (DataMut::Fixed { values, .. }, Data::Fixed { values: old, .. }) => *values = thaw(old),
            (DataMut::Var { offsets, bytes }, Data::Var { offsets: old, bytes: old_bytes }) => {
                *offsets = thaw(old);
                *bytes = thaw(old_bytes);
            }
            (DataMut::List { offsets, items }, Data::List { offsets: old, items: from }) => {
                *offsets = thaw(old);
                items.thaw_from(from);
            }
            (DataMut::Struct(fields), Data::Struct(from)) => {
                fields.iter_mut().zip(from).for_each(|(field, from)| field.thaw_from(from));
            }
            _ => unreachable!("a builder's ring holds only its own groups"),
        }
    }
}

fn repeat<T: Pod>(buf: &mut BufMut, value: T, count: usize) {
    let before = buf.len() / size_of::<T>();
    buf.resize(before + count)[before..].fill(value);
}

fn thaw(buf: &mut Buf) -> BufMut {
    std::mem::take(buf).recycle().unwrap_or_default()
}

/// Goes on with the offsets of some rows of another column; gives what of its items they span.
fn append_offsets(offsets: &mut BufMut, more: &[u32], rows: Range<usize>) -> Range<usize> {
    let (first, last) = (more[rows.start], more[rows.end]);
    let end = last_offset(offsets) as u32;
    offset(end as usize + (last - first) as usize);
    more[rows.start + 1..=rows.end].iter().for_each(|offset| offsets.push(offset - first + end));
    first as usize..last as usize
}

/// In a stage a panic fails the call, which is repeated on halves; where the engine copies, it copies no more than fits.
fn offset(end: usize) -> u32 {
    u32::try_from(end).expect("a column of a batch holds at most 4 GiB")
}

fn first_offset() -> BufMut {
    let mut offsets = BufMut::default();
    offsets.push(0u32);
    offsets
}

fn last_offset(offsets: &BufMut) -> usize {
    offsets.slice::<u32>().last().map_or(0, |offset| *offset as usize)
}
