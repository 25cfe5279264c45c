//! The zip package of a workbook: its compressed bytes, and its parts on demand.

use super::error::OpenCause;
use crate::reading::Reading;
use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::sync::Arc;
use zip::ZipArchive;
use zip::result::ZipError;

/// The part that says what kind of part each other one is.
pub(super) const CONTENT_TYPES: &str = "[Content_Types].xml";

/// The most bytes that one part may take.
const MAX_PART: u64 = 1 << 30;
/// The most bytes that all parts may take.
const MAX_TOTAL: u64 = 4 << 30;
/// A part above this size must not be [`MAX_RATIO`] times its compressed size:
/// sheets compress to about a tenth, deflate's best is a thousandth.
const SUSPICIOUS_SIZE: u64 = 32 << 20;
const MAX_RATIO: u64 = 200;

/// An opened package. Holds the file as it was, not what it unpacks to.
#[derive(Clone, Debug)]
pub(super) struct Package {
    archive: ZipArchive<Cursor<Arc<[u8]>>>,
    bytes: Arc<[u8]>,
    /// Entries by part name in lower case: part names are equal without regard to case.
    index: HashMap<String, usize>,
    /// Told of what is unpacked, and may stop it.
    reading: Arc<Reading>,
}

impl Package {
    /// Reads the directory of the package and refuses what is not a zip, what
    /// is encrypted and what would unpack to more than a workbook can be.
    pub fn open(bytes: Arc<[u8]>) -> Result<Self, OpenCause> {
        Self::open_watched(bytes, &Arc::default())
    }

    /// Opens a package as [`Package::open`] does. Until [`Package::end_watching`],
    /// what is unpacked of it is told to `reading`.
    pub fn open_watched(bytes: Arc<[u8]>, reading: &Arc<Reading>) -> Result<Self, OpenCause> {
        if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
            // A compound file: an encrypted package names its stream in UTF-16.
            let stream: Vec<u8> = "EncryptedPackage"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect();
            let encrypted = bytes.windows(stream.len()).any(|w| w == stream);
            return Err(if encrypted {
                OpenCause::Encrypted
            } else {
                OpenCause::CompoundFile
            });
        }
        if !bytes.starts_with(b"PK") {
            return Err(OpenCause::NotZip);
        }
        let mut archive = ZipArchive::new(Cursor::new(bytes.clone()))
            .map_err(|e| OpenCause::Damaged(e.to_string()))?;
        let mut index = HashMap::new();
        let mut total = 0_u64;
        for i in 0..archive.len() {
            let entry = archive.by_index_raw(i).map_err(damaged)?;
            let name = entry.name().map_err(damaged)?;
            let name = normal_name(&name);
            if entry.encrypted() {
                return Err(OpenCause::Encrypted);
            }
            check_size(&name, entry.size(), entry.compressed_size())?;
            total = total.saturating_add(entry.size());
            if total > MAX_TOTAL {
                return Err(OpenCause::TooLarge {
                    what: "the unpacked file".into(),
                    size: total,
                    limit: MAX_TOTAL,
                });
            }
            index.insert(name.to_lowercase(), i);
        }
        Ok(Self {
            archive,
            bytes,
            index,
            reading: reading.clone(),
        })
    }

    /// Says which parts make up the work of reading.
    pub fn expect<'a>(&self, parts: impl Iterator<Item = &'a str>) {
        let sizes = parts.filter_map(|part| self.size(part));
        self.reading.expect(sizes.sum());
    }

    pub fn end_watching(&mut self) {
        self.reading = Arc::default();
    }

    pub fn has(&self, part: &str) -> bool {
        self.index.contains_key(&part.to_lowercase())
    }

    /// A part's XML as text. The byte order mark is left out.
    ///
    /// `wanted_by` names, for the message, what refers to the part.
    pub fn text(&self, part: &str, wanted_by: &str) -> Result<String, OpenCause> {
        let missing = || OpenCause::MissingPart {
            part: part.to_owned(),
            wanted_by: wanted_by.to_owned(),
        };
        let i = *self.index.get(&part.to_lowercase()).ok_or_else(missing)?;
        // Cheap: the archive shares its directory and its bytes.
        let mut archive = self.archive.clone();
        let entry = archive.by_index(i).map_err(damaged)?;
        let size = entry.size();
        let mut bytes = Vec::with_capacity(size.min(MAX_PART) as usize);
        // One byte more than was declared tells a directory that lies.
        let read = self
            .reading
            .counted(entry)
            .take(size + 1)
            .read_to_end(&mut bytes);
        if self.reading.is_stopped() {
            return Err(OpenCause::Stopped);
        }
        read.map_err(|e| OpenCause::Damaged(format!("{part}: {e}")))?;
        if bytes.len() as u64 > size {
            return Err(OpenCause::Damaged(format!(
                "{part} is longer than the archive says"
            )));
        }
        decode(part, bytes)
    }

    /// The bytes that a part takes by the archive's directory.
    pub fn size(&self, part: &str) -> Option<u64> {
        let i = *self.index.get(&part.to_lowercase())?;
        let mut archive = self.archive.clone();
        Some(archive.by_index_raw(i).ok()?.size())
    }

    /// Shows `read` a part while it is unpacked; `None` where it cannot be.
    pub fn unpack<T>(
        &self,
        part: &str,
        read: impl FnOnce(&mut dyn Read) -> Option<T>,
    ) -> Option<T> {
        let i = *self.index.get(&part.to_lowercase())?;
        let mut archive = self.archive.clone();
        let entry = archive.by_index(i).ok()?;
        read(&mut self.reading.counted(entry))
    }

    /// The archive, to copy entries from.
    pub fn archive(&self) -> ZipArchive<Cursor<Arc<[u8]>>> {
        self.archive.clone()
    }

    /// The file as it was opened.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn check_size(part: &str, size: u64, compressed: u64) -> Result<(), OpenCause> {
    let ratio = size / compressed.max(1);
    if size > SUSPICIOUS_SIZE && ratio > MAX_RATIO {
        return Err(OpenCause::Bomb {
            part: part.to_owned(),
            size,
            ratio,
        });
    }
    if size > MAX_PART {
        return Err(OpenCause::TooLarge {
            what: part.to_owned(),
            size,
            limit: MAX_PART,
        });
    }
    Ok(())
}

fn damaged(error: ZipError) -> OpenCause {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => OpenCause::Encrypted,
        other => OpenCause::Damaged(other.to_string()),
    }
}

/// An entry's name as a part name: forward slashes, none in front.
pub(super) fn normal_name(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_owned()
}

/// Parts are UTF-8 or UTF-16 (ECMA-376 part 2, 10.1.2.3.2... annex F).
fn decode(part: &str, bytes: Vec<u8>) -> Result<String, OpenCause> {
    let utf16 = |unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes[2..].as_chunks::<2>();
        let text: Option<String> = char::decode_utf16(pairs.iter().map(|&pair| unit(pair)))
            .collect::<Result<_, _>>()
            .ok();
        text.filter(|_| rest.is_empty())
            .ok_or_else(|| bad_text(part, "it is not UTF-16, as its first bytes say"))
    };
    if bytes.starts_with(&[0xFF, 0xFE]) {
        return utf16(u16::from_le_bytes);
    }
    if bytes.starts_with(&[0xFE, 0xFF]) {
        return utf16(u16::from_be_bytes);
    }
    let bytes = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
        Some(rest) => rest.to_vec(),
        None => bytes,
    };
    String::from_utf8(bytes).map_err(|e| {
        bad_text(
            part,
            &format!(
                "byte {} is not UTF-8 text",
                e.utf8_error().valid_up_to() + 1
            ),
        )
    })
}

fn bad_text(part: &str, message: &str) -> OpenCause {
    OpenCause::Xml {
        part: part.to_owned(),
        line: 1,
        column: 1,
        message: message.to_owned(),
    }
}
