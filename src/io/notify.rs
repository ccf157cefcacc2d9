#![allow(clippy::disallowed_methods, reason = "systemd is told through a socket named in the environment")]
//! Telling systemd: ready, alive, stopping. Without systemd these do nothing.

use std::time::Duration;

use sd_notify::NotifyState;

/// Says that the program is ready.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Says that the program is stopping.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Says one sentence for `systemctl status`.
pub fn status(sentence: &str) {
    tell(&[NotifyState::Status(sentence)]);
}

/// Feeds the watchdog. Called from the main loop only, so that a loop that is stuck is restarted.
pub fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// How often the watchdog is to be fed: a third of what the unit allows; `None` without a watchdog.
pub fn watchdog_period() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|allowed| allowed / 3)
}

fn tell(states: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd could not be told");
    }
}
