//! Number formats: a value and a format code give the text that a cell shows.
