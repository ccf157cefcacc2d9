//! `GET /calendar/room/ID.ics?key=…`: the feed of a room, production or person.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use ring::digest::{SHA256, digest};

use super::Site;
use crate::control::text_bytes::hex_of;
use crate::control::{FeedOf, House, feed as text_of};
use crate::ledger::{LedgerError, Reader};

/// Calendars ask no sooner than after so long, where they keep to it.
const FRESH_S: &str = "private, max-age=300";

/// The feed, or the same "not found" for a wrong key and for what is not known.
pub(super) async fn feed(
    State(site): State<Arc<Site>>,
    Path((kind, file)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    let of = file.strip_suffix(".ics").and_then(|id| FeedOf::parse(&kind, id));
    let key = query.as_deref().and_then(key_of).unwrap_or_default();
    let Some(of) = of.filter(|of| site.keys.fits(&of.to_string(), key)) else {
        return plain(StatusCode::NOT_FOUND, "Not found\n");
    };
    let asked = Arc::clone(&site);
    let Ok(_turn) = site.questions.acquire().await else {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "Stopping\n");
    };
    match tokio::task::spawn_blocking(move || read(&asked, &of)).await {
        Ok(Ok(Some(text))) => answer(text, &headers),
        Ok(Ok(None)) => plain(StatusCode::NOT_FOUND, "Not found\n"),
        Ok(Err(error)) => {
            tracing::warn!(%error, "a feed could not be made");
            plain(StatusCode::SERVICE_UNAVAILABLE, "The ledger cannot be read: try again later\n")
        }
        Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE, "Try again later\n"),
    }
}

fn key_of(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix("key="))
}

fn read(site: &Site, of: &FeedOf) -> Result<Option<String>, LedgerError> {
    let config = &site.shared.config;
    let reader = Reader::open(&config.ledger.path)?;
    let house = House { site: &config.site, zone: config.timezone, names: config.web.names };
    text_of(&reader, of, house, site.shared.now().utc)
}

fn answer(text: String, headers: &HeaderMap) -> Response<Body> {
    let hash = digest(&SHA256, text.as_bytes());
    let hex = hex_of(hash.as_ref().get(..16).unwrap_or_default());
    let etag = format!("\"{hex}\"");
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_known = known.split(',').any(|one| one.trim().trim_start_matches("W/") == etag);
    let (status, body) =
        if is_known { (StatusCode::NOT_MODIFIED, Body::empty()) } else { (StatusCode::OK, Body::from(text)) };
    let mut response = with_body(status, body);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(FRESH_S));
    if !is_known {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8"));
    }
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(ETAG, etag);
    }
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = with_body(status, Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// An address with a key in it is not to be passed on by whatever shows the answer.
fn with_body(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert("referrer-policy", HeaderValue::from_static("no-referrer"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    response
}
