//! Enums whose variants are words of a file: the word, what it means and the way back are said once.

/// Declares enums by `Variant = "word": "what it means",`. Each gets `WORDS` (for [`Shape::Word`](crate::shape::Shape::Word)),
/// `word`, `of` and `Display`.
#[macro_export]
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$note:meta])* $variant:ident = $word:literal: $what:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$note])* $variant,)* }

        impl $name {
            /// The words, each with what it means.
            pub const WORDS: &'static [(&'static str, &'static str)] = &[$(($word, $what),)*];

            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }

            /// What a word stands for.
            pub fn of(word: &str) -> Option<$name> {
                match word { $($word => Some($name::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    )*};
}
