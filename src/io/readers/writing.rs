//! What a HID device is told: its lamp, its buzzer, its mode.
//!
//! A report can take seconds to be taken, or be refused, so it goes through a handle and a thread of its own, and
//! reading never waits for it. The thread begins with the first report for a device and ends with the device. What
//! waits is bounded; what does not fit is lost, because a tone that comes late says the wrong thing.

use std::ffi::CString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use hidapi::{HidApi, HidDevice, HidError};
use tokio::sync::mpsc;

use super::outlet::{FromThread, tell};
use crate::wire::Outgoing;

/// Reports that may wait for a device to take them: two verdicts with tone and lamp.
const REPORTS_MAX: usize = 8;

/// The way to whichever device is open, shared by the thread that reads it and the task that has something to say.
#[derive(Debug, Clone)]
pub(super) struct Way {
    open: Arc<Mutex<Option<Open>>>,
    task: mpsc::Sender<FromThread>,
}

#[derive(Debug)]
struct Open {
    node: PathBuf,
    queue: Option<SyncSender<Outgoing>>,
}

impl Way {
    /// `task` is told when a device takes nothing.
    pub(super) fn new(task: mpsc::Sender<FromThread>) -> Self {
        Self { open: Arc::default(), task }
    }

    /// A device is there.
    pub(super) fn open(&self, node: PathBuf) {
        self.set(Some(Open { node, queue: None }));
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
        let queue = open.queue.get_or_insert_with(|| writer(open.node.clone(), self.task.clone()));
        if let Err(TrySendError::Full(lost)) = queue.try_send(outgoing) {
            tracing::debug!(bytes = lost.bytes().len(), "the device is behind: a report is lost");
        }
    }
}

/// A thread that writes to a device until its queue is dropped. Without a thread the queue takes nothing.
fn writer(node: PathBuf, task: mpsc::Sender<FromThread>) -> SyncSender<Outgoing> {
    let (sender, queue) = sync_channel(REPORTS_MAX);
    let thread = std::thread::Builder::new().name("hid writing".to_owned());
    if let Err(error) = thread.spawn(move || write_all(&node, &queue, &task)) {
        tracing::warn!("no thread could be started to write to a HID device: {error}");
    }
    sender
}

fn write_all(node: &Path, queue: &Receiver<Outgoing>, task: &mpsc::Sender<FromThread>) {
    let mut device = None;
    let mut said = false;
    while let Ok(outgoing) = queue.recv() {
        let Err(error) = give(&mut device, node, &outgoing) else { continue };
        let reason = format!(
            "{} does not take what it is told ({error}): set `feedback` to what this model has, or to none",
            node.display()
        );
        if !said && tell(task, FromThread::Refused(reason)).is_err() {
            return;
        }
        said = true;
    }
}

fn give(device: &mut Option<HidDevice>, node: &Path, outgoing: &Outgoing) -> Result<(), HidError> {
    let device = match device {
        Some(device) => device,
        None => device.insert(opened(node)?),
    };
    match outgoing {
        Outgoing::Report(bytes) => device.write(bytes).map(drop),
        Outgoing::Feature(bytes) => device.send_feature_report(bytes),
        Outgoing::Bytes(_) => {
            Err(HidError::HidApiError { message: "bytes of a serial line are no report".to_owned() })
        }
    }
}

fn opened(node: &Path) -> Result<HidDevice, HidError> {
    let node = CString::new(node.to_path_buf().into_os_string().into_vec())
        .map_err(|error| HidError::HidApiError { message: error.to_string() })?;
    HidApi::new()?.open_path(&node)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Outgoing {
        Outgoing::Report(vec![4, 1])
    }

    #[test]
    fn a_device_that_takes_nothing_is_told_of_once() {
        let (task, mut said) = mpsc::channel(8);
        let way = Way::new(task);
        way.send(report());
        way.open(PathBuf::from("/nowhere/hidraw7"));
        way.send(report());
        way.send(report());
        let Some(FromThread::Refused(reason)) = said.blocking_recv() else { panic!("a refusal") };
        assert!(reason.starts_with("/nowhere/hidraw7 does not take"), "{reason}");
        way.close();
        drop(way);
        assert!(said.blocking_recv().is_none(), "said once, and the thread has ended");
    }

    #[test]
    fn what_waits_is_bounded() {
        let (task, _said) = mpsc::channel(8);
        let way = Way::new(task);
        let (queue, kept) = sync_channel(REPORTS_MAX);
        way.set(Some(Open { node: PathBuf::new(), queue: Some(queue) }));
        for _ in 0..REPORTS_MAX + 5 {
            way.send(report());
        }
        way.close();
        assert_eq!(kept.iter().count(), REPORTS_MAX);
    }
}
