//! A place in a line. The parsing is the library's; here are the offsets, the faults, the memory that goes from line
//! to line, and one short cut: a key that stands where it was expected is compared, not parsed.

use forebay_types::Ty;
use forebay_types::code::{self, Code};
use jiter::{Jiter, JiterError, JiterErrorType, JsonErrorType, Peek};

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
    /// Where in the line the parser's text begins.
    base: usize,
    jiter: Jiter<'j>,
    pub memory: Memory,
    /// Messages do not show the value at hand.
    pub sensitive: bool,
}

impl<'j> Cursor<'j> {
    pub fn new(line: &'j [u8], mut memory: Memory) -> Cursor<'j> {
        let jiter = Jiter::with_tape(line, std::mem::take(&mut memory.tape));
        Cursor { line, base: 0, jiter, memory, sensitive: false }
    }

    pub fn into_memory(mut self) -> Memory {
        self.memory.tape = self.jiter.into_tape();
        self.memory
    }

    /// Byte offset in the line.
    #[inline]
    pub fn at(&self) -> usize {
        self.base + self.jiter.current_index()
    }

    /// The text from `start` to here.
    #[inline]
    pub fn since(&self, start: usize) -> &'j [u8] {
        &self.line[start..self.at()]
    }

    /// What kind of value comes next, behind white space.
    #[inline]
    pub fn peek(&mut self) -> Result<Peek, Fault> {
        self.jiter.peek().map_err(|error| fault(error, self.base))
    }

    /// Takes `open`, at most one space, and `key`, a quoted name with its colon, if they come next exactly so.
    #[inline]
    pub fn take_key(&mut self, open: u8, key: &[u8]) -> bool {
        let at = self.at();
        let Some((first, rest)) = self.line[at..].split_first() else { return false };
        let space = usize::from(rest.first() == Some(&b' '));
        let taken = *first == open && rest[space..].starts_with(key);
        if taken {
            self.base = at + 1 + space + key.len();
            let passed = std::mem::replace(&mut self.jiter, Jiter::new(b""));
            self.jiter = Jiter::with_tape(&self.line[self.base..], passed.into_tape());
        }
        taken
    }

    /// The first key of the object whose bracket comes next.
    pub fn first_key(&mut self) -> Result<Option<&str>, Fault> {
        let base = self.base;
        self.jiter.known_object().map_err(|error| fault(error, base))
    }

    pub fn next_key(&mut self) -> Result<Option<&str>, Fault> {
        let base = self.base;
        self.jiter.next_key().map_err(|error| fault(error, base))
    }

    pub fn first_item(&mut self) -> Result<Option<Peek>, Fault> {
        self.jiter.known_array().map_err(|error| fault(error, self.base))
    }

    pub fn next_item(&mut self) -> Result<Option<Peek>, Fault> {
        self.jiter.array_step().map_err(|error| fault(error, self.base))
    }

    pub fn null(&mut self) -> Result<(), Fault> {
        self.jiter.known_null().map_err(|error| fault(error, self.base))
    }

    pub fn bool(&mut self, peek: Peek, ty: &Ty) -> Result<bool, Fault> {
        if peek != Peek::True && peek != Peek::False {
            return Err(self.wrong_type(peek, ty));
        }
        self.jiter.known_bool(peek).map_err(|error| fault(error, self.base))
    }

    /// The number that comes next, as its text.
    #[inline]
    pub fn number(&mut self, peek: Peek, ty: &Ty) -> Result<&'j [u8], Fault> {
        if !peek.is_num() {
            return Err(self.wrong_type(peek, ty));
        }
        let start = self.at();
        match self.jiter.known_number_bytes(peek) {
            Ok(_) => Ok(self.since(start)),
            Err(error) => Err(fault(error, self.base)),
        }
    }

    /// The text that comes next, decoded, and memory for who needs some to understand it.
    #[inline]
    pub fn text(&mut self, peek: Peek, ty: &Ty) -> Result<(&str, &mut Vec<u8>), Fault> {
        if peek != Peek::String {
            return Err(self.wrong_type(peek, ty));
        }
        let base = self.base;
        match self.jiter.known_str() {
            Ok(text) => Ok((text, &mut self.memory.scratch)),
            Err(error) => Err(fault(error, base)),
        }
    }

    /// Reads over the value that comes next and gives its text.
    pub fn skip(&mut self) -> Result<&'j str, Fault> {
        let peek = self.peek()?;
        let start = self.at();
        self.jiter.known_skip(peek).map_err(|error| fault(error, self.base))?;
        // The parser does not look at the bytes of texts that it reads over.
        std::str::from_utf8(self.since(start))
            .map_err(|error| RecordError::fault(&code::INVALID_UTF8, start + error.valid_up_to(), NOT_UTF8))
    }

    /// Nothing may follow.
    pub fn finish(&mut self) -> Result<(), Fault> {
        self.jiter.finish().map_err(|error| fault(error, self.base))
    }

    /// The value is of another JSON type than was declared, or no JSON at all.
    #[cold]
    pub fn wrong_type(&mut self, peek: Peek, ty: &Ty) -> Fault {
        let start = self.at();
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

/// What the parser says about a text that is no JSON. Its offsets count from `base`.
#[cold]
fn fault(error: JiterError, base: usize) -> Fault {
    let (code, why) = no_json(&error.error_type);
    RecordError::fault(code, base + error.index, why)
}

/// The parser's reason in plain words.
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
