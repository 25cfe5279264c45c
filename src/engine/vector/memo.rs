//! Results of calls by their arguments: a column of categories asks for the
//! same few lookups and sums again and again.

use super::lanes::Lanes;
use crate::functions::Operand;
use crate::value::{ErrorKind, Value};
use rustc_hash::FxHashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The most results that are kept.
const MOST: usize = 1 << 14;
/// A block of which fewer calls in this many were known is not worth remembering.
const WORTHWHILE: usize = 4;

type Known = FxHashMap<Box<[Key]>, Operand>;

/// The results of one call in a formula, shared by all blocks.
#[derive(Default)]
pub struct Memo {
    known: Mutex<Known>,
    useless: AtomicBool,
}

/// An argument, told apart exactly: the case of letters counts to some functions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Blank,
    Number(u64),
    Text(Arc<str>),
    Bool(bool),
    Error(ErrorKind),
}

impl Key {
    fn of(value: Value) -> Option<Self> {
        Some(match value {
            Value::Blank => Self::Blank,
            Value::Number(x) => Self::Number(x.to_bits()),
            Value::Text(text) => Self::Text(text),
            Value::Bool(b) => Self::Bool(b),
            Value::Error(kind) => Self::Error(kind),
            Value::Array(_) => return None,
        })
    }
}

/// A block's calls.
pub struct Calls<'m> {
    memo: &'m Memo,
    known: Known,
    key: Vec<Key>,
    asked: usize,
    found: usize,
}

impl Memo {
    /// For the calls of a block whose arguments `moving` differ by lane; `None`
    /// where nothing is gained.
    pub fn calls(&self, args: &[Lanes<'_>], moving: &[usize]) -> Option<Calls<'_>> {
        let values = |&index: &usize| !matches!(args[index], Lanes::Operands(_));
        let useful = !self.useless.load(Ordering::Relaxed) && moving.iter().all(values);
        useful.then(|| Calls {
            memo: self,
            known: Known::default(),
            key: Vec::with_capacity(moving.len()),
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
    /// The result of a lane's call, where the same was called before.
    pub fn find(&mut self, args: &[Lanes<'_>], moving: &[usize], lane: usize) -> Option<Operand> {
        self.key.clear();
        for &index in moving {
            self.key.push(Key::of(args[index].value(lane))?);
        }
        self.asked += 1;
        let found = match self.known.get(self.key.as_slice()) {
            Some(found) => Some(found.clone()),
            None => {
                let found = self.memo.lock().get(self.key.as_slice()).cloned();
                if let Some(found) = &found {
                    self.known.insert(self.key.clone().into(), found.clone());
                }
                found
            }
        };
        self.found += usize::from(found.is_some());
        found
    }

    /// Keeps the result of the call that was last looked for.
    pub fn keep(&mut self, moving: usize, result: &Operand) {
        if self.key.len() != moving {
            return;
        }
        let key: Box<[Key]> = self.key.clone().into();
        let mut known = self.memo.lock();
        if known.len() < MOST {
            known.insert(key.clone(), result.clone());
        }
        drop(known);
        self.known.insert(key, result.clone());
    }
}

impl Drop for Calls<'_> {
    fn drop(&mut self) {
        if self.asked >= 64 && self.found * WORTHWHILE < self.asked {
            self.memo.useless.store(true, Ordering::Relaxed);
        }
    }
}
