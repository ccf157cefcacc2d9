//! What the program writes into its log on that day: an error is for what no fault of the day explains.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// The errors that were logged and that nobody has looked at.
#[derive(Debug, Clone, Default)]
pub struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    /// Does something and keeps what it logs.
    pub fn kept(&self, deed: impl FnOnce()) {
        tracing::subscriber::with_default(tracing_subscriber::registry().with(self.clone()), deed);
    }

    /// The errors since it was last looked at.
    pub fn errors(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl<S: Subscriber> Layer<S> for Journal {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == Level::ERROR {
            let mut said = Said(event.metadata().target().to_owned());
            event.record(&mut said);
            self.0.lock().unwrap().push(said.0);
        }
    }
}

struct Said(String);

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push_str(&format!(" {field}={value:?}"));
    }
}
