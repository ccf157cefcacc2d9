//! A tap at a reader, served at the control socket until either side hangs up.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use super::serve::allowed;
use crate::control::{Request, Response, Tapped};
use crate::domain::id::ReaderId;
use crate::domain::rights::Right;
use crate::io::standing::Shared;

/// The reader that a request wants to tap, and whether its scans are to be held back.
pub(super) fn wanted(line: &[u8]) -> Option<(ReaderId, bool)> {
    match serde_json::from_slice(line) {
        Ok(Request::Tap { reader, hold }) => Some((reader, hold)),
        _ => None,
    }
}

/// Serves it. `read` is looked at only to notice that who asked has hung up.
pub(super) async fn serve(
    shared: &Arc<Shared>,
    uid: u32,
    (reader, hold): (ReaderId, bool),
    read: &mut (impl AsyncRead + Unpin),
    write: &mut (impl AsyncWrite + Unpin),
) -> std::io::Result<()> {
    let heard = match open(shared, uid, &reader, hold).await {
        Ok(heard) => heard,
        Err(refused) => return say(write, &refused).await,
    };
    tracing::info!(%reader, uid, hold, "somebody listens to the reader");
    let said = forward(heard, read, write).await;
    tracing::info!(%reader, uid, "nobody listens to the reader any more");
    said
}

async fn open(
    shared: &Arc<Shared>,
    uid: u32,
    reader: &ReaderId,
    hold: bool,
) -> Result<mpsc::Receiver<Tapped>, Response> {
    allowed(shared, uid, Some(Right::Register)).await.map_err(|response| *response)?;
    if !shared.config.readers.iter().any(|known| known.id == *reader) {
        let sentence = format!(
            "the running daemon has no reader {reader:?}: restart it if it is new",
            reader = reader.as_str()
        );
        return Err(Response::refused(2, vec![sentence]));
    }
    let full = || format!("too many listen to reader {reader} already: end one of them");
    shared.taps.open(reader, hold).ok_or_else(|| Response::refused(3, vec![full()]))
}

async fn forward(
    mut heard: mpsc::Receiver<Tapped>,
    read: &mut (impl AsyncRead + Unpin),
    write: &mut (impl AsyncWrite + Unpin),
) -> std::io::Result<()> {
    let mut more = [0; 64];
    loop {
        tokio::select! {
            tapped = heard.recv() => match tapped {
                Some(tapped) => say(write, &Response { tap: Some(tapped), ..Response::default() }).await?,
                None => {
                    let sentence = "the reader gave more than was taken: what follows is lost".to_owned();
                    return say(write, &Response::refused(3, vec![sentence])).await;
                }
            },
            // Whatever more is said, or the end of it: the tap is over.
            _ = read.read(&mut more) => return Ok(()),
        }
    }
}

async fn say(write: &mut (impl AsyncWrite + Unpin), response: &Response) -> std::io::Result<()> {
    let mut text = serde_json::to_string(response)?;
    text.push('\n');
    write.write_all(text.as_bytes()).await
}
