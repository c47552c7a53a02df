//! Reading a group page by page, forward or backward, within bounds of what is read and given.

use std::time::{Duration, Instant};

use super::ReadError;
use super::archive::{Archive, View};
use super::entry::Record;
use super::event::{Line, LogEvent, Position, lines};
use super::frame::Frames;
use super::index::Index;
use crate::limits::{LOG_EVENT_OVERHEAD_BYTES, LOG_PAGE_BYTES_MAX, LOG_SEARCH_BYTES_MAX};

/// Which events of a group are wanted.
pub struct Query<'a> {
    /// The name of the group.
    pub group: &'a str,
    /// Of which streams.
    pub streams: Streams,
    /// Their earliest time, in milliseconds since the epoch.
    pub from_ms: u64,
    /// Events of this time and later are not wanted.
    pub until_ms: u64,
    /// Which way to go.
    pub direction: Direction,
    /// Where to begin: events from here on when going forward, those before it when going backward.
    /// `None` begins at the end that is farthest from where it goes.
    pub position: Option<Position>,
    /// Most events of the page.
    pub events_max: usize,
    /// After this time, a page ends where it is: its answer says where to go on.
    pub duration_max: Duration,
    /// Whether an event with this message is wanted.
    pub is_wanted: &'a dyn Fn(&str) -> bool,
}

/// Which streams are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Streams {
    /// All of the group.
    All,
    /// Those with these names.
    Named(Vec<String>),
    /// Those whose name begins so.
    Prefixed(String),
}

/// Which way a log is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the oldest event on.
    Forward,
    /// From the newest event back.
    Backward,
}

/// A page of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// In the order of their times, whichever way the log was read; those of the same time in the order
    /// in which they were written.
    pub events: Vec<LogEvent>,
    /// Where to go on backward.
    pub start: Position,
    /// Where to go on forward.
    pub end: Position,
    /// Whether there was nothing more that way.
    pub is_complete: bool,
}

impl Streams {
    fn wants(&self, stream: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.iter().any(|name| name == stream),
            Self::Prefixed(prefix) => stream.starts_with(prefix.as_str()),
        }
    }
}

/// One page of what `query` asks for.
pub(super) fn page(archive: &Archive, query: &Query<'_>) -> Result<Page, ReadError> {
    let views = archive.views(query.group)?;
    let mut search = Search {
        archive,
        query,
        events: Vec::new(),
        page_bytes: 0,
        searched_bytes: 0,
        started: Instant::now(),
    };
    let mut page = match query.direction {
        Direction::Forward => search.forward(&views)?,
        Direction::Backward => search.backward(&views)?,
    };
    page.events.sort_by_key(|event| event.time_ms);
    Ok(page)
}

/// Why a search stopped before it had come to an end: where to go on.
struct Stopped(Position);

struct Search<'a> {
    archive: &'a Archive,
    query: &'a Query<'a>,
    events: Vec<LogEvent>,
    page_bytes: usize,
    searched_bytes: u64,
    started: Instant,
}

impl Search<'_> {
    fn forward(&mut self, views: &[View]) -> Result<Page, ReadError> {
        let from = self.query.position.unwrap_or_default();
        let mut stopped = None;
        for view in views.iter().filter(|view| view.number >= from.segment) {
            stopped = self.segment_forward(view, from)?;
            if stopped.is_some() {
                break;
            }
        }
        let first = self.events.first().map(|event| event.position);
        let last = self.events.last().map(|event| event.position.after());
        let start = first.or(self.query.position).unwrap_or_default();
        let end = match &stopped {
            Some(Stopped(position)) => *position,
            None => last
                .or(self.query.position)
                .unwrap_or_else(|| end_of(views)),
        };
        Ok(self.page(start, end, stopped.is_none()))
    }

    fn segment_forward(
        &mut self,
        view: &View,
        from: Position,
    ) -> Result<Option<Stopped>, ReadError> {
        for (offset, length) in self.pieces(&view.index) {
            if (view.number, offset + length as u64) <= (from.segment, from.offset) {
                continue;
            }
            let place = Position {
                segment: view.number,
                offset,
                line: 0,
            };
            if self.has_searched_enough() {
                return Ok(Some(Stopped(place)));
            }
            let bytes = self.piece(view, place, length)?;
            for (at, record, _) in Frames::of(&bytes) {
                for line in self.lines_of(&record) {
                    let position = place.of_line(at, line.number);
                    if position < from {
                        continue;
                    }
                    if self.take(&record, line, position) == Taken::NoRoom {
                        return Ok(Some(Stopped(position)));
                    }
                }
            }
        }
        Ok(None)
    }

    fn backward(&mut self, views: &[View]) -> Result<Page, ReadError> {
        let until = self.query.position.unwrap_or_else(|| end_of(views));
        let mut stopped = None;
        for view in views.iter().rev() {
            if view.number > until.segment {
                continue;
            }
            stopped = self.segment_backward(view, until)?;
            if stopped.is_some() {
                break;
            }
        }
        self.events.reverse();
        let first = self.events.first().map(|event| event.position);
        let start = match &stopped {
            Some(Stopped(position)) => *position,
            None => first.unwrap_or(until),
        };
        Ok(self.page(start, until, stopped.is_none()))
    }

    fn segment_backward(
        &mut self,
        view: &View,
        until: Position,
    ) -> Result<Option<Stopped>, ReadError> {
        for (offset, length) in self.pieces(&view.index).into_iter().rev() {
            let place = Position {
                segment: view.number,
                offset,
                line: 0,
            };
            if place >= until {
                continue;
            }
            if self.has_searched_enough() {
                let end = Position {
                    offset: offset + length as u64,
                    ..place
                };
                return Ok(Some(Stopped(end)));
            }
            let bytes = self.piece(view, place, length)?;
            let frames: Vec<_> = Frames::of(&bytes).collect();
            for (at, record, _) in frames.iter().rev() {
                let lines: Vec<_> = self.lines_of(record).collect();
                for line in lines.into_iter().rev() {
                    let position = place.of_line(*at, line.number);
                    if position >= until {
                        continue;
                    }
                    if self.take(record, line, position) == Taken::NoRoom {
                        return Ok(Some(Stopped(position.after())));
                    }
                }
            }
        }
        Ok(None)
    }

    /// The pieces of a segment in which there may be events that are wanted.
    fn pieces(&self, index: &Index) -> Vec<(u64, usize)> {
        let is_elsewhen = index.first_ms >= self.query.until_ms;
        let mut streams = index.streams.keys();
        if is_elsewhen || !streams.any(|stream| self.query.streams.wants(stream)) {
            return Vec::new();
        }
        index.pieces(self.query.from_ms)
    }

    /// Whether the page ends here, wanted events or not. It has looked at one piece at least.
    fn has_searched_enough(&self) -> bool {
        self.searched_bytes >= LOG_SEARCH_BYTES_MAX
            || (self.searched_bytes > 0 && self.started.elapsed() >= self.query.duration_max)
    }

    fn piece(&mut self, view: &View, place: Position, length: usize) -> Result<Vec<u8>, ReadError> {
        self.searched_bytes += length as u64;
        Ok(self.archive.medium.read(&view.name, place.offset, length)?)
    }

    /// The lines of a record that are of the streams and times wanted.
    fn lines_of<'r>(&self, record: &Record<'r>) -> impl Iterator<Item = Line<'r>> + use<'r> {
        let times = self.query.from_ms..self.query.until_ms;
        let is_wanted = self.query.streams.wants(record.stream);
        is_wanted
            .then(|| lines(record))
            .into_iter()
            .flatten()
            .filter(move |line| times.contains(&line.time_ms))
    }

    /// Takes a line into the page, if it is wanted and fits. Only what is taken is copied: a log may be
    /// nothing but ends of lines, and each event takes many times what a line of it does.
    fn take(&mut self, record: &Record<'_>, line: Line<'_>, position: Position) -> Taken {
        let message = String::from_utf8_lossy(line.text);
        if !(self.query.is_wanted)(&message) {
            return Taken::Unwanted;
        }
        let bytes = message.len() + LOG_EVENT_OVERHEAD_BYTES;
        // The first always fits.
        let is_too_much = !self.events.is_empty() && self.page_bytes + bytes > LOG_PAGE_BYTES_MAX;
        if self.events.len() >= self.query.events_max || is_too_much {
            return Taken::NoRoom;
        }
        self.page_bytes += bytes;
        self.events.push(LogEvent {
            position,
            stream: record.stream.to_owned(),
            time_ms: line.time_ms,
            ingested_ms: record.ended_ms,
            message: message.into_owned(),
        });
        Taken::Yes
    }

    fn page(&mut self, start: Position, end: Position, is_complete: bool) -> Page {
        Page {
            events: std::mem::take(&mut self.events),
            start,
            end,
            is_complete,
        }
    }
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    Yes,
    Unwanted,
    NoRoom,
}

/// The place behind all events.
fn end_of(views: &[View]) -> Position {
    views
        .last()
        .map_or_else(Position::default, |view| Position {
            segment: view.number,
            offset: view.index.bytes,
            line: 0,
        })
}
