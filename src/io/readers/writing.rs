//! What a HID device is told: its lamp, its buzzer, its mode.
//!
//! A report can take seconds to be taken, or be refused, so it goes through a handle and a thread of its own, and
//! reading never waits for it. The thread begins with the first report for a device and ends with the device. What
//! waits is bounded; what does not fit is lost, because a tone that comes late says the wrong thing.

use std::ffi::CString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use hidapi::{HidApi, HidDevice, HidError};
use tokio::sync::mpsc;

use super::candidate::Candidate;
use super::hid::SYSFS_CLASS;
use super::outlet::{FromThread, tell};
use super::sysfs::is_still;
use crate::wire::Outgoing;

/// Reports that may wait for a device to take them: two verdicts with tone and lamp.
const REPORTS_MAX: usize = 8;

/// The way to whichever device is open, shared by the thread that reads it and the task that has something to say.
#[derive(Debug, Clone)]
pub(super) struct Way {
    open: Arc<Mutex<Option<Open>>>,
    task: mpsc::Sender<FromThread>,
    /// Where the kernel lists hidraw nodes.
    class: PathBuf,
}

#[derive(Debug)]
struct Open {
    device: Candidate,
    queue: Option<SyncSender<Outgoing>>,
}

impl Way {
    /// `task` is told when a device takes nothing.
    pub(super) fn new(task: mpsc::Sender<FromThread>) -> Self {
        Self { open: Arc::default(), task, class: PathBuf::from(SYSFS_CLASS) }
    }

    /// A device is there.
    pub(super) fn open(&self, device: Candidate) {
        self.set(Some(Open { device, queue: None }));
    }

    /// The device is gone; what waits for it is forgotten.
    pub(super) fn close(&self) {
        self.set(None);
    }

    fn set(&self, open: Option<Open>) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = open;
    }

    /// Never waits. What is sent while no device is there is lost.
    pub(super) fn send(&self, outgoing: Outgoing) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = open.as_mut() else { return };
        let told = || Told { device: open.device.clone(), class: self.class.clone() };
        let queue = open.queue.get_or_insert_with(|| writer(told(), self.task.clone()));
        if let Err(TrySendError::Full(lost)) = queue.try_send(outgoing) {
            tracing::debug!(bytes = lost.bytes().len(), "the device is behind: a report is lost");
        }
    }
}

/// The device that is told, and where the kernel lists it.
#[derive(Debug)]
struct Told {
    device: Candidate,
    class: PathBuf,
}

impl Told {
    fn is_still_there(&self) -> bool {
        is_still(&self.class, &self.device)
    }
}

/// A thread that writes to a device until its queue is dropped. Without a thread the queue takes nothing.
fn writer(told: Told, task: mpsc::Sender<FromThread>) -> SyncSender<Outgoing> {
    let (sender, queue) = sync_channel(REPORTS_MAX);
    let thread = std::thread::Builder::new().name("hid writing".to_owned());
    if let Err(error) = thread.spawn(move || write_all(&told, &queue, &task)) {
        tracing::warn!("no thread could be started to write to a HID device: {error}");
    }
    sender
}

fn write_all(told: &Told, queue: &Receiver<Outgoing>, task: &mpsc::Sender<FromThread>) {
    let mut handle = None;
    let mut said = false;
    while let Ok(outgoing) = queue.recv() {
        let Err(error) = give(&mut handle, told, &outgoing) else { continue };
        // One that has gone refuses nothing, and what comes after it at its node may not be told.
        if !told.is_still_there() {
            continue;
        }
        let reason = format!(
            "{} does not take what it is told ({error}): set `feedback` to what this model has, or to none",
            told.device.node().display()
        );
        if !said && tell(task, FromThread::Refused(reason)).is_err() {
            return;
        }
        said = true;
    }
}

fn give(handle: &mut Option<HidDevice>, told: &Told, outgoing: &Outgoing) -> Result<(), HidError> {
    let handle = match handle {
        Some(handle) => handle,
        None => handle.insert(opened(told)?),
    };
    match outgoing {
        Outgoing::Report(bytes) => handle.write(bytes).map(drop),
        Outgoing::Feature(bytes) => handle.send_feature_report(bytes),
        Outgoing::Bytes(_) => {
            Err(HidError::HidApiError { message: "bytes of a serial line are no report".to_owned() })
        }
    }
}

fn opened(told: &Told) -> Result<HidDevice, HidError> {
    let failed = |message: String| HidError::HidApiError { message };
    let node = CString::new(told.device.node().into_os_string().into_vec());
    let handle = HidApi::new()?.open_path(&node.map_err(|error| failed(error.to_string()))?)?;
    match told.is_still_there() {
        true => Ok(handle),
        false => Err(failed("it has just gone".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::machine::{KEYBOARD, Machine};
    use super::super::sysfs::candidates;
    use super::*;

    /// A machine that lists a scanner without a device file.
    fn machine() -> (Machine, Candidate) {
        let machine = Machine::new();
        machine.hid(77, ("1-1:1.0", "000005E0:00001200", "Scanner"), &KEYBOARD);
        let device = candidates(&machine.places().class.join("hidraw")).remove(0);
        (machine, device)
    }

    #[test]
    fn a_device_that_has_gone_refuses_nothing_and_its_successor_is_not_told() {
        let (machine, device) = machine();
        let (task, mut said) = mpsc::channel(8);
        let way = Way { class: machine.places().class.join("hidraw"), ..Way::new(task) };
        way.open(Candidate { product: 0x1300, ..device });
        way.send(report());
        way.close();
        drop(way);
        assert!(said.blocking_recv().is_none(), "another device has its node now");
    }

    fn report() -> Outgoing {
        Outgoing::Report(vec![4, 1])
    }

    #[test]
    fn a_device_that_takes_nothing_is_told_of_once() {
        let (machine, device) = machine();
        let (task, mut said) = mpsc::channel(8);
        let way = Way { class: machine.places().class.join("hidraw"), ..Way::new(task) };
        way.send(report());
        way.open(device);
        way.send(report());
        way.send(report());
        let Some(FromThread::Refused(reason)) = said.blocking_recv() else { panic!("a refusal") };
        assert!(reason.starts_with("/dev/hidraw77 does not take"), "{reason}");
        way.close();
        drop(way);
        assert!(said.blocking_recv().is_none(), "said once, and the thread has ended");
    }

    #[test]
    fn what_waits_is_bounded() {
        let (task, _said) = mpsc::channel(8);
        let way = Way::new(task);
        let (queue, kept) = sync_channel(REPORTS_MAX);
        way.set(Some(Open { device: machine().1, queue: Some(queue) }));
        for _ in 0..REPORTS_MAX + 5 {
            way.send(report());
        }
        way.close();
        assert_eq!(kept.iter().count(), REPORTS_MAX);
    }
}
