//! Lamps and buzzers of stations, each on a thread of its own: a chip that hangs holds nobody up.
//!
//! Only the newest verdict matters, so there is no queue: it replaces what is shown.

#![allow(clippy::disallowed_methods, reason = "a thread waits for its time")]

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use crate::config::LampConfig;
use crate::domain::id::StationId;
use crate::domain::verdict::Level;
use crate::io::clock::Clock;
use crate::station::lamps::{Lamps, Wires};
use crate::time::MonoMs;

mod gpio;

/// A chip that is away or taken is tried again after so long, and one that is held is looked at so often.
const LOOK_MS: u64 = 1_000;
/// Lamps get so long to go dark when the program stops.
const DARK_MS: u64 = 500;

/// How a lamp is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LampHealth {
    /// Whether its wires are held.
    pub is_held: bool,
    /// Which chip and lines; where they are not held, why and what to do.
    pub detail: String,
}

/// Wires that are held: they are as they were last set, or why they cannot be.
pub(crate) trait Held {
    /// Switches the wires.
    fn set(&mut self, wires: Wires) -> Result<(), String>;

    /// Whether the chip is still there.
    fn is_there(&self) -> bool;
}

/// What a lamp is to show.
#[derive(Debug, Default)]
struct Wanted {
    felt: Option<(Level, Option<u64>)>,
    in_trouble: bool,
    is_over: bool,
}

#[derive(Debug, Default)]
struct Orders {
    wanted: Mutex<Wanted>,
    changed: Condvar,
}

impl Orders {
    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Wanted)) {
        change(&mut self.wanted());
        self.changed.notify_one();
    }
}

/// A running lamp. Dropping it makes it dark and lets its wires go.
#[derive(Debug)]
pub struct LampHandle {
    /// Whose verdicts it shows.
    pub station: StationId,
    health: watch::Receiver<LampHealth>,
    orders: Arc<Orders>,
    thread: Option<JoinHandle<()>>,
}

impl LampHandle {
    /// The station has a verdict, and what there is of it is durable. A question waits for `confirm_ms`.
    pub fn felt(&self, level: Level, confirm_ms: Option<u64>) {
        self.orders.change(|wanted| wanted.felt = Some((level, confirm_ms)));
    }

    /// Nothing can be recorded, or everything can again.
    pub fn trouble(&self, in_trouble: bool) {
        self.orders.change(|wanted| {
            // A verdict from before is overtaken by either.
            wanted.felt = None;
            wanted.in_trouble = in_trouble;
        });
    }

    /// Follows how the lamp is.
    pub fn watch(&self) -> watch::Receiver<LampHealth> {
        self.health.clone()
    }
}

impl Drop for LampHandle {
    fn drop(&mut self) {
        self.orders.change(|wanted| wanted.is_over = true);
        let Some(thread) = self.thread.take() else { return };
        // A chip that hangs is left behind: the kernel takes its lines back.
        for _ in 0..DARK_MS / 10 {
            if thread.is_finished() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Starts a lamp. It never fails: what is wrong with the chip is in its health, and is tried again each second.
pub fn spawn(config: &LampConfig, clock: Clock) -> std::io::Result<LampHandle> {
    let wires = config.clone();
    spawn_on(config, clock, move || gpio::open(&wires))
}

fn spawn_on<H: Held + Send + 'static>(
    config: &LampConfig,
    clock: Clock,
    open: impl FnMut() -> Result<(H, String), String> + Send + 'static,
) -> std::io::Result<LampHandle> {
    let begun = LampHealth { is_held: false, detail: format!("opening {}", config.chip) };
    let (told, health) = watch::channel(begun);
    let orders = Arc::new(Orders::default());
    let (name, theirs) = (format!("lamp {}", config.id), Arc::clone(&orders));
    let lamp = Running { clock, orders: theirs, open, held: None, shown: None, next_look: MonoMs(0), told };
    let thread = std::thread::Builder::new().name(name).spawn(move || lamp.run())?;
    Ok(LampHandle { station: config.station.clone(), health, orders, thread: Some(thread) })
}

struct Running<H, F> {
    clock: Clock,
    orders: Arc<Orders>,
    open: F,
    held: Option<H>,
    /// What the wires are, as far as is known.
    shown: Option<Wires>,
    next_look: MonoMs,
    told: watch::Sender<LampHealth>,
}

impl<H: Held, F: FnMut() -> Result<(H, String), String>> Running<H, F> {
    fn run(mut self) {
        let mut lamps = Lamps::default();
        loop {
            let now = self.clock.mono();
            if self.take(&mut lamps, now) {
                break;
            }
            self.look(now);
            self.show(lamps.wires(now));
            let next = lamps.poll_timeout(now).map_or(self.next_look, |at| at.min(self.next_look));
            self.wait(next.since(self.clock.mono()));
        }
        self.show(Wires::default());
    }

    /// Takes what is wanted by now; true where nothing is any more.
    fn take(&self, lamps: &mut Lamps, now: MonoMs) -> bool {
        let mut wanted = self.orders.wanted();
        lamps.trouble_if_new(wanted.in_trouble, now);
        if let Some((level, confirm_ms)) = wanted.felt.take() {
            lamps.felt(level, confirm_ms, now);
        }
        wanted.is_over
    }

    /// Opens the chip, or looks whether it is still there, once a second.
    fn look(&mut self, now: MonoMs) {
        if now < self.next_look {
            return;
        }
        self.next_look = now.plus(LOOK_MS);
        if self.held.as_ref().is_some_and(|held| !held.is_there()) {
            self.lose("the chip is gone: plug it in again".to_owned());
        }
        if self.held.is_none() {
            self.open();
        }
    }

    fn open(&mut self) {
        match (self.open)() {
            Ok((held, detail)) => {
                (self.held, self.shown) = (Some(held), None);
                self.tell(true, detail);
            }
            Err(reason) => self.lose(reason),
        }
    }

    fn lose(&mut self, reason: String) {
        (self.held, self.shown) = (None, None);
        self.tell(false, reason);
    }

    /// Switches the wires, if they are otherwise. A chip that came back is opened anew at once.
    fn show(&mut self, wires: Wires) {
        for _ in 0..2 {
            let Some(held) = self.held.as_mut().filter(|_| self.shown != Some(wires)) else { return };
            match held.set(wires) {
                Ok(()) => self.shown = Some(wires),
                Err(reason) => {
                    self.lose(reason);
                    self.open();
                }
            }
        }
    }

    fn tell(&self, is_held: bool, detail: String) {
        self.told.send_if_modified(|health| {
            let is_new = (health.is_held, &health.detail) != (is_held, &detail);
            if is_new {
                tracing::debug!(is_held, "{detail}");
                *health = LampHealth { is_held, detail };
            }
            is_new
        });
    }

    fn wait(&self, for_ms: u64) {
        let wanted = self.orders.wanted();
        if wanted.is_over || wanted.felt.is_some() {
            return;
        }
        let _ = self.orders.changed.wait_timeout(wanted, Duration::from_millis(for_ms));
    }
}

#[cfg(test)]
mod tests;
