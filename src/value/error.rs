//! Excel's error values.

use std::fmt;

/// An error value. `ERROR.TYPE` numbers them (ECMA-376 part 1, 18.17.3, and
/// Microsoft's documentation for the newer ones).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorKind {
    Null,
    Div0,
    Value,
    Ref,
    Name,
    Num,
    Na,
    GettingData,
    Spill,
    Connect,
    Blocked,
    Unknown,
    Field,
    Calc,
    External,
    Busy,
    Python,
}

impl ErrorKind {
    pub const ALL: [ErrorKind; 17] = [
        Self::Null,
        Self::Div0,
        Self::Value,
        Self::Ref,
        Self::Name,
        Self::Num,
        Self::Na,
        Self::GettingData,
        Self::Spill,
        Self::Connect,
        Self::Blocked,
        Self::Unknown,
        Self::Field,
        Self::Calc,
        Self::External,
        Self::Busy,
        Self::Python,
    ];

    /// As it is written in a cell and in a formula.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Null => "#NULL!",
            Self::Div0 => "#DIV/0!",
            Self::Value => "#VALUE!",
            Self::Ref => "#REF!",
            Self::Name => "#NAME?",
            Self::Num => "#NUM!",
            Self::Na => "#N/A",
            Self::GettingData => "#GETTING_DATA",
            Self::Spill => "#SPILL!",
            Self::Connect => "#CONNECT!",
            Self::Blocked => "#BLOCKED!",
            Self::Unknown => "#UNKNOWN!",
            Self::Field => "#FIELD!",
            Self::Calc => "#CALC!",
            Self::External => "#EXTERNAL!",
            Self::Busy => "#BUSY!",
            Self::Python => "#PYTHON!",
        }
    }

    /// The number that `ERROR.TYPE` gives.
    pub const fn code(self) -> u8 {
        match self {
            Self::Null => 1,
            Self::Div0 => 2,
            Self::Value => 3,
            Self::Ref => 4,
            Self::Name => 5,
            Self::Num => 6,
            Self::Na => 7,
            Self::GettingData => 8,
            Self::Spill => 9,
            Self::Connect => 10,
            Self::Blocked => 11,
            Self::Unknown => 12,
            Self::Field => 13,
            Self::Calc => 14,
            Self::External => 19,
            Self::Busy => 20,
            Self::Python => 25,
        }
    }

    /// The error that `text` spells, without regard to case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(text))
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
