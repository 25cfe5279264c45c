//! How far the reading of a file has come: told by who reads, asked by who
//! waits, and stopped by who does not want to wait any more.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A file that is being read, seen from other threads.
#[derive(Debug, Default)]
pub struct Reading {
    /// Bytes to read, as far as known; 0 where nothing is known.
    of: AtomicU64,
    read: AtomicU64,
    stopped: AtomicBool,
}

impl Reading {
    /// Says that so many bytes more are to be read.
    pub fn expect(&self, bytes: u64) {
        self.of.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Says that so many bytes were read; whether to go on.
    pub fn advance(&self, bytes: u64) -> bool {
        self.read.fetch_add(bytes, Ordering::Relaxed);
        !self.is_stopped()
    }

    /// What part of the bytes has been read, from 0 to 1; `None` where the
    /// reader does not tell.
    pub fn fraction(&self) -> Option<f64> {
        let of = self.of.load(Ordering::Relaxed);
        let read = self.read.load(Ordering::Relaxed);
        (of > 0).then(|| (read as f64 / of as f64).min(1.0))
    }

    /// Has the reader stop, with an error, when it next looks.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Counts what is read from `source`, which fails once the reading is stopped.
    pub fn counted<R: Read>(&self, source: R) -> impl Read {
        Counted {
            source,
            reading: self,
        }
    }
}

struct Counted<'a, R> {
    source: R,
    reading: &'a Reading,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        match self.reading.advance(read as u64) {
            true => Ok(read),
            // `Interrupted` would be tried again.
            false => Err(io::Error::other("the reading was stopped")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_counted_until_it_is_stopped() {
        let reading = Reading::default();
        assert_eq!(reading.fraction(), None);
        reading.expect(8);
        let mut source = reading.counted(&b"12345678"[..]);
        let mut buffer = [0; 2];
        source.read_exact(&mut buffer).expect("two bytes");
        assert_eq!(reading.fraction(), Some(0.25));
        reading.stop();
        assert!(source.read_exact(&mut buffer).is_err());
    }
}
