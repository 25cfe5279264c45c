//! The extent of the sheets in an xls file: enough of the compound file format
//! (MS-CFB) to find the workbook's stream, and enough of its records (MS-XLS)
//! to find the cells.

use super::ImportCause;
use super::guard::Extent;
use std::collections::HashMap;

pub(super) const SIGNATURE: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// Numbers of sectors from here on mean something else (MS-CFB 2.1).
const LAST_SECTOR: u32 = 0xFFFF_FFFA;
/// Streams below this size are kept in the mini stream.
const MINI_CUTOFF: usize = 4096;
const MINI_SECTOR: usize = 64;
const DIRECTORY_ENTRY: usize = 128;

/// Refuses a workbook whose sheets would take unreasonable memory; counts the
/// formulas of each sheet.
pub(super) fn check(bytes: &[u8]) -> Result<Vec<u64>, ImportCause> {
    let file = Compound::new(bytes).ok_or_else(cut_off)?;
    let stream = match file.stream("Workbook").or_else(|| file.stream("Book")) {
        Some(stream) => stream,
        None if file.entry("EncryptedPackage").is_some() => return Err(ImportCause::Password),
        None => return Err(ImportCause::Unknown),
    };
    check_stream(&stream)
}

fn cut_off() -> ImportCause {
    ImportCause::Damaged("its directory points past its end".to_owned())
}

struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    /// For each sector the one that follows it in its stream.
    fat: Vec<u32>,
    directory: Vec<u8>,
}

impl<'a> Compound<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let sector = match u16_at(bytes, 30)? {
            9 => 512,
            12 => 4096,
            _ => return None,
        };
        let mut file = Self {
            bytes,
            sector,
            fat: Vec::new(),
            directory: Vec::new(),
        };
        // The sectors of the FAT: 109 in the header, more in a chain of their own.
        let mut tables: Vec<u32> = numbers(bytes.get(76..512)?).collect();
        let mut next = u32_at(bytes, 68)?;
        let mut left = file.sectors();
        while next < LAST_SECTOR && left > 0 {
            let table: Vec<u32> = numbers(file.sector(next)?).collect();
            let (last, numbers) = table.split_last()?;
            tables.extend(numbers);
            next = *last;
            left -= 1;
        }
        for table in tables.into_iter().filter(|n| *n < LAST_SECTOR) {
            if file.fat.len() <= file.sectors() {
                let entries = numbers(file.sector(table)?);
                file.fat.extend(entries);
            }
        }
        file.directory = file.chain(u32_at(bytes, 48)?)?;
        Some(file)
    }

    fn sectors(&self) -> usize {
        self.bytes.len() / self.sector
    }

    /// A sector; the last one may be short.
    fn sector(&self, number: u32) -> Option<&'a [u8]> {
        let start = (number as usize + 1).checked_mul(self.sector)?;
        let end = (start + self.sector).min(self.bytes.len());
        self.bytes.get(start..end).filter(|s| !s.is_empty())
    }

    /// The sectors from a first one on.
    fn chain(&self, first: u32) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut next = first;
        // No chain is longer than the file: a longer one goes in circles.
        for _ in 0..=self.sectors() {
            if next >= LAST_SECTOR {
                return Some(out);
            }
            out.extend(self.sector(next)?);
            next = *self.fat.get(next as usize)?;
        }
        None
    }

    /// A stream's directory entry, by name without regard to case.
    fn entry(&self, name: &str) -> Option<&[u8]> {
        self.directory.chunks_exact(DIRECTORY_ENTRY).find(|entry| {
            let letters = entry[..64].as_chunks::<2>().0;
            let found = letters
                .iter()
                .map(|unit| u16::from_le_bytes(*unit))
                .take_while(|unit| *unit != 0);
            char::decode_utf16(found)
                .map(|c| {
                    c.unwrap_or(char::REPLACEMENT_CHARACTER)
                        .to_ascii_lowercase()
                })
                .eq(name.chars().map(|c| c.to_ascii_lowercase()))
        })
    }

    fn stream(&self, name: &str) -> Option<Vec<u8>> {
        let entry = self.entry(name)?;
        let start = u32_at(entry, 116)?;
        let len = u32_at(entry, 120)? as usize;
        if len >= MINI_CUTOFF {
            return self.chain(start);
        }
        let root = self.directory.get(..DIRECTORY_ENTRY)?;
        let mini_stream = self.chain(u32_at(root, 116)?)?;
        let mini_fat: Vec<u32> = numbers(&self.chain(u32_at(self.bytes, 60)?)?).collect();
        let mut out = Vec::new();
        let mut next = start;
        while next < LAST_SECTOR && out.len() < len {
            let at = next as usize * MINI_SECTOR;
            let end = (at + MINI_SECTOR).min(mini_stream.len());
            out.extend(mini_stream.get(at..end)?);
            next = *mini_fat.get(next as usize)?;
        }
        Some(out)
    }
}

/// Measures each sheet that the stream's globals name.
fn check_stream(stream: &[u8]) -> Result<Vec<u64>, ImportCause> {
    let mut measured: HashMap<usize, Extent> = HashMap::new();
    let mut formulas = Vec::new();
    for (kind, data) in records(stream) {
        match kind {
            // BoundSheet8
            0x0085 => {
                let Some(start) = u32_at(data, 0) else {
                    continue;
                };
                let start = start as usize;
                let extent = measured
                    .entry(start)
                    .or_insert_with(|| extent(stream.get(start..).unwrap_or_default()));
                formulas.push(extent.formulas);
                extent.check(format!("number {}", formulas.len()))?;
            }
            // EOF
            0x000A => break,
            _ => {}
        }
    }
    Ok(formulas)
}

/// The extent of the sheet that begins a stream.
fn extent(stream: &[u8]) -> Extent {
    let mut extent = Extent::default();
    // Substreams of charts lie within; calamine skips them, and their cells
    // do not make it larger here by much.
    let mut depth = 0_u32;
    for (kind, data) in records(stream) {
        match kind {
            0x0809 => depth += 1,
            0x000A => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            // Dimensions: calamine reserves room for what they say.
            0x0200 if !is_possible(data) => {
                extent.add((0, u32::MAX.into()), (0, 0xFF));
            }
            // Formula, Number, Label, BoolErr, String's formula, Rk, LabelSst, RString
            0x0006 | 0x0203 | 0x0204 | 0x0205 | 0x027E | 0x00FD | 0x00D6 => {
                if let (Some(row), Some(col)) = (u16_at(data, 0), u16_at(data, 2)) {
                    extent.add((row.into(), row.into()), (col.into(), col.into()));
                    extent.formulas += u64::from(kind == 0x0006);
                }
            }
            // MulRk: a row, its first column, its cells, its last column.
            0x00BD => {
                if let (Some(row), Some(first)) = (u16_at(data, 0), u16_at(data, 2)) {
                    let count = data.len().saturating_sub(6) as u64 / 6;
                    for col in u64::from(first)..u64::from(first) + count {
                        extent.add((row.into(), row.into()), (col, col));
                    }
                }
            }
            _ => {}
        }
    }
    extent
}

/// Whether a Dimensions record (first row, row behind the last, first column,
/// column behind the last) lies on a sheet of this format.
fn is_possible(data: &[u8]) -> bool {
    let read = || {
        Some(if data.len() < 14 {
            let row = |at| u16_at(data, at).map(u32::from);
            (row(0)?, row(2)?, u16_at(data, 6)?)
        } else {
            (u32_at(data, 0)?, u32_at(data, 4)?, u16_at(data, 10)?)
        })
    };
    // A record too short to be read is refused by calamine.
    read().is_none_or(|(first, end, columns)| {
        first <= end && u64::from(end) * u64::from(columns) <= 0x1_0000 * 0x100
    })
}

/// The records of a stream: their kind and their data.
fn records(stream: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = stream;
    std::iter::from_fn(move || {
        let kind = u16_at(rest, 0)?;
        let len = usize::from(u16_at(rest, 2)?);
        let data = rest.get(4..4 + len)?;
        rest = &rest[4 + len..];
        Some((kind, data))
    })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|b| u32::from_le_bytes(*b))
}
