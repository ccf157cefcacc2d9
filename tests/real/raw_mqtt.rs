//! An MQTT client of 3.1.1 and 5 that does nothing by itself: no keep-alive, no acknowledgement, no second try.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::disallowed_methods, reason = "opens sockets")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests")]

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// The protocol level on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    V311 = 4,
    V5 = 5,
}

pub const BOTH: [Version; 2] = [Version::V311, Version::V5];

/// How to introduce oneself.
#[derive(Debug, Clone)]
pub struct Hello<'a> {
    pub version: Version,
    pub client_id: &'a str,
    pub keep_session: bool,
    /// Topic and payload of a retained will of QoS 1.
    pub will: Option<(&'a str, &'a str)>,
}

impl<'a> Hello<'a> {
    pub fn clean(version: Version, client_id: &'a str) -> Self {
        Self { version, client_id, keep_session: false, will: None }
    }

    pub fn persistent(version: Version, client_id: &'a str) -> Self {
        Self { keep_session: true, ..Self::clean(version, client_id) }
    }

    pub fn with_will(self, topic: &'a str, payload: &'a str) -> Self {
        Self { will: Some((topic, payload)), ..self }
    }
}

/// What the broker sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    Publish {
        topic: String,
        payload: Vec<u8>,
        retained: bool,
        qos: u8,
        pkid: u16,
    },
    PubAck(u16),
    SubAck(Vec<u8>),
    /// DISCONNECT (5 only) or the end of the connection.
    Closed,
    Other(u8),
}

/// A connection. Dropped without [`Self::disconnect`], it is a process that died.
pub struct Raw {
    stream: TcpStream,
    version: Version,
    next_pkid: u16,
    pub session_present: bool,
}

impl Raw {
    /// Connects, or gives the broker's refusal code.
    pub fn connect(address: SocketAddr, hello: &Hello) -> Result<Self, u8> {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut raw = Self { stream, version: hello.version, next_pkid: 1, session_present: false };
        raw.write(0x10, &connect_body(hello));
        let (kind, body) = raw.read_packet().expect("an answer to CONNECT");
        assert_eq!(kind & 0xf0, 0x20, "CONNACK");
        raw.session_present = body[0] & 1 == 1;
        if body[1] == 0 { Ok(raw) } else { Err(body[1]) }
    }

    /// Subscribes with QoS 1 and waits for the confirmation. Messages before it are lost to the test.
    pub fn subscribe(&mut self, filter: &str) {
        let mut body = self.pkid().to_be_bytes().to_vec();
        self.no_properties(&mut body);
        push_text(&mut body, filter);
        body.push(1);
        self.write(0x82, &body);
        while !matches!(self.read(), Packet::SubAck(_)) {}
    }

    /// Publishes with QoS 1 and gives the packet id.
    pub fn publish(&mut self, topic: &str, payload: &[u8], retain: bool) -> u16 {
        let pkid = self.pkid();
        let mut body = Vec::new();
        push_text(&mut body, topic);
        body.extend(pkid.to_be_bytes());
        self.no_properties(&mut body);
        body.extend(payload);
        self.write(0x32 | u8::from(retain), &body);
        pkid
    }

    /// Publishes and waits for the PUBACK.
    pub fn publish_confirmed(&mut self, topic: &str, payload: &[u8], retain: bool) {
        let pkid = self.publish(topic, payload, retain);
        assert_eq!(self.read(), Packet::PubAck(pkid));
    }

    /// Confirms a message.
    pub fn ack(&mut self, pkid: u16) {
        self.write(0x40, &pkid.to_be_bytes());
    }

    /// The next packet; fails after ten seconds of silence.
    pub fn read(&mut self) -> Packet {
        match self.read_packet() {
            Ok((kind, body)) => self.parse(kind, &body),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("the broker was silent for ten seconds")
            }
            Err(_) => Packet::Closed,
        }
    }

    /// The next message, confirmed: topic, payload as text, whether it was retained.
    pub fn message(&mut self) -> (String, String, bool) {
        match self.read() {
            Packet::Publish { topic, payload, retained, qos, pkid } => {
                if qos == 1 {
                    self.ack(pkid);
                }
                (topic, String::from_utf8(payload).unwrap(), retained)
            }
            other => panic!("expected a message, got {other:?}"),
        }
    }

    /// Whether nothing comes for a quarter of a second after the broker has answered a ping.
    pub fn is_quiet(&mut self) -> bool {
        self.write(0xc0, &[]);
        let ponged = self.read() == Packet::Other(0xd0);
        self.stream.set_read_timeout(Some(Duration::from_millis(250))).unwrap();
        let silent = self.read_packet().is_err();
        self.stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        ponged && silent
    }

    /// Leaves politely: no will.
    pub fn disconnect(mut self) {
        self.write(0xe0, &[]);
        let _ = self.stream.shutdown(Shutdown::Write);
        while !matches!(self.read(), Packet::Closed) {}
    }

    fn pkid(&mut self) -> u16 {
        self.next_pkid += 1;
        self.next_pkid
    }

    fn no_properties(&self, body: &mut Vec<u8>) {
        if self.version == Version::V5 {
            body.push(0);
        }
    }

    fn write(&mut self, kind: u8, body: &[u8]) {
        let mut packet = vec![kind];
        let mut left = body.len();
        loop {
            let more = if left >= 128 { 0x80 } else { 0 };
            packet.push((left % 128) as u8 | more);
            left /= 128;
            if left == 0 {
                break;
            }
        }
        packet.extend(body);
        // A broker may close before it has read everything: the next read says so.
        let _ = self.stream.write_all(&packet);
    }

    fn read_packet(&mut self) -> std::io::Result<(u8, Vec<u8>)> {
        let mut byte = [0];
        self.stream.read_exact(&mut byte)?;
        let kind = byte[0];
        let (mut length, mut shift) = (0, 0);
        loop {
            self.stream.read_exact(&mut byte)?;
            length |= usize::from(byte[0] & 0x7f) << shift;
            shift += 7;
            if byte[0] & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((kind, body))
    }

    fn parse(&self, kind: u8, body: &[u8]) -> Packet {
        match kind & 0xf0 {
            0x30 => self.parse_publish(kind, body),
            0x40 => Packet::PubAck(u16::from_be_bytes([body[0], body[1]])),
            0x90 => Packet::SubAck(body.to_vec()),
            0xe0 => Packet::Closed,
            _ => Packet::Other(kind),
        }
    }

    fn parse_publish(&self, kind: u8, body: &[u8]) -> Packet {
        let qos = kind >> 1 & 3;
        let topic_end = 2 + usize::from(u16::from_be_bytes([body[0], body[1]]));
        let topic = String::from_utf8(body[2..topic_end].to_vec()).unwrap();
        let (mut at, mut pkid) = (topic_end, 0);
        if qos > 0 {
            pkid = u16::from_be_bytes([body[at], body[at + 1]]);
            at += 2;
        }
        if self.version == Version::V5 {
            assert!(body[at] < 128, "properties of one length byte");
            at += 1 + usize::from(body[at]);
        }
        Packet::Publish { topic, payload: body[at..].to_vec(), retained: kind & 1 == 1, qos, pkid }
    }
}

fn connect_body(hello: &Hello) -> Vec<u8> {
    let mut body = Vec::new();
    push_text(&mut body, "MQTT");
    body.push(hello.version as u8);
    let will_flags = if hello.will.is_some() { 0b0010_1100 } else { 0 };
    body.push(will_flags | if hello.keep_session { 0 } else { 2 });
    body.extend(60u16.to_be_bytes());
    if hello.version == Version::V5 {
        // Session expiry interval: one day, or none.
        let expiry_s: u32 = if hello.keep_session { 86_400 } else { 0 };
        body.extend([5, 0x11]);
        body.extend(expiry_s.to_be_bytes());
    }
    push_text(&mut body, hello.client_id);
    if let Some((topic, payload)) = hello.will {
        if hello.version == Version::V5 {
            body.push(0);
        }
        push_text(&mut body, topic);
        push_text(&mut body, payload);
    }
    body
}

fn push_text(body: &mut Vec<u8>, text: &str) {
    body.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
    body.extend(text.as_bytes());
}
