//! How a record ends. Everything derived from a source record has an end of its own; the record's end is the
//! worst of them.

use std::fmt;

/// From best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Fate {
    /// The file says that it ends here: filtered, sampled, merged into a window, nothing found.
    Absorbed = 1,
    /// Visible to a reader who reads committed data.
    Published = 2,
    /// It could not be processed; the reason is a diagnostic code.
    Rejected = 3,
    /// Lost: late, overflow. 0 in a healthy system.
    Dropped = 4,
}

impl Fate {
    pub const ALL: [Fate; 4] = [Fate::Absorbed, Fate::Published, Fate::Rejected, Fate::Dropped];
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fate::Absorbed => "absorbed",
            Fate::Published => "published",
            Fate::Rejected => "rejected",
            Fate::Dropped => "dropped",
        })
    }
}

/// A fate with its reason in 16 bits, ordered from best to worst: the fate in the upper four, an index into
/// the pipeline's table of reasons below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct End(u16);

/// Index of a reason in a pipeline's table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReasonId(pub u16);

impl End {
    /// The number of different reasons that a pipeline can have.
    pub const MAX_REASONS: usize = 1 << 12;

    pub fn new(fate: Fate, reason: ReasonId) -> End {
        debug_assert!((reason.0 as usize) < Self::MAX_REASONS);
        End((fate as u16) << 12 | (reason.0 & 0x0fff))
    }

    pub fn bits(self) -> u16 {
        self.0
    }

    /// `None` for 0: the record has not ended.
    pub fn from_bits(bits: u16) -> Option<End> {
        (bits >> 12 != 0).then_some(End(bits))
    }

    pub fn fate(self) -> Fate {
        match self.0 >> 12 {
            1 => Fate::Absorbed,
            2 => Fate::Published,
            3 => Fate::Rejected,
            _ => Fate::Dropped,
        }
    }

    pub fn reason(self) -> ReasonId {
        ReasonId(self.0 & 0x0fff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_end_is_the_larger_number_whatever_the_reason() {
        let ends: Vec<End> =
            Fate::ALL.iter().map(|fate| End::new(*fate, ReasonId(4095 - *fate as u16))).collect();
        assert!(ends.windows(2).all(|pair| pair[0] < pair[1]));
        for (end, fate) in ends.iter().zip(Fate::ALL) {
            assert_eq!((end.fate(), End::from_bits(end.bits())), (fate, Some(*end)));
        }
        assert_eq!(End::from_bits(0), None);
    }
}
