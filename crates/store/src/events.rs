//! The event log: JSON lines, appended only.

use crate::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// Events wait in memory up to this size, so that a fast training does not make a system call for each.
const BUFFER_BYTES: usize = 64 * 1024;

/// The event log of a run, open for appending. The line's end commits an event: what a crash left after the last one is cut
/// when the log is opened.
///
/// An event is acknowledged once [`sync`](EventLog::sync) returned; dropping the log writes what waits, without a promise.
#[derive(Debug)]
pub struct EventLog {
    path: PathBuf,
    file: File,
    /// Appended, not yet written.
    buffer: Vec<u8>,
    /// The bytes of whole events in the file.
    written: u64,
    cut_bytes: u64,
    failed: bool,
}

impl EventLog {
    /// Opens or creates the log, and cuts a torn last line.
    pub(crate) fn open(path: &Path) -> Result<EventLog, StoreError> {
        let at_path = |source| StoreError::io(path, source);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(at_path)?;
        let len = file.seek(SeekFrom::End(0)).map_err(at_path)?;
        let written = last_line_end(&mut file, len).map_err(at_path)?;
        if written < len {
            file.set_len(written).and_then(|()| file.sync_all()).map_err(at_path)?;
        }
        let path = path.to_owned();
        Ok(EventLog { path, file, buffer: Vec::new(), written, cut_bytes: len - written, failed: false })
    }

    /// How many bytes of a torn last line were cut when the log was opened; 0 after an orderly end.
    pub fn cut_bytes(&self) -> u64 {
        self.cut_bytes
    }

    /// Where the next event begins, in bytes: what a checkpoint remembers.
    pub fn end(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    /// Adds an event and returns where it ends. It is acknowledged by the next [`sync`](EventLog::sync).
    ///
    /// # Errors
    /// [`StoreError::Unwritable`] if JSON cannot hold the event; what [`sync`](EventLog::sync) says, when the memory for
    /// waiting events is full. The event is not in the log then, and those before it are.
    pub fn append<T: Serialize>(&mut self, event: &T) -> Result<u64, StoreError> {
        self.check_not_failed()?;
        let start = self.buffer.len();
        if let Err(source) = serde_json::to_writer(&mut self.buffer, event) {
            self.buffer.truncate(start);
            return Err(StoreError::Unwritable { path: self.path.clone(), source });
        }
        self.buffer.push(b'\n');
        let end = self.end();
        if self.buffer.len() >= BUFFER_BYTES
            && let Err(error) = self.flush()
        {
            self.buffer.truncate(start);
            return Err(error);
        }
        Ok(end)
    }

    /// Writes all events and waits until the disk has them: they are acknowledged.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`] and other failures to write keep the waiting events for the next call.
    /// [`StoreError::LogFailed`] after a failure to synchronise, since nobody knows what the system then kept.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        self.flush()?;
        self.file.sync_data().map_err(|source| {
            // A second fsync after a failed one may succeed without having saved anything.
            self.failed = true;
            StoreError::io(&self.path, source)
        })
    }

    /// Forgets what follows a place where an event ends, as a resume does with what came after its checkpoint.
    ///
    /// # Errors
    /// [`StoreError::BadOffset`] if no event ends there: the checkpoint belongs to another log.
    pub fn truncate_to(&mut self, offset: u64) -> Result<(), StoreError> {
        self.flush()?;
        let at_path = |source| StoreError::io(&self.path, source);
        let is_line_end = if offset == 0 || offset > self.written {
            offset == 0
        } else {
            let mut byte = [0];
            let read = self.file.seek(SeekFrom::Start(offset - 1)).and_then(|_| self.file.read_exact(&mut byte));
            read.map_err(at_path)?;
            byte == [b'\n']
        };
        if !is_line_end {
            return Err(StoreError::BadOffset { path: self.path.clone(), offset, end: self.written });
        }
        self.file.set_len(offset).and_then(|()| self.file.sync_all()).map_err(at_path)?;
        self.written = offset;
        Ok(())
    }

    fn check_not_failed(&self) -> Result<(), StoreError> {
        if self.failed { Err(StoreError::LogFailed { path: self.path.clone() }) } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.check_not_failed()?;
        if self.buffer.is_empty() {
            return Ok(());
        }
        let write = self.file.seek(SeekFrom::Start(self.written)).and_then(|_| self.file.write_all(&self.buffer));
        if let Err(source) = write {
            // A part may stand in the file. It must go, or a later and shorter write would leave its end behind.
            self.failed = self.file.set_len(self.written).is_err();
            return Err(StoreError::io(&self.path, source));
        }
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

impl Drop for EventLog {
    fn drop(&mut self) {
        // Nobody is left to tell, and nothing that waits here was acknowledged.
        let _ = self.flush();
    }
}

/// Where the last whole line ends, searched from the end of a file of `len` bytes.
fn last_line_end(file: &mut File, len: u64) -> io::Result<u64> {
    const CHUNK_BYTES: u64 = 64 * 1024;
    let mut chunk_end = len;
    let mut chunk = Vec::new();
    while chunk_end > 0 {
        let chunk_start = chunk_end.saturating_sub(CHUNK_BYTES);
        file.seek(SeekFrom::Start(chunk_start))?;
        chunk.clear();
        (&*file).take(chunk_end - chunk_start).read_to_end(&mut chunk)?;
        if let Some(idx) = chunk.iter().rposition(|byte| *byte == b'\n') {
            return Ok(chunk_start + idx as u64 + 1);
        }
        chunk_end = chunk_start;
    }
    Ok(0)
}

/// An event with its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<T> {
    /// Where its line begins, in bytes.
    pub start: u64,
    /// Where its line ends, in bytes: the next event's start.
    pub end: u64,
    /// The event.
    pub value: T,
}

/// Reads the events in their order, also while another process appends: a line without its end is not there yet.
///
/// A line that does not read gives [`StoreError::BadEvent`], and the next call goes on after it.
#[derive(Debug)]
pub struct EventReader<T> {
    path: PathBuf,
    /// `None` for a log that does not exist, and after a failure to read.
    file: Option<BufReader<File>>,
    offset: u64,
    /// Lines read.
    n_lines: u64,
    line: Vec<u8>,
    event: PhantomData<fn() -> T>,
}

impl<T> EventReader<T> {
    /// Opens a log; one that does not exist has no events.
    pub(crate) fn open(path: &Path) -> Result<EventReader<T>, StoreError> {
        let file = match File::open(path) {
            Ok(file) => Some(BufReader::new(file)),
            Err(source) if source.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(StoreError::io(path, source)),
        };
        Ok(EventReader { path: path.to_owned(), file, offset: 0, n_lines: 0, line: Vec::new(), event: PhantomData })
    }
}

impl<T: DeserializeOwned> Iterator for EventReader<T> {
    type Item = Result<Event<T>, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let file = self.file.as_mut()?;
        self.line.clear();
        if let Err(source) = file.read_until(b'\n', &mut self.line) {
            self.file = None;
            return Some(Err(StoreError::io(&self.path, source)));
        }
        let Some((b'\n', text)) = self.line.split_last() else {
            self.file = None;
            return None;
        };
        let start = self.offset;
        self.offset += self.line.len() as u64;
        self.n_lines += 1;
        Some(match serde_json::from_slice(text) {
            Ok(value) => Ok(Event { start, end: self.offset, value }),
            Err(source) => Err(StoreError::BadEvent { path: self.path.clone(), line: self.n_lines, source }),
        })
    }
}
