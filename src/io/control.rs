#![allow(clippy::disallowed_methods, reason = "the control socket is a file")]
//! The control socket: how the command line reaches the daemon that writes.
//!
//! One JSON request a line; the answer is one or more JSON lines, the last with `"done":true`. Who asks is told by the
//! kernel: the folder's and the socket's permissions say who may.

use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

use crate::io::standing::Shared;

mod serve;

/// The longest request: an import of a hundred thousand rows fits.
const REQUEST_BYTES_MAX: u64 = 64 * 1024 * 1024;
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
            accepted = listener.accept() => match accepted {
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
                    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
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
    loop {
        let mut line = Vec::new();
        let taken = (&mut read).take(REQUEST_BYTES_MAX).read_until(b'\n', &mut line).await?;
        if taken == 0 {
            return Ok(());
        }
        let (say, mut said) = tokio::sync::mpsc::channel::<serde_json::Value>(16);
        let answering = serve::answer(shared, uid, &line, say);
        let writing = async {
            while let Some(value) = said.recv().await {
                let mut text = value.to_string();
                text.push('\n');
                write.write_all(text.as_bytes()).await?;
            }
            std::io::Result::Ok(())
        };
        let ((), written) = tokio::join!(answering, writing);
        written?;
    }
}
