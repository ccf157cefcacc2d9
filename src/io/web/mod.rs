//! HTTP/1: feeds for the calendars of others. Off unless the configuration says where to listen.
//!
//! Every connection has a bound: how many there are, how long its head may take and be, how long it lasts. What a
//! request needs of the ledger is read by threads of their own, a few at a time: readers and the writer wait for none.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use crate::io::standing::Shared;

mod calendar;
pub mod key;

use key::Keys;

/// Connections at a time; more wait at the door.
const CONNECTIONS_MAX: usize = 128;
/// Questions to the ledger at a time.
const QUESTIONS_MAX: usize = 2;
/// A client that has not sent its request after so long is gone.
const HEAD_MAX: Duration = Duration::from_secs(5);
/// A client that has not taken its answer after so long is gone.
const CONNECTION_MAX: Duration = Duration::from_secs(30);
/// The head of a request, and what of an answer waits for a client.
const BUFFER_BYTES_MAX: usize = 16 * 1024;
/// An address that cannot be had is tried again after so long.
const RETRY: Duration = Duration::from_secs(5);

/// What requests need.
pub(super) struct Site {
    shared: Arc<Shared>,
    keys: Keys,
    questions: Semaphore,
}

/// Starts to serve, where the configuration says where; `secret` is what keys are made of.
pub fn start(shared: &Arc<Shared>, secret: &str) -> Option<JoinHandle<()>> {
    let listen = shared.config.web.listen?;
    Some(tokio::spawn(serve(listen, site(shared, secret))))
}

fn site(shared: &Arc<Shared>, secret: &str) -> Arc<Site> {
    Arc::new(Site {
        shared: Arc::clone(shared),
        keys: Keys::new(secret),
        questions: Semaphore::new(QUESTIONS_MAX),
    })
}

/// Answers what comes over one connection, wherever it comes from, and hangs up.
pub async fn answer_one(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    shared: &Arc<Shared>,
    secret: &str,
) {
    converse(stream, router(site(shared, secret))).await;
}

async fn serve(listen: SocketAddr, site: Arc<Site>) {
    let mut said = String::new();
    let listener = loop {
        match TcpListener::bind(listen).await {
            Ok(listener) => break listener,
            Err(error) => {
                let sentence =
                    format!("web.listen {listen} cannot be had ({error}): stop what has it, or name another");
                site.shared.set_web(sentence.clone());
                if said != sentence {
                    tracing::warn!("{sentence}. It is tried again");
                    said = sentence;
                }
                tokio::time::sleep(RETRY).await;
            }
        }
    };
    let at = listener.local_addr().unwrap_or(listen);
    site.shared.set_web(format!("feeds at {at}"));
    tracing::info!(%at, "feeds are served");
    accept(listener, router(site)).await;
}

fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/calendar/{of}/{file}", get(calendar::feed))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .with_state(site)
}

async fn accept(listener: TcpListener, router: Router) {
    // Dropping the set when the daemon stops ends every connection.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(tokio::time::timeout(CONNECTION_MAX, converse(stream, router.clone())));
                }
                Err(error) => {
                    tracing::warn!(%error, "the web address does not accept");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One request and its answer: calendars ask seldom, and a connection that is kept is one that another waits for.
async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_MAX)
        .max_buf_size(BUFFER_BYTES_MAX)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .await;
    if let Err(error) = served {
        tracing::trace!(%error, "a web connection ended early");
    }
}
