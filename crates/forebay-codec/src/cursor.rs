//! A place in a line, for whatever is not as it mostly is, and whatever is wrong. The parsing is the library's; here are the
//! offsets, the faults and the memory that goes from line to line.

use forebay_types::Ty;
use forebay_types::code::{self, Code};
use jiter::{Jiter, JiterError, JiterErrorType, JiterResult, JsonErrorType, Peek};

use crate::error::{Fault, RecordError};

/// What reading needs beside the columns, kept from line to line.
#[derive(Default)]
pub(crate) struct Memory {
    /// Texts with escapes, decoded.
    tape: Vec<u8>,
    /// Decoded base64.
    pub scratch: Vec<u8>,
    /// The fields that nobody declared, where they are kept.
    pub kept: Vec<u8>,
}

pub(crate) struct Cursor<'j> {
    line: &'j [u8],
    at: usize,
    pub memory: &'j mut Memory,
    /// Messages do not show the value at hand.
    pub sensitive: bool,
}

impl<'j> Cursor<'j> {
    pub fn new(line: &'j [u8], memory: &'j mut Memory) -> Cursor<'j> {
        Cursor { line, at: 0, memory, sensitive: false }
    }

    /// Byte offset in the line.
    #[inline]
    pub fn at(&self) -> usize {
        self.at
    }

    /// Goes to another place.
    #[inline]
    pub fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    #[inline]
    pub fn line(&self) -> &'j [u8] {
        self.line
    }

    /// The text from `start` to here.
    pub fn since(&self, start: usize) -> &'j [u8] {
        &self.line[start..self.at]
    }

    /// Lets the library read on from here.
    fn parse<R>(&mut self, read: impl FnOnce(&mut Jiter<'j>) -> JiterResult<R>) -> Result<R, Fault> {
        let rest = &self.line[self.at..];
        let mut jiter = Jiter::with_tape(rest, std::mem::take(&mut self.memory.tape));
        let read = read(&mut jiter).map_err(|error| fault(error, self.at));
        self.at += jiter.current_index();
        self.memory.tape = jiter.into_tape();
        read
    }

    /// What kind of value comes next, behind white space.
    #[inline]
    pub fn peek(&mut self) -> Result<Peek, Fault> {
        match self.line.get(self.at) {
            Some(byte) if *byte > b' ' => Ok(Peek::new(*byte)),
            _ => self.parse(|jiter| jiter.peek()),
        }
    }

    /// What `look` makes of the first key of the object whose bracket comes next.
    pub fn first_key<R>(&mut self, look: impl FnOnce(&str) -> R) -> Result<Option<R>, Fault> {
        self.parse(|jiter| Ok(jiter.known_object()?.map(look)))
    }

    pub fn next_key<R>(&mut self, look: impl FnOnce(&str) -> R) -> Result<Option<R>, Fault> {
        self.parse(|jiter| Ok(jiter.next_key()?.map(look)))
    }

    /// What follows the bracket of a list that comes next.
    pub fn first_item(&mut self) -> Result<Option<Peek>, Fault> {
        match self.ahead() {
            Some(next) if next != b']' => self.step(next),
            _ => self.parse(|jiter| jiter.known_array()),
        }
    }

    pub fn next_item(&mut self) -> Result<Option<Peek>, Fault> {
        match (self.line.get(self.at), self.ahead()) {
            (Some(b','), Some(next)) if next != b']' => self.step(next),
            _ => self.parse(|jiter| jiter.array_step()),
        }
    }

    /// The byte behind the next one, where it is no white space.
    fn ahead(&self) -> Option<u8> {
        self.line.get(self.at + 1).copied().filter(|byte| *byte > b' ')
    }

    fn step(&mut self, next: u8) -> Result<Option<Peek>, Fault> {
        self.at += 1;
        Ok(Some(Peek::new(next)))
    }

    pub fn null(&mut self) -> Result<(), Fault> {
        if self.takes(b"null") { Ok(()) } else { self.parse(|jiter| jiter.known_null()) }
    }

    pub fn bool(&mut self, peek: Peek, ty: &Ty) -> Result<bool, Fault> {
        if peek != Peek::True && peek != Peek::False {
            return Err(self.wrong_type(peek, ty));
        }
        let value = peek == Peek::True;
        let word: &[u8] = if value { b"true" } else { b"false" };
        if self.takes(word) { Ok(value) } else { self.parse(|jiter| jiter.known_bool(peek)) }
    }

    fn takes(&mut self, word: &[u8]) -> bool {
        let taken = self.line[self.at..].starts_with(word);
        if taken {
            self.at += word.len();
        }
        taken
    }

    /// The number that comes next, as its text.
    pub fn number(&mut self, peek: Peek, ty: &Ty) -> Result<&'j [u8], Fault> {
        if !peek.is_num() {
            return Err(self.wrong_type(peek, ty));
        }
        let start = self.at;
        self.parse(|jiter| jiter.known_number_bytes(peek).map(drop))?;
        Ok(self.since(start))
    }

    /// What `read` makes of the text that comes next, decoded.
    pub fn text<R>(&mut self, peek: Peek, ty: &Ty, read: impl FnOnce(&str) -> R) -> Result<R, Fault> {
        if peek != Peek::String {
            return Err(self.wrong_type(peek, ty));
        }
        self.parse(|jiter| jiter.known_str().map(read))
    }

    /// Reads over the value that comes next and gives its text.
    pub fn skip(&mut self) -> Result<&'j str, Fault> {
        let peek = self.peek()?;
        let start = self.at;
        self.parse(|jiter| jiter.known_skip(peek))?;
        // The library does not look at the bytes of texts that it reads over.
        std::str::from_utf8(self.since(start))
            .map_err(|error| RecordError::fault(&code::INVALID_UTF8, start + error.valid_up_to(), NOT_UTF8))
    }

    /// Nothing may follow.
    #[inline]
    pub fn finish(&mut self) -> Result<(), Fault> {
        if self.at == self.line.len() { Ok(()) } else { self.parse(|jiter| jiter.finish()) }
    }

    /// The value is of another JSON type than was declared, or no JSON at all.
    #[cold]
    pub fn wrong_type(&mut self, peek: Peek, ty: &Ty) -> Fault {
        let start = self.at;
        let value = match self.skip() {
            Ok(value) => value,
            Err(fault) => return fault,
        };
        let found = match peek {
            Peek::True | Peek::False => "a bool",
            Peek::Null => "null",
            Peek::String => "a text",
            Peek::Array => "a list",
            Peek::Object => "an object",
            _ => "a number",
        };
        self.bad(&code::WRONG_JSON_TYPE, start, &format!("{ty} was declared, {found} came"), value.as_bytes())
    }

    /// The value that ends here does not read as what it should be.
    #[cold]
    pub fn unreadable(&self, code: &'static Code, start: usize, why: &str) -> Fault {
        self.bad(code, start, why, self.since(start))
    }

    /// A fault that shows `value`, cut short, unless it is sensitive.
    #[cold]
    pub fn bad(&self, code: &'static Code, at: usize, why: &str, value: &[u8]) -> Fault {
        const SHOWN: usize = 40;
        if self.sensitive {
            return RecordError::fault(code, at, format!("{why}: •••"));
        }
        let text = String::from_utf8_lossy(value);
        let shown: String = text.chars().take(SHOWN).collect();
        let rest = if shown.len() < text.len() { "…" } else { "" };
        RecordError::fault(code, at, format!("{why}: {shown}{rest}"))
    }
}

const NOT_UTF8: &str = "the text is not UTF-8";

/// What the library says about a text that is no JSON. Its offsets count from `base`.
#[cold]
fn fault(error: JiterError, base: usize) -> Fault {
    let (code, why) = no_json(&error.error_type);
    RecordError::fault(code, base + error.index, why)
}

/// The library's reason in plain words.
pub fn no_json(error: &JiterErrorType) -> (&'static Code, &'static str) {
    let JiterErrorType::JsonError(kind) = error else {
        return (&code::NOT_JSON, "this is no JSON: a value is of another type than was looked for");
    };
    let why = match kind {
        JsonErrorType::InvalidUnicodeCodePoint => return (&code::INVALID_UTF8, NOT_UTF8),
        JsonErrorType::TrailingCharacters => {
            return (&code::TRAILING_CHARACTERS, "something follows the object; a line holds one record");
        }
        JsonErrorType::RecursionLimitExceeded => {
            return (&code::NESTED_TOO_DEEP, "lists and objects are nested more than 200 deep");
        }
        JsonErrorType::NumberOutOfRange => {
            return (&code::NUMBER_OUT_OF_RANGE, "a number has more than 4,300 digits");
        }
        JsonErrorType::EofWhileParsingList
        | JsonErrorType::EofWhileParsingObject
        | JsonErrorType::EofWhileParsingString
        | JsonErrorType::EofWhileParsingValue => "the line ends too early",
        JsonErrorType::LoneLeadingSurrogateInHexEscape | JsonErrorType::UnexpectedEndOfHexEscape => {
            "this is no JSON: an escape `\\u` is cut short, or half of a pair without the other half"
        }
        JsonErrorType::ExpectedSomeIdent => {
            "this is no JSON: `true`, `false` or `null` is misspelt, or a text lacks its quotes"
        }
        JsonErrorType::ExpectedSomeValue => "this is no JSON: a value is missing, or a text lacks its quotes",
        JsonErrorType::ExpectedColon => "this is no JSON: a key has no `:` behind it",
        JsonErrorType::ExpectedListCommaOrEnd => "this is no JSON: a list goes on without `,` or `]`",
        JsonErrorType::ExpectedObjectCommaOrEnd => "this is no JSON: an object goes on without `,` or `}`",
        JsonErrorType::TrailingComma => "this is no JSON: nothing follows a `,`",
        JsonErrorType::KeyMustBeAString => "this is no JSON: a key stands in double quotes",
        JsonErrorType::InvalidNumber => "this is no JSON: a number such as `01`, `+1` or `1.`",
        JsonErrorType::InvalidEscape => {
            "this is no JSON: an escape that does not exist; `\\` is written `\\\\`"
        }
        JsonErrorType::ControlCharacterWhileParsingString => {
            "this is no JSON: a text with a control character; the end of a line is written `\\n`"
        }
        JsonErrorType::FloatExpectingInt
        | JsonErrorType::DuplicateKey(_)
        | JsonErrorType::InternalError(_) => "this is no JSON that can be read",
    };
    (&code::NOT_JSON, why)
}
