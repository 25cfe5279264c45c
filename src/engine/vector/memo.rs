//! Results of calls by their arguments: a column of categories asks for the
//! same few lookups and sums again and again.

use super::lanes::Lanes;
use crate::functions::Operand;
use crate::value::Value;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The most results that are kept.
const MOST: usize = 1 << 14;
/// A block of which fewer calls in this many were known is not worth remembering.
const WORTHWHILE: usize = 4;

/// Arguments and results by the hash of the arguments, which are looked at where
/// they lie: clones of texts that threads share are dear. Of arguments with the
/// same hash the first are kept.
type Known = FxHashMap<u64, (Box<[Value]>, Operand)>;

/// The results of one call in a formula, shared by all blocks.
#[derive(Default)]
pub struct Memo {
    known: Mutex<Known>,
    useless: AtomicBool,
}

/// The arguments of a lane that move.
#[derive(Clone, Copy)]
struct Arguments<'l> {
    args: &'l [Lanes<'l>],
    moving: &'l [usize],
    lane: usize,
}

impl Arguments<'_> {
    /// `None` where one is an array.
    fn hash(&self) -> Option<u64> {
        let mut hasher = FxHasher::default();
        for &index in self.moving {
            let value = self.args[index].at(self.lane);
            std::mem::discriminant(&*value).hash(&mut hasher);
            match &*value {
                Value::Blank => {}
                Value::Number(x) => x.to_bits().hash(&mut hasher),
                Value::Text(text) => text.hash(&mut hasher),
                Value::Bool(b) => b.hash(&mut hasher),
                Value::Error(kind) => kind.hash(&mut hasher),
                Value::Array(_) => return None,
            }
        }
        Some(hasher.finish())
    }

    /// Whether they are exactly these: the case of letters counts to some functions.
    fn are(&self, known: &[Value]) -> bool {
        let pairs = self.moving.iter().zip(known);
        pairs.into_iter().all(|(&index, known)| {
            let value = self.args[index].at(self.lane);
            match (&*value, known) {
                (Value::Number(a), Value::Number(b)) => a.to_bits() == b.to_bits(),
                (Value::Text(a), Value::Text(b)) => Arc::ptr_eq(a, b) || a == b,
                (Value::Array(_), _) => false,
                (a, b) => a == b,
            }
        })
    }

    fn find(&self, hash: u64, known: &Known) -> Option<Operand> {
        let (args, result) = known.get(&hash)?;
        self.are(args).then(|| result.clone())
    }

    fn values(&self) -> Box<[Value]> {
        let values = self.moving.iter();
        values
            .map(|&index| self.args[index].value(self.lane))
            .collect()
    }
}

/// A block's calls.
pub struct Calls<'m> {
    memo: &'m Memo,
    args: &'m [Lanes<'m>],
    moving: &'m [usize],
    known: Known,
    /// Of the arguments that were asked for last.
    hash: Option<u64>,
    asked: usize,
    found: usize,
}

impl Memo {
    /// For the calls of a block whose arguments `moving` differ by lane; `None`
    /// where nothing is gained.
    pub fn calls<'m>(&'m self, args: &'m [Lanes<'m>], moving: &'m [usize]) -> Option<Calls<'m>> {
        let values = |&index: &usize| !matches!(args[index], Lanes::Operands(_));
        let useful = !self.useless.load(Ordering::Relaxed) && moving.iter().all(values);
        useful.then(|| Calls {
            memo: self,
            args,
            moving,
            known: Known::default(),
            hash: None,
            asked: 0,
            found: 0,
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        // Whoever panicked while holding it left only whole entries.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Calls<'_> {
    fn arguments(&self, lane: usize) -> Arguments<'_> {
        Arguments {
            args: self.args,
            moving: self.moving,
            lane,
        }
    }

    /// The result of a lane's call, where the same was called before.
    pub fn find(&mut self, lane: usize) -> Option<Operand> {
        self.hash = self.arguments(lane).hash();
        let hash = self.hash?;
        let arguments = self.arguments(lane);
        let mut found = arguments.find(hash, &self.known);
        if found.is_none() {
            found = arguments.find(hash, &self.memo.lock());
            if let Some(found) = &found {
                let entry = (arguments.values(), found.clone());
                self.known.insert(hash, entry);
            }
        }
        self.asked += 1;
        self.found += usize::from(found.is_some());
        found
    }

    /// Keeps the result of the call of the lane that was asked for last.
    pub fn keep(&mut self, lane: usize, result: &Operand) {
        let Some(hash) = self.hash else {
            return;
        };
        let entry = (self.arguments(lane).values(), result.clone());
        let mut known = self.memo.lock();
        if known.len() < MOST {
            known.entry(hash).or_insert_with(|| entry.clone());
        }
        drop(known);
        self.known.entry(hash).or_insert(entry);
    }
}

impl Drop for Calls<'_> {
    fn drop(&mut self) {
        if self.asked >= 64 && self.found * WORTHWHILE < self.asked {
            self.memo.useless.store(true, Ordering::Relaxed);
        }
    }
}
