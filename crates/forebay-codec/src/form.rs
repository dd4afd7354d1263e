//! A type, taken apart for reading: what is quick, what may be null, what lies inside.

use forebay_batch::{ColMut, Presence};
use forebay_types::{Ty, code};
use jiter::Peek;

use crate::cursor::Cursor;
use crate::error::{Fault, RecordError};
use crate::object::{Field, Object, Undeclared};
use crate::quick::Quick;
use crate::scalar::read_scalar;

/// A type, taken apart.
pub(crate) struct Form {
    /// Without `optional`.
    ty: Ty,
    pub optional: bool,
    pub quick: Quick,
    inside: Inside,
}

enum Inside {
    Nothing,
    Items(Box<Form>),
    Fields(Object),
}

impl Form {
    pub fn new(ty: &Ty, undeclared: Undeclared, sensitive: bool) -> Form {
        let inside = match ty.inner() {
            Ty::List(item) => Inside::Items(Box::new(Form::new(item, undeclared, sensitive))),
            Ty::Struct(fields) => {
                let field = |(slot, (name, ty)): (usize, &(String, Ty))| {
                    Field::inside(name, Form::new(ty, undeclared, sensitive), slot, sensitive)
                };
                Inside::Fields(Object::new(fields.iter().enumerate().map(field).collect(), undeclared))
            }
            _ => Inside::Nothing,
        };
        let quick = Quick::new(ty.inner());
        Form { ty: ty.inner().clone(), optional: ty.is_optional(), quick, inside }
    }

    /// Reads the value that comes next, whatever it is.
    pub fn read(&mut self, cursor: &mut Cursor<'_>, peek: Peek, col: &mut ColMut) -> Result<(), Fault> {
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
        match item.quick.read(cursor.line(), cursor.at(), col.items()) {
            Some(end) => cursor.go_to(end),
            None => {
                item.read(cursor, peek, col.items()).map_err(|fault| fault.inside(&format!("[{at}]")))?;
            }
        }
        next = cursor.next_item()?;
        at += 1;
    }
    col.end_list();
    Ok(())
}
