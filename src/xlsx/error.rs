//! Why a file could not be opened or saved.

use std::fmt;
use std::path::PathBuf;

/// Why a workbook could not be opened.
#[derive(Debug, thiserror::Error)]
pub struct OpenError {
    /// The file; `None` where the bytes did not come from one.
    pub file: Option<PathBuf>,
    #[source]
    pub cause: OpenCause,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{}: {}", file.display(), self.cause),
            None => self.cause.fmt(f),
        }
    }
}

impl From<OpenCause> for OpenError {
    fn from(cause: OpenCause) -> Self {
        Self { file: None, cause }
    }
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum OpenCause {
    #[error("cannot be read: {0}")]
    Read(std::io::Error),
    #[error("is not an xlsx file (it is not a zip archive)")]
    NotZip,
    #[error("is protected with a password: remove the password in Excel and save it again")]
    Encrypted,
    #[error("is an Excel 97-2003 workbook, not an xlsx file")]
    CompoundFile,
    #[error("is not a whole zip archive ({0}): the file was cut short or damaged, get a new copy")]
    Damaged(String),
    #[error(
        "is refused: its part {part} would take {size} bytes, {ratio} times its size in the file; \
         no workbook compresses so well"
    )]
    Bomb { part: String, size: u64, ratio: u64 },
    #[error("is refused: {what} would take {size} bytes, the limit is {limit}")]
    TooLarge { what: String, size: u64, limit: u64 },
    #[error("has no part {part}, which {wanted_by} refers to: the file is damaged, get a new copy")]
    MissingPart { part: String, wanted_by: String },
    #[error("is not an xlsx workbook: {0}")]
    NotWorkbook(String),
    #[error("was not opened: it was stopped")]
    Stopped,
    #[error("{part}, line {line}, column {column}: {message}")]
    Xml {
        part: String,
        line: usize,
        column: usize,
        message: String,
    },
    #[error("{part}, cell {cell}: {message}")]
    Cell {
        part: String,
        cell: String,
        message: String,
    },
}

/// Why a workbook could not be saved; the file that was to be written is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    #[error("{}: cannot be written: {source}", .file.display())]
    Write {
        file: PathBuf,
        source: std::io::Error,
    },
    /// The package that the document came from could not be read again.
    #[error("the opened file {0}")]
    Original(#[from] OpenCause),
    #[error("{0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("{0}")]
    New(#[from] rust_xlsxwriter::XlsxError),
    #[error("{place}: {problem}")]
    Content { place: String, problem: String },
}
