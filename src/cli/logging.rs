#![allow(clippy::disallowed_methods, reason = "how much is logged, and where to, is in the environment")]
//! Where log lines go: the journal under systemd, standard error elsewhere. Levels are defined in CONTRIBUTING.md.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// What is logged unless `RUST_LOG` says otherwise: this program's life, and of its broker what needs attention.
const DEFAULT: &str = "info,mqtt5=warn,rumqttc=warn";

/// Where the terminal is a stage, only what needs attention.
const QUIET: &str = "error,cagekeeper=warn";

/// Starts logging for a service.
pub fn start() {
    start_with(DEFAULT);
}

/// Starts logging for a program that speaks to a person.
pub fn start_quiet() {
    start_with(QUIET);
}

fn start_with(default: &str) {
    let filter = std::env::var("RUST_LOG").ok().and_then(|wanted| EnvFilter::try_new(wanted).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new(default));
    let registry = tracing_subscriber::registry().with(filter);
    // systemd names the journal's socket where standard error leads into it.
    let journal = std::env::var("JOURNAL_STREAM").ok().and_then(|_| tracing_journald::layer().ok());
    let started = match journal {
        Some(journal) => registry.with(journal).try_init(),
        None => {
            let colour = std::io::stderr().is_terminal();
            registry
                .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colour))
                .try_init()
        }
    };
    if let Err(error) = started {
        tracing::debug!(%error, "logging was started before");
    }
}
