//! Events: counts of what generated cases do to a collector.
//!
//! A good generator exercises the collector in many ways; each way is an [`Event`].
//! A [`recorder`] is a layer in front of a heap that counts events. It changes nothing,
//! so it can replace the heap wherever the oracle runs one. Events that heaps cannot
//! see are reported by the engine ([`Heap::on_event`](crate::heap::Heap::on_event)).
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
//! let options = Options::default()
//!     .with_collectors([Collector::Null.into(), events::recorder(Collector::Drc, &sink)]);
//! judge(&case, &options).unwrap();
//! assert!(sink.take().of(Event::CopyUp) > 0);
//! ```

mod event;
mod recorder;
mod sample;
mod survey;
mod table;
mod tally;

pub use event::Event;
pub use recorder::recorder;
pub(crate) use sample::{Sample, Share};
pub use survey::{Survey, Surveyed};
pub use table::EventTable;
pub(crate) use table::{markdown, of_case};
pub(crate) use tally::EVENTS;
pub use tally::{Sink, Tally};
