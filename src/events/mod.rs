//! Events: counts of what generated cases do to a collector.
//!
//! A good generator reaches the collector in many ways. [`Event`] names the ways. A
//! [`recorder`] is a heap in front of a heap that counts them. It changes nothing, so
//! that it may replace the heap wherever the oracle runs one. The engine reports what
//! heaps cannot see ([`Heap::on_event`](crate::heap::Heap::on_event)).
//!
//! [`EventTable`] has the number of cases of a generator that reach each event.
//!
//! ```
//! use gcdiff::events::{self, Event, Sink};
//! use gcdiff::oracle::{Collector, Options, judge};
//!
//! let text = r#"
//!     (module
//!       (type $refs (array (mut anyref)))
//!       (func (export "run")
//!         (local $a (ref null $refs))
//!         (local.set $a (array.new_default $refs (i32.const 4)))
//!         (array.copy $refs $refs (local.get $a) (i32.const 1) (local.get $a) (i32.const 0) (i32.const 3))))"#;
//! let (case, _) = gcdiff::case::read(text.as_bytes()).unwrap();
//!
//! let sink = Sink::default();
//! let options = Options {
//!     collectors: vec![Collector::Null.into(), events::recorder(Collector::Drc, &sink)],
//!     ..Options::default()
//! };
//! judge(&case, &options).unwrap();
//! assert!(sink.take().of(Event::CopyUp) > 0);
//! ```

mod event;
mod recorder;
mod survey;
mod table;
mod tally;

pub use event::Event;
pub use recorder::recorder;
pub use survey::{Survey, Surveyed};
pub use table::EventTable;
pub(crate) use table::{markdown, of_case};
pub(crate) use tally::EVENTS;
pub use tally::{Sink, Tally};
