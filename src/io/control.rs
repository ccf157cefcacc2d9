#![allow(clippy::disallowed_methods, reason = "the control socket is a file")]
//! The control socket: how the command line reaches the daemon that writes.
//!
//! One JSON request a line; the answer is one or more JSON lines, the last with `"done":true`. Who asks is told by the
//! kernel: the folder's and the socket's permissions say who may.

use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::unix::OwnedReadHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::io::standing::Shared;

mod calendars;
mod serve;
mod tap;
pub mod who;

pub use calendars::unknown as unknown_calendar;

/// The longest request: an import of a hundred thousand rows fits.
const REQUEST_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Who asks may be silent for so long between two requests.
const REQUEST_SILENCE: Duration = Duration::from_secs(60);
/// Conversations at a time; more wait at the door.
const CONVERSATIONS_MAX: usize = 32;
/// The daemon's group may use the socket.
const SOCKET_MODE: u32 = 0o660;

/// The listening socket. Dropping it removes it.
#[derive(Debug)]
pub struct ControlSocket {
    path: PathBuf,
    task: JoinHandle<()>,
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        self.task.abort();
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, path = %self.path.display(), "the control socket was gone already");
        }
    }
}

/// Opens the control socket. The ledger's lock is held by now, so a socket that is there was left by a crash.
pub fn start(shared: Arc<Shared>) -> anyhow::Result<ControlSocket> {
    let path = shared.config.control.path.clone();
    let listener = listen(&path).with_context(|| {
        format!("{}: the control socket cannot be opened; check `[control] path`", path.display())
    })?;
    let task = tokio::spawn(accept(listener, shared));
    Ok(ControlSocket { path, task })
}

fn listen(path: &Path) -> std::io::Result<UnixListener> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    if std::fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket()) {
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(SOCKET_MODE))?;
    Ok(listener)
}

async fn accept(listener: UnixListener, shared: Arc<Shared>) {
    // Dropping the set when the socket closes ends every conversation.
    let mut conversations = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if conversations.len() < CONVERSATIONS_MAX => match accepted {
                Ok((stream, _)) => {
                    let shared = Arc::clone(&shared);
                    conversations.spawn(async move {
                        if let Err(error) = converse(stream, &shared).await {
                            tracing::debug!(%error, "a control conversation ended early");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the control socket does not accept");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            },
            Some(_) = conversations.join_next() => {}
        }
    }
}

async fn converse(stream: UnixStream, shared: &Arc<Shared>) -> anyhow::Result<()> {
    let uid = stream.peer_cred()?.uid();
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    while let Some(line) = request(&mut read, REQUEST_SILENCE).await? {
        if let Some(wanted) = tap::wanted(&line) {
            return Ok(tap::serve(shared, uid, wanted, &mut read, &mut write).await?);
        }
        let (say, said) = mpsc::channel(16);
        let ((), written) =
            tokio::join!(serve::answer(shared, uid, &line, say), write_lines(said, &mut write));
        written?;
    }
    Ok(())
}

/// The next request; `None` where who asked has hung up.
async fn request(read: &mut BufReader<OwnedReadHalf>, silence: Duration) -> anyhow::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut bounded = read.take(REQUEST_BYTES_MAX);
    let reading = bounded.read_until(b'\n', &mut line);
    let taken = tokio::time::timeout(silence, reading).await.context("nothing was asked for too long")??;
    let is_cut = bounded.limit() == 0 && line.last() != Some(&b'\n');
    anyhow::ensure!(!is_cut, "a request of more than {REQUEST_BYTES_MAX} bytes is not read to its end");
    Ok((taken > 0).then_some(line))
}

/// Writes what is said, one JSON value a line, until all is said. Who asked may hang up in between: then this ends at
/// once and takes `said` along, so that whoever still speaks is not held up by what nobody hears.
async fn write_lines(
    mut said: mpsc::Receiver<serde_json::Value>,
    write: &mut (impl AsyncWrite + Unpin),
) -> std::io::Result<()> {
    while let Some(value) = said.recv().await {
        let mut text = value.to_string();
        text.push('\n');
        write.write_all(text.as_bytes()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_goes_on_when_nobody_hears_it_any_more() {
        let (mut near, far) = tokio::io::duplex(8);
        drop(far);
        let (say, said) = mpsc::channel(1);
        let speaking = async move {
            for row in 0..100 {
                // As an import does: it does not mind.
                let _ = say.send(serde_json::json!({ "row": row })).await;
            }
        };
        let both = async { tokio::join!(speaking, write_lines(said, &mut near)) };
        let ((), written) = tokio::time::timeout(Duration::from_secs(10), both).await.unwrap();
        assert!(written.is_err());
    }

    #[tokio::test]
    async fn a_request_ends_with_its_line_and_at_the_end_of_the_connection() {
        let (near, mut far) = UnixStream::pair().unwrap();
        let mut read = BufReader::new(near.into_split().0);
        far.write_all(b"one\ntwo").await.unwrap();
        drop(far);
        assert_eq!(request(&mut read, REQUEST_SILENCE).await.unwrap().as_deref(), Some(b"one\n".as_slice()));
        assert_eq!(request(&mut read, REQUEST_SILENCE).await.unwrap().as_deref(), Some(b"two".as_slice()));
        assert_eq!(request(&mut read, REQUEST_SILENCE).await.unwrap(), None);
    }

    #[tokio::test]
    async fn who_asks_nothing_is_not_waited_for() {
        let (near, _far) = UnixStream::pair().unwrap();
        let mut read = BufReader::new(near.into_split().0);
        let waited = request(&mut read, Duration::from_millis(1)).await;
        assert!(waited.unwrap_err().to_string().contains("too long"));
    }
}
