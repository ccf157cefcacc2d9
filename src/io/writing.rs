#![allow(clippy::disallowed_methods, reason = "the writer's own thread waits here")]
//! The writer on its own thread: commits whatever is queued as one group and tells who asked.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::readers::{Credit, UNDECIDED_SCANS_MAX};
use crate::ledger::{Ledger, LedgerError};
use crate::writer::{GROUP_INPUTS_MAX, Input, Reply, Writer};

/// Inputs of others than readers that may wait for the writer: conversations, cursors, silences.
const OTHER_INPUTS_MAX: usize = 1_024;
/// Full or read-only storage is tried again after so long.
const RETRY: Duration = Duration::from_secs(1);
/// After so long without an input the write-ahead log is moved into the file.
const IDLE: Duration = Duration::from_secs(2);

/// Between two portions of what a count missed scans have the writer for themselves.
const BETWEEN_PORTIONS: Duration = Duration::from_millis(20);

/// One input and who waits for its reply.
#[derive(Debug)]
pub struct Queued {
    /// What is to be recorded.
    pub input: Input,
    /// Where the reply goes besides the daemon.
    pub answer: Option<oneshot::Sender<Reply>>,
    /// Given back to the reader once this is decided.
    pub credit: Option<Credit>,
}

/// What the writer tells the daemon.
#[derive(Debug)]
pub enum Notice {
    /// An input was recorded.
    Replied(Reply),
    /// A group was committed: the ledger's newest fact.
    Head(i64),
    /// Nothing can be recorded for now; the inputs wait and are tried again.
    Unwritable {
        /// Why.
        reason: String,
        /// Inputs that wait.
        waiting: usize,
    },
    /// What waited is recorded.
    WritableAgain,
    /// The ledger failed: the program must stop.
    Failed(LedgerError),
}

/// Hands inputs to the writer.
#[derive(Debug, Clone)]
pub struct WriterHandle {
    queue: SyncSender<Queued>,
}

/// Why an input was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// Too much waits already.
    #[error("nothing more can wait to be recorded")]
    Full,
    /// The writer has stopped.
    #[error(
        "the writer has stopped and this is not recorded: look at the daemon's log, and ask again when it runs"
    )]
    Stopped,
}

impl WriterHandle {
    /// Queues an input.
    pub fn put(&self, queued: Queued) -> Result<(), NotTaken> {
        self.queue.try_send(queued).map_err(|error| match error {
            TrySendError::Full(_) => NotTaken::Full,
            TrySendError::Disconnected(_) => NotTaken::Stopped,
        })
    }

    /// Queues an input and waits until it is recorded.
    pub async fn ask(&self, input: Input) -> Result<Reply, NotTaken> {
        let (answer, reply) = oneshot::channel();
        self.put(Queued { input, answer: Some(answer), credit: None })?;
        reply.await.map_err(|_| NotTaken::Stopped)
    }
}

/// Starts the writer's thread. It ends, and gives the ledger back, when the last handle is dropped.
///
/// Whatever that many `readers` may have undecided at a time has room in the queue: their credits hold them back before
/// it is full.
pub fn spawn(
    writer: Writer,
    readers: usize,
    notices: mpsc::UnboundedSender<Notice>,
) -> std::io::Result<(WriterHandle, JoinHandle<Ledger>)> {
    let (queue, inputs) = sync_channel(OTHER_INPUTS_MAX + readers * UNDECIDED_SCANS_MAX);
    let thread = std::thread::Builder::new()
        .name("writer".to_owned())
        .spawn(move || run(writer, &inputs, &notices))?;
    Ok((WriterHandle { queue }, thread))
}

fn run(mut writer: Writer, inputs: &Receiver<Queued>, notices: &mpsc::UnboundedSender<Notice>) -> Ledger {
    let mut idle = false;
    loop {
        // Also before the first input: a stop may have left a count whose missing things are not all noted.
        let Ok(pause) = settle(&mut writer, notices) else { return writer.into_ledger() };
        let first = match pause {
            Some(pause) => inputs.recv_timeout(pause),
            None if idle => inputs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            None => inputs.recv_timeout(IDLE),
        };
        match first {
            Ok(first) => {
                idle = false;
                let group: Vec<Queued> =
                    std::iter::once(first).chain(inputs.try_iter().take(GROUP_INPUTS_MAX - 1)).collect();
                if !commit(&mut writer, group, notices) {
                    return writer.into_ledger();
                }
            }
            Err(RecvTimeoutError::Timeout) if pause.is_some() => {}
            Err(RecvTimeoutError::Timeout) => {
                idle = true;
                if let Err(error) = writer.ledger().checkpoint() {
                    tracing::debug!(%error, "the write-ahead log could not be moved; it will be later");
                }
            }
            Err(RecvTimeoutError::Disconnected) => return writer.into_ledger(),
        }
    }
}

/// The program must stop; whoever listens has been told.
struct Stopped;

/// One portion, where one is due: whether more are left, and the newest fact.
fn portion(writer: &mut Writer) -> Result<Option<(bool, i64)>, LedgerError> {
    if writer.ledger().unsettled()?.is_none() {
        return Ok(None);
    }
    let more = writer.settle()?;
    Ok(Some((more, writer.ledger().head_seq()?)))
}

/// Notes a portion of what counts that have ended did not find. After how long the next is due; `None` where none is left.
fn settle(writer: &mut Writer, notices: &mpsc::UnboundedSender<Notice>) -> Result<Option<Duration>, Stopped> {
    match portion(writer) {
        Ok(None) => Ok(scrub(writer)),
        Ok(Some((more, head))) => {
            let _ = notices.send(Notice::Head(head));
            Ok(more.then_some(BETWEEN_PORTIONS))
        }
        Err(error) if error.is_unwritable() => Ok(Some(RETRY)),
        Err(error) => {
            // Nobody left to tell means that the program is stopping anyway.
            let _ = notices.send(Notice::Failed(error));
            Err(Stopped)
        }
    }
}

/// Overwrites what is left of who was forgotten. After how long it is to be tried again; `None` where nothing is left.
fn scrub(writer: &mut Writer) -> Option<Duration> {
    match writer.scrub() {
        Ok(true) => None,
        Ok(false) => Some(RETRY),
        Err(error) => {
            tracing::debug!(%error, "what is left of somebody forgotten could not be overwritten; it will be later");
            Some(RETRY)
        }
    }
}

/// Records one group, however long the storage refuses; false where the program must stop.
fn commit(writer: &mut Writer, group: Vec<Queued>, notices: &mpsc::UnboundedSender<Notice>) -> bool {
    let (inputs, waiting): (Vec<Input>, Vec<_>) =
        group.into_iter().map(|queued| (queued.input, (queued.answer, queued.credit))).unzip();
    let mut refused = false;
    let replies = loop {
        match writer.handle_group(&inputs) {
            Ok(replies) => break replies,
            Err(error) if error.is_unwritable() => {
                refused = true;
                let notice = Notice::Unwritable { reason: error.to_string(), waiting: inputs.len() };
                if notices.send(notice).is_err() {
                    return false;
                }
                std::thread::sleep(RETRY);
            }
            Err(error) => {
                // Nobody left to tell means that the program is stopping anyway.
                let _ = notices.send(Notice::Failed(error));
                return false;
            }
        }
    };
    if refused {
        let _ = notices.send(Notice::WritableAgain);
    }
    if let Ok(head) = writer.ledger().head_seq() {
        let _ = notices.send(Notice::Head(head));
    }
    for (reply, (answer, credit)) in replies.into_iter().zip(waiting) {
        if let Some(answer) = answer {
            let _ = answer.send(reply.clone());
        }
        let _ = notices.send(Notice::Replied(reply));
        drop(credit);
    }
    true
}
