//! The journal of unsaved edits beside a file, which outlives a crash.
//!
//! Its first line says which state of the file the edits were made to. Each
//! further line is a step, as [`crate::workbook::journal`] writes it, or names a
//! copy of the workbook from which the steps after it go on. A journal is begun
//! with the first edit, locked while its program runs, and removed when the
//! edits are saved or discarded: one that is there and not locked was left by a
//! crash, a kill or a lost connection.

use super::document::Fingerprint;
use crate::engine::{Engine, ReplayError};
use crate::workbook::Workbook;
use crate::workbook::journal::{Record, encode};
use crate::xlsx::{self, OpenError, SaveError};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// How many journals a file may have: one a running program, and those left.
const MOST: usize = 99;
/// The form of the first line that this version writes and reads.
const FORM: u32 = 1;
/// What a line begins with that names a copy of the workbook.
const BASE: &str = "base ";

/// Why edits are not, or no longer, written to a journal.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("there is no home folder for the journal of a new workbook")]
    NoFolder,
    #[error("{}: {source}", file.display())]
    Write { file: PathBuf, source: io::Error },
    #[error("{}: {MOST} journals are there already", .0.display())]
    Crowded(PathBuf),
    #[error(transparent)]
    Copy(#[from] SaveError),
}

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("the copy of the workbook that the journal goes on from: {0}")]
    Base(#[from] OpenError),
    #[error("{}: nothing can be restored: {source}", file.display())]
    Damaged { file: PathBuf, source: ReplayError },
}

/// What a journal's first line says.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    gradsheet_journal: u32,
    /// The file as it was when the edits were made to it; none for a new workbook.
    file: Option<Fingerprint>,
}

/// Writes down the edits of a document.
#[derive(Debug)]
pub struct Journal {
    /// What journals are named after, in whose folder they lie.
    stem: Option<PathBuf>,
    of: Option<Fingerprint>,
    open: Option<Open>,
    /// Something could not be written: what came after it would not fit.
    broken: bool,
    /// How many steps a replay of the journal could undo, and do again.
    undoable: usize,
    redoable: usize,
}

/// The file of a journal, locked.
#[derive(Debug)]
struct Open {
    path: PathBuf,
    file: File,
    length: u64,
    /// The copy of the workbook that the last steps go on from.
    base: Option<PathBuf>,
    bases: usize,
    sync: Sender<()>,
    /// Why the disk did not take what the system had taken.
    unsynced: Arc<Mutex<Option<io::Error>>>,
}

/// A journal that nobody writes any more.
#[derive(Debug)]
pub struct Left {
    pub path: PathBuf,
    /// How many edits it holds.
    pub steps: usize,
    /// When the last one was written.
    pub written: SystemTime,
    /// Whether it was written for the file as it is.
    pub fits: bool,
    /// Locked, so that no other program restores it meanwhile.
    file: File,
    bytes: Vec<u8>,
}

/// The journals of a file.
#[derive(Debug, Default)]
pub struct Found {
    /// Those that fit the file first, the last written first.
    pub left: Vec<Left>,
    /// Whether another program that runs writes one.
    pub in_use: bool,
}

/// What a journal brought back.
#[derive(Debug)]
pub struct Restored {
    pub steps: usize,
    /// What ended it early, and where what could not be read is kept; nowhere
    /// where it was only the last line, cut off while it was written.
    pub stopped: Option<(ReplayError, Option<PathBuf>)>,
    /// Why further edits are not written down.
    pub trouble: Option<Trouble>,
}

impl Journal {
    /// For a file that is open, or for a new workbook, whose journals lie in
    /// `state`, the folder for the program's state. Writes nothing yet.
    pub(super) fn new(file: Option<&Path>, of: Option<Fingerprint>, state: Option<&Path>) -> Self {
        let stem = match file {
            // One journal however the file was reached.
            Some(file) => Some(fs::canonicalize(file).unwrap_or_else(|_| file.to_owned())),
            None => state.map(|state| state.join("new-workbook")),
        };
        Self {
            stem,
            of,
            open: None,
            broken: false,
            undoable: 0,
            redoable: 0,
        }
    }

    /// Where `gradsheet` keeps its state: in `$XDG_STATE_HOME` or in
    /// `~/.local/state`. `None` without a home.
    pub fn state_folder() -> Option<PathBuf> {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let base = match set("XDG_STATE_HOME") {
            Some(base) => PathBuf::from(base),
            None => PathBuf::from(set("HOME")?).join(".local/state"),
        };
        Some(base.join("gradsheet"))
    }

    /// Writes down one step, as the records that it is made of; `book` is the
    /// workbook after it. It is with the system when this returns and goes to
    /// the disk soon. After an error nothing is written any more.
    pub fn record(&mut self, book: &Workbook, step: &[Record]) -> Result<(), Trouble> {
        if self.broken {
            return Ok(());
        }
        let written = self.write(book, step);
        self.broken = written.is_err();
        written
    }

    fn write(&mut self, book: &Workbook, step: &[Record]) -> Result<(), Trouble> {
        let (mut undoable, mut redoable) = (self.undoable, self.redoable);
        let mut lines = String::new();
        for record in step {
            let follows = match record {
                Record::Apply(_) => {
                    redoable = 0;
                    undoable += 1;
                    true
                }
                Record::Undo => step_over(&mut undoable, &mut redoable),
                Record::Redo => step_over(&mut redoable, &mut undoable),
            };
            let line = follows.then(|| encode(book, record));
            let Some(Ok(line)) = line else {
                // What was done before the last save is undone, say: the
                // journal knows nothing of it and goes on from a copy.
                return self.write_base(book);
            };
            lines.push_str(&line);
            lines.push('\n');
        }
        self.opened()?.append(&lines)?;
        (self.undoable, self.redoable) = (undoable, redoable);
        Ok(())
    }

    fn write_base(&mut self, book: &Workbook) -> Result<(), Trouble> {
        let open = self.opened()?;
        open.bases += 1;
        let path = base_of(&open.path, open.bases);
        xlsx::save(book, &path)?;
        open.append(&format!("{BASE}{}\n", open.bases))?;
        if let Some(old) = open.base.replace(path) {
            // What is left behind would be read by nobody.
            let _ = fs::remove_file(old);
        }
        (self.undoable, self.redoable) = (0, 0);
        Ok(())
    }

    /// The journal's file, made where there is none yet.
    fn opened(&mut self) -> Result<&mut Open, Trouble> {
        let open = match self.open.take() {
            Some(open) => open,
            None => self.begin()?,
        };
        Ok(self.open.insert(open))
    }

    fn begin(&self) -> Result<Open, Trouble> {
        let stem = self.stem.as_deref().ok_or(Trouble::NoFolder)?;
        let failed = |file: &Path, source| Trouble::Write {
            file: file.to_owned(),
            source,
        };
        if let Some(folder) = stem.parent() {
            fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
        }
        for number in 1..=MOST {
            let path = place(stem, number);
            let file = match private(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(failed(&path, error)),
            };
            let locked = file.try_lock().map_err(io::Error::from);
            locked.map_err(|error| failed(&path, error))?;
            let head = Head {
                gradsheet_journal: FORM,
                file: self.of,
            };
            let head = serde_json::to_string(&head).map_err(io::Error::from);
            let head = head.map_err(|error| failed(&path, error))?;
            let mut open = Open::new(path, file, 0);
            open.append(&format!("{head}\n"))?;
            return Ok(open);
        }
        Err(Trouble::Crowded(stem.to_owned()))
    }

    /// Removes the journal: its edits are saved or not wanted.
    pub fn remove(&mut self) {
        if let Some(open) = self.open.take() {
            remove(&open.path, open.base.as_deref());
        }
        (self.undoable, self.redoable, self.broken) = (0, 0, false);
    }

    /// The journals that others write or have left.
    pub fn find(&self) -> Found {
        let mut found = Found::default();
        let Some(stem) = &self.stem else {
            return found;
        };
        for number in 1..=MOST {
            let path = place(stem, number);
            if self.open.as_ref().is_some_and(|open| open.path == path) {
                continue;
            }
            // A link or a pipe of that name is not ours to read.
            let ours = fs::symlink_metadata(&path).is_ok_and(|path| path.is_file());
            let mut options = OpenOptions::new();
            options.read(true).append(true);
            let Some(Ok(file)) = ours.then(|| options.open(&path)) else {
                continue;
            };
            match file.try_lock() {
                Ok(()) => found.left.extend(self.read(path, file)),
                Err(TryLockError::WouldBlock) => found.in_use = true,
                Err(TryLockError::Error(_)) => {}
            }
        }
        found
            .left
            .sort_by_key(|left| std::cmp::Reverse((left.fits, left.written)));
        found
    }

    /// A journal that was left; `None` where it is none or holds nothing.
    fn read(&self, path: PathBuf, mut file: File) -> Option<Left> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        let head = bytes.split(|&byte| byte == b'\n').next()?;
        let head: Head = serde_json::from_slice(head).ok()?;
        let lines = bytes.split(|&byte| byte == b'\n').skip(1);
        let steps = lines.filter(|line| !line.is_empty()).count();
        let written = file.metadata().and_then(|of| of.modified()).ok()?;
        (steps > 0).then_some(Left {
            path,
            steps,
            written,
            fits: head.gradsheet_journal == FORM && head.file == self.of,
            file,
            bytes,
        })
    }

    /// Does again what a journal says that was left, on the file that it was
    /// written for, and goes on writing to it.
    ///
    /// # Errors
    /// Where nothing of it could be restored: then it stays as it is.
    pub fn restore(&mut self, left: Left, engine: &mut Engine) -> Result<Restored, RestoreError> {
        let (before, last) = (bases(&left.bytes).count(), bases(&left.bytes).last());
        let base = last.map(|(number, _)| number);
        let from = last.map_or_else(|| line_end(&left.bytes, 0), |(_, end)| end);
        let base_path = base.map(|number| base_of(&left.path, number));
        if let Some(path) = &base_path {
            *engine = Engine::new(xlsx::open(path)?);
        }
        let steps = String::from_utf8_lossy(&left.bytes[from..]);
        let replayed = engine.replay(&steps);
        let stopped = replayed.stopped.map(|(_, error)| error);
        if let (0, None, Some(source)) = (replayed.steps, base, &stopped) {
            return Err(RestoreError::Damaged {
                file: left.path,
                source: source.clone(),
            });
        }
        let good = (0..replayed.steps).fold(from, |at, _| line_end(&left.bytes, at));
        let rest = &left.bytes[good..];
        let cut_off = line_end(rest, 0) == rest.len() && !rest.ends_with(b"\n");
        let mut trouble = None;
        let mut kept = None;
        if stopped.is_some() && !cut_off {
            let mut name = left.path.clone().into_os_string();
            name.push(".damaged");
            let copy = PathBuf::from(name);
            match fs::copy(&left.path, &copy) {
                Ok(_) => kept = Some(copy),
                Err(source) => trouble = Some(Trouble::Write { file: copy, source }),
            }
        }
        if trouble.is_none() {
            let mut open = Open::new(left.path, left.file, good as u64);
            (open.base, open.bases) = (base_path, base.unwrap_or(0));
            let ends = left.bytes[..good].ends_with(b"\n");
            let resumed = open
                .cut()
                .and_then(|()| open.append(if ends { "" } else { "\n" }));
            trouble = resumed.err();
            self.open = Some(open);
        }
        self.broken = trouble.is_some();
        self.undoable = engine.history().undo_labels().count();
        self.redoable = engine.history().redo_labels().count();
        Ok(Restored {
            steps: replayed.steps + before,
            stopped: stopped.map(|error| (error, kept)),
            trouble,
        })
    }
}

impl Left {
    /// Removes it.
    pub fn discard(self) {
        let bases = bases(&self.bytes).map(|(number, _)| base_of(&self.path, number));
        remove(&self.path, bases);
    }
}

impl Open {
    fn new(path: PathBuf, file: File, length: u64) -> Self {
        let unsynced = Arc::default();
        let sync = sync_beside(&file, &unsynced);
        Self {
            path,
            file,
            length,
            base: None,
            bases: 0,
            sync,
            unsynced,
        }
    }

    fn failed(&self, source: io::Error) -> Trouble {
        Trouble::Write {
            file: self.path.clone(),
            source,
        }
    }

    /// Adds lines in one write.
    fn append(&mut self, lines: &str) -> Result<(), Trouble> {
        let before = self.unsynced.lock();
        let before = before.unwrap_or_else(PoisonError::into_inner).take();
        if let Some(error) = before {
            return Err(self.failed(error));
        }
        if let Err(error) = self.file.write_all(lines.as_bytes()) {
            // What stands there of the lines would hide what is good.
            let _ = self.cut();
            return Err(self.failed(error));
        }
        self.length += lines.len() as u64;
        // Without a thread that listens, the system writes in its own time.
        let _ = self.sync.send(());
        Ok(())
    }

    /// Cuts off what stands after the lines that are known.
    fn cut(&self) -> Result<(), Trouble> {
        let cut = self.file.set_len(self.length);
        cut.map_err(|error| self.failed(error))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // The thread that syncs may hold the file a little longer.
        let _ = self.file.unlock();
    }
}

/// Moves a step from what can be done to what can be done the other way.
fn step_over(from: &mut usize, to: &mut usize) -> bool {
    let there = *from > 0;
    *from -= usize::from(there);
    *to += usize::from(there);
    there
}

/// The path of a file's journal of a number.
fn place(stem: &Path, number: usize) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(stem.file_name().unwrap_or_default());
    name.push(".gradsheet-journal");
    if number > 1 {
        name.push(format!("-{number}"));
    }
    stem.with_file_name(name)
}

/// A new file that only its owner can read.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The copy of the workbook of a number that belongs to a journal.
fn base_of(journal: &Path, number: usize) -> PathBuf {
    let mut name = journal.file_name().unwrap_or_default().to_owned();
    name.push(format!(".base{number}"));
    journal.with_file_name(name)
}

/// Removes a journal and the copies of the workbook that it goes on from.
fn remove(journal: &Path, bases: impl IntoIterator<Item = impl AsRef<Path>>) {
    for base in bases {
        // Those that were followed by another are gone already.
        let _ = fs::remove_file(base);
    }
    // What cannot be removed is offered again, to be discarded.
    let _ = fs::remove_file(journal);
}

/// The numbers of the copies of the workbook that a journal names, and where
/// the lines end that name them.
fn bases(bytes: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let mut end = 0;
    bytes
        .split_inclusive(|&byte| byte == b'\n')
        .filter_map(move |line| {
            end += line.len();
            let number = str::from_utf8(line).ok()?.strip_prefix(BASE)?;
            Some((number.trim_end().parse().ok()?, end))
        })
}

/// Where the line that begins at `from` ends, its line end included.
fn line_end(bytes: &[u8], from: usize) -> usize {
    let rest = &bytes[from.min(bytes.len())..];
    let length = rest.iter().position(|&byte| byte == b'\n');
    from + length.map_or(rest.len(), |length| length + 1)
}

/// Has what is written brought to the disk, on a thread beside, once for all
/// that came meanwhile.
fn sync_beside(file: &File, unsynced: &Arc<Mutex<Option<io::Error>>>) -> Sender<()> {
    let (sender, receiver) = channel();
    let unsynced = unsynced.clone();
    if let Ok(file) = file.try_clone() {
        let sync = move || {
            while receiver.recv().is_ok() {
                while receiver.try_recv().is_ok() {}
                if let Err(error) = file.sync_data() {
                    *unsynced.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                }
            }
        };
        // Without a thread, the system writes in its own time.
        let _ = std::thread::Builder::new()
            .name("journal".into())
            .spawn(sync);
    }
    sender
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// A disk that is full, as Linux plays it.
    #[test]
    fn a_full_disk_is_told_once_and_ends_the_journal() {
        let mut workbook = Workbook::new();
        workbook.add_sheet("a");
        let mut journal = Journal::new(None, None, None);
        let path = PathBuf::from("/dev/full");
        let file = OpenOptions::new().append(true).open(&path);
        journal.open = Some(Open::new(path, file.expect("the device"), 0));
        let step = [Record::Apply(crate::workbook::Transaction::new(
            "a",
            Vec::new(),
        ))];
        let told = journal.record(&workbook, &step).expect_err("full");
        assert!(told.to_string().starts_with("/dev/full: "), "{told}");
        assert!(journal.record(&workbook, &step).is_ok());
        // Not to be removed.
        journal.open = None;
    }
}
