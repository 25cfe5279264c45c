//! Dates as serial numbers.

/// Which day is day 0 of a workbook's dates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateSystem {
    /// 1 is 1 January 1900; 60 is the 29 February 1900 that never was.
    #[default]
    Since1900,
    /// 0 is 1 January 1904.
    Since1904,
}
