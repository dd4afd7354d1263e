//! Objects into columns: the declared fields as a tree, and the walk over it that follows a line.
//!
//! Records of one producer have their keys in the same order, so each key is expected where it stood in the record
//! before and looked up by name only when something else stands there.

use forebay_batch::{ColMut, Presence};
use forebay_types::{Ty, code};
use jiter::Peek;

use crate::FieldSpec;
use crate::cursor::{Cursor, Memory};
use crate::default::json_text;
use crate::error::{Fault, RecordError};
use crate::scalar::read_scalar;
use crate::text::write_text;

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
    /// The name as it mostly stands in a line: quoted, with the colon behind it.
    key: Vec<u8>,
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

/// A type, taken apart.
struct Form {
    /// Without `optional`.
    ty: Ty,
    optional: bool,
    inside: Inside,
}

enum Inside {
    Nothing,
    Items(Box<Form>),
    Fields(Object),
}

impl Form {
    fn new(ty: &Ty, undeclared: Undeclared, sensitive: bool) -> Form {
        let inside = match ty.inner() {
            Ty::List(item) => Inside::Items(Box::new(Form::new(item, undeclared, sensitive))),
            Ty::Struct(fields) => {
                let field = |(slot, (name, ty)): (usize, &(String, Ty))| {
                    Field::of(
                        name,
                        Form::new(ty, undeclared, sensitive),
                        Target::Column(slot),
                        None,
                        sensitive,
                    )
                };
                Inside::Fields(Object::new(fields.iter().enumerate().map(field).collect(), undeclared))
            }
            _ => Inside::Nothing,
        };
        Form { ty: ty.inner().clone(), optional: ty.is_optional(), inside }
    }

    #[inline]
    fn read(&mut self, cursor: &mut Cursor<'_>, peek: Peek, col: &mut ColMut) -> Result<(), Fault> {
        if peek == Peek::Null {
            return self.read_null(cursor, col);
        }
        match &mut self.inside {
            Inside::Nothing => read_scalar(cursor, peek, &self.ty, col),
            Inside::Items(item) if peek == Peek::Array => read_list(item, cursor, col),
            Inside::Fields(object) if peek == Peek::Object => {
                object.read(cursor, col.fields())?;
                col.end_struct();
                Ok(())
            }
            Inside::Items(_) | Inside::Fields(_) => Err(cursor.wrong_type(peek, &self.ty)),
        }
    }

    fn read_null(&self, cursor: &mut Cursor<'_>, col: &mut ColMut) -> Result<(), Fault> {
        let at = cursor.at();
        cursor.null()?;
        if !self.optional {
            let why = format!("null came; declare optional({}) where it is meant", self.ty);
            return Err(RecordError::fault(&code::NULL_NOT_DECLARED, at, why));
        }
        col.push_absent(Presence::Null);
        Ok(())
    }
}

fn read_list(item: &mut Form, cursor: &mut Cursor<'_>, col: &mut ColMut) -> Result<(), Fault> {
    let mut next = cursor.first_item()?;
    let mut at = 0;
    while let Some(peek) = next {
        item.read(cursor, peek, col.items()).map_err(|fault| fault.inside(&format!("[{at}]")))?;
        next = cursor.next_item()?;
        at += 1;
    }
    col.end_list();
    Ok(())
}

impl Field {
    pub fn new(spec: &FieldSpec, undeclared: Undeclared) -> Result<Field, Fault> {
        let mut form = Form::new(&spec.ty, undeclared, spec.sensitive);
        let refuse = |why: &str| RecordError::fault(&code::WRONG_JSON_TYPE, 0, why);
        let default = spec.default.as_ref().map(json_text).transpose().map_err(refuse)?;
        if let Some(text) = &default {
            read_default(&mut form, text, Memory::default(), &mut ColMut::new(&spec.ty)).0?;
        }
        let target = match spec.slot {
            Some(slot) => Target::Column(slot),
            None => Target::Aside(Box::new(ColMut::new(&spec.ty))),
        };
        Ok(Field::of(&spec.name, form, target, default, spec.sensitive))
    }

    fn of(name: &str, form: Form, target: Target, default: Option<String>, sensitive: bool) -> Field {
        let mut key = Vec::new();
        write_text(name.as_bytes(), &mut key);
        key.push(b':');
        Field { name: name.to_string(), key, form, target, default, sensitive, next: 0, round: 0 }
    }
}

/// Reads a default, with the memory of the record.
fn read_default(
    form: &mut Form,
    text: &str,
    memory: Memory,
    col: &mut ColMut,
) -> (Result<(), Fault>, Memory) {
    let mut cursor = Cursor::new(text.as_bytes(), memory);
    let read = cursor.peek().and_then(|peek| {
        form.read(&mut cursor, peek, col)?;
        cursor.finish()
    });
    (read, cursor.into_memory())
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

impl Object {
    pub fn new(mut fields: Vec<Field>, undeclared: Undeclared) -> Object {
        let mut by_name: Vec<usize> = (0..fields.len()).collect();
        by_name.sort_by(|a, b| fields[*a].name.cmp(&fields[*b].name));
        fields.iter_mut().enumerate().for_each(|(at, field)| field.next = at + 1);
        Object { fields, by_name, first: 0, round: 0, undeclared }
    }

    /// Reads an object whose bracket comes next.
    pub fn read(&mut self, cursor: &mut Cursor<'_>, cols: &mut [ColMut]) -> Result<(), Fault> {
        self.round += 1;
        let mut met = 0;
        let mut last = None;
        let mut expected = self.first;
        let mut open = b'{';
        loop {
            let key_from = cursor.at();
            let found = match self.fields.get(expected) {
                Some(field) if cursor.take_key(open, &field.key) => Some(expected),
                _ => {
                    let key = if open == b'{' { cursor.first_key()? } else { cursor.next_key()? };
                    let Some(name) = key else { break };
                    self.find(name)
                }
            };
            open = b',';
            let Some(at) = found else {
                read_undeclared(self.undeclared, cursor, key_from)?;
                continue;
            };
            if at != expected {
                self.learn(last, at);
            }
            let field = &mut self.fields[at];
            field.read(self.round, cursor, key_from, cols).map_err(|fault| fault.inside(&field.name))?;
            last = Some(at);
            expected = field.next;
            met += 1;
        }
        if met < self.fields.len() { self.fill(cursor, cols) } else { Ok(()) }
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
                let memory = std::mem::take(&mut cursor.memory);
                let (read, memory) = read_default(&mut field.form, text, memory, col);
                cursor.memory = memory;
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
    /// Reads the value behind the key.
    #[inline]
    fn read(
        &mut self,
        round: u64,
        cursor: &mut Cursor<'_>,
        key_from: usize,
        cols: &mut [ColMut],
    ) -> Result<(), Fault> {
        if self.round == round {
            return Err(RecordError::fault(
                &code::DUPLICATE_FIELD,
                key_from,
                "the key stands twice in one object",
            ));
        }
        self.round = round;
        cursor.sensitive = self.sensitive;
        let peek = cursor.peek()?;
        self.form.read(cursor, peek, self.target.column(cols))
    }
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
