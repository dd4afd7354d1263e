//! Objects into columns: the declared fields as a tree, and the walk over it that follows a line.
//!
//! Records of one producer have their keys in the same order, so each key is expected where it stood in the record
//! before and looked up by name only when something else stands there.

use forebay_batch::{ColMut, Presence};
use forebay_types::code;

use crate::FieldSpec;
use crate::cursor::{Cursor, Memory};
use crate::default::json_text;
use crate::error::{Fault, RecordError};
use crate::form::Form;
use crate::key::Key;

/// What an object does with keys that it does not know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undeclared {
    Ignore,
    Reject,
    Keep,
}

pub(crate) struct Object {
    fields: Vec<Field>,
    /// Indices of the fields in the order of their names.
    by_name: Vec<usize>,
    /// The field that the last object began with.
    first: usize,
    /// Counts objects, so that a field knows whether it was met in this one.
    round: u64,
    undeclared: Undeclared,
}

pub(crate) struct Field {
    name: String,
    key: Key,
    form: Form,
    target: Target,
    default: Option<String>,
    sensitive: bool,
    /// The field that followed this one the last time.
    next: usize,
    /// The object in which it was last met.
    round: u64,
}

enum Target {
    Column(usize),
    /// Nobody wants the value; it is checked here.
    Aside(Box<ColMut>),
}

impl Field {
    pub fn new(spec: &FieldSpec, undeclared: Undeclared) -> Result<Field, Fault> {
        let mut form = Form::new(&spec.ty, undeclared, spec.sensitive);
        let refuse = |why: &str| RecordError::fault(&code::WRONG_JSON_TYPE, 0, why);
        let default = spec.default.as_ref().map(json_text).transpose().map_err(refuse)?;
        if let Some(text) = &default {
            read_default(&mut form, text, &mut Memory::default(), &mut ColMut::new(&spec.ty))?;
        }
        let target = match spec.slot {
            Some(slot) => Target::Column(slot),
            None => Target::Aside(Box::new(ColMut::new(&spec.ty))),
        };
        Ok(Field::of(&spec.name, form, target, default, spec.sensitive))
    }

    /// A field of a struct.
    pub fn inside(name: &str, form: Form, slot: usize, sensitive: bool) -> Field {
        Field::of(name, form, Target::Column(slot), None, sensitive)
    }

    fn of(name: &str, form: Form, target: Target, default: Option<String>, sensitive: bool) -> Field {
        Field {
            name: name.to_string(),
            key: Key::new(name),
            form,
            target,
            default,
            sensitive,
            next: 0,
            round: 0,
        }
    }
}

/// Reads a default, with the memory of the record.
fn read_default(form: &mut Form, text: &str, memory: &mut Memory, col: &mut ColMut) -> Result<(), Fault> {
    let mut cursor = Cursor::new(text.as_bytes(), memory);
    let peek = cursor.peek()?;
    form.read(&mut cursor, peek, col)?;
    cursor.finish()
}

impl Target {
    #[inline]
    fn column<'c>(&'c mut self, cols: &'c mut [ColMut]) -> &'c mut ColMut {
        match self {
            Target::Column(slot) => &mut cols[*slot],
            Target::Aside(col) => {
                col.clear();
                col
            }
        }
    }
}

/// What comes next in an object.
enum Next {
    /// The value of this field.
    Field(usize),
    /// Something that nobody declared came, and is dealt with.
    Undeclared,
    End,
}

impl Object {
    pub fn new(mut fields: Vec<Field>, undeclared: Undeclared) -> Object {
        let mut by_name: Vec<usize> = (0..fields.len()).collect();
        by_name.sort_by(|a, b| fields[*a].name.cmp(&fields[*b].name));
        fields.iter_mut().enumerate().for_each(|(at, field)| field.next = at + 1);
        Object { fields, by_name, first: 0, round: 0, undeclared }
    }

    /// Reads an object whose bracket comes next. While everything is as expected, the cursor stays behind.
    pub fn read(&mut self, cursor: &mut Cursor<'_>, cols: &mut [ColMut]) -> Result<(), Fault> {
        self.round += 1;
        let mut met = 0;
        let mut last = None;
        let mut expected = self.first;
        let (mut at, mut open) = (cursor.at(), b'{');
        loop {
            let key_from = at;
            let behind = |field: &Field| field.key.behind(cursor.line(), key_from, open);
            let which = match self.fields.get(expected).and_then(behind) {
                Some(behind) => {
                    at = behind;
                    expected
                }
                None => {
                    cursor.go_to(at);
                    let next = self.next(cursor, open, last)?;
                    at = cursor.at();
                    match next {
                        Next::Field(which) => which,
                        Next::Undeclared => {
                            open = b',';
                            continue;
                        }
                        Next::End => break,
                    }
                }
            };
            open = b',';
            let field = &mut self.fields[which];
            let read = field.read(self.round, cursor, key_from, at, cols);
            at = read.map_err(|fault| fault.inside(&field.name))?;
            last = Some(which);
            expected = field.next;
            met += 1;
        }
        if met < self.fields.len() { self.fill(cursor, cols) } else { Ok(()) }
    }

    /// Takes what comes where the expected key does not.
    #[inline(never)]
    fn next(&mut self, cursor: &mut Cursor<'_>, open: u8, last: Option<usize>) -> Result<Next, Fault> {
        let key_from = cursor.at();
        if open == b',' && cursor.line().get(key_from) == Some(&b'}') {
            cursor.go_to(key_from + 1);
            return Ok(Next::End);
        }
        let find = |name: &str| self.find(name);
        let key = if open == b'{' { cursor.first_key(find)? } else { cursor.next_key(find)? };
        match key {
            Some(Some(at)) => {
                self.learn(last, at);
                Ok(Next::Field(at))
            }
            Some(None) => read_undeclared(self.undeclared, cursor, key_from).map(|()| Next::Undeclared),
            None => Ok(Next::End),
        }
    }

    fn find(&self, name: &str) -> Option<usize> {
        let found = self.by_name.binary_search_by(|at| self.fields[*at].name.as_str().cmp(name));
        found.ok().map(|found| self.by_name[found])
    }

    /// The field `at` came after `last`, which will be expected the next time.
    fn learn(&mut self, last: Option<usize>, at: usize) {
        match last {
            Some(last) => self.fields[last].next = at,
            None => self.first = at,
        }
    }

    /// Gives the fields that were not met a default or say that they are missing.
    fn fill(&mut self, cursor: &mut Cursor<'_>, cols: &mut [ColMut]) -> Result<(), Fault> {
        let round = self.round;
        for field in self.fields.iter_mut().filter(|field| field.round != round) {
            let col = field.target.column(cols);
            if let Some(text) = &field.default {
                let read = read_default(&mut field.form, text, cursor.memory, col);
                read.map_err(|fault| fault.inside(&field.name))?;
            } else if field.form.optional {
                col.push_absent(Presence::Missing);
            } else {
                let at = cursor.at();
                let why = "it is missing, and neither optional nor with a default";
                return Err(RecordError::fault(&code::FIELD_MISSING, at, why).inside(&field.name));
            }
        }
        Ok(())
    }
}

impl Field {
    /// Reads the value at `at`, behind the key; gives the place behind it.
    #[inline]
    fn read(
        &mut self,
        round: u64,
        cursor: &mut Cursor<'_>,
        key_from: usize,
        at: usize,
        cols: &mut [ColMut],
    ) -> Result<usize, Fault> {
        if self.round == round {
            return Err(twice(key_from));
        }
        self.round = round;
        let col = self.target.column(cols);
        match self.form.quick.read(cursor.line(), at, col) {
            Some(end) => Ok(end),
            None => self.read_carefully(cursor, at, cols),
        }
    }

    #[inline(never)]
    fn read_carefully(
        &mut self,
        cursor: &mut Cursor<'_>,
        at: usize,
        cols: &mut [ColMut],
    ) -> Result<usize, Fault> {
        cursor.sensitive = self.sensitive;
        cursor.go_to(at);
        let peek = cursor.peek()?;
        self.form.read(cursor, peek, self.target.column(cols))?;
        Ok(cursor.at())
    }
}

#[cold]
fn twice(at: usize) -> Fault {
    RecordError::fault(&code::DUPLICATE_FIELD, at, "the key stands twice in one object")
}

/// Deals with a key that was not declared: its text lies between `key_from` and the colon that was just read.
fn read_undeclared(undeclared: Undeclared, cursor: &mut Cursor<'_>, key_from: usize) -> Result<(), Fault> {
    cursor.sensitive = false;
    if undeclared == Undeclared::Ignore {
        return cursor.skip().map(drop);
    }
    let before = cursor.since(key_from);
    let quote = |byte: &u8| *byte == b'"';
    let start = before.iter().position(quote).unwrap_or_default();
    let end = before.iter().rposition(quote).map_or(before.len(), |at| at + 1);
    let key = &before[start..end];
    if undeclared == Undeclared::Reject {
        let why = "the schema does not declare this field, and `extra: reject` refuses it";
        return Err(cursor.bad(&code::UNDECLARED_FIELD, key_from + start, why, key));
    }
    let value = cursor.skip()?;
    let kept = &mut cursor.memory.kept;
    if !kept.is_empty() {
        kept.push(b',');
    }
    kept.extend_from_slice(key);
    kept.push(b':');
    kept.extend_from_slice(value.as_bytes());
    Ok(())
}
