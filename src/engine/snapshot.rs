//! A workbook as it stands, for other threads to read while edits go on.

use super::bind::NameCache;
use super::interpret::{AreaCache, World};
use super::{Engine, clock};
use crate::workbook::Workbook;
use std::sync::Mutex;

/// The state of a workbook; random numbers and the time stand still in it.
pub struct Snapshot {
    workbook: Workbook,
    cache: AreaCache,
    names: Mutex<NameCache>,
    now: f64,
    seed: u64,
}

impl Engine {
    /// Copies the workbook: as much work as copying its values in memory.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            workbook: self.workbook.clone(),
            cache: AreaCache::default(),
            names: Mutex::default(),
            now: self.now.unwrap_or_else(|| clock(self.workbook.date_system)),
            seed: self.random_seed(),
        }
    }
}

impl Snapshot {
    pub(super) fn world(&self) -> World<'_> {
        World {
            book: &self.workbook,
            cache: &self.cache,
            names: &self.names,
            now: self.now,
            seed: self.seed,
            pending: None,
        }
    }
}
