//! What a scanner is set to, found from one scan of a code that is known.
//!
//! The setup code holds what tells settings apart: letters that move between countries (`q w z a y m`), letters of both
//! cases, and signs that each country has elsewhere (`- : / @ #`). What stands before it is the prefix, what comes
//! after it the suffix. A reader of cards knows no printed code: the same card shown twice says which framing it has.
//!
//! Nothing is guessed. Where two settings fit, both are said, and where a setting is a mistake (Caps Lock), it is named
//! as one.
//!
//! Bounds: [`HEARD_MAX`] pieces of what the device gave; the longest pause within a scan is [`PAUSE_MAX_MS`].

use std::fmt;

use serde::Serialize;

use super::descriptor::Scanner;
use super::framing::{Framing, PREFIX_BYTES_MAX, Suffix};
use super::layout::Layout;
use super::{Decoded, Decoder, Protocol, Read, Setup, aim, keyboard, line, text};
use crate::time::MonoMs;

/// What the printed setup code says.
pub const SETUP_TEXT: &str = "qwZAym-018:/@#";

/// The most pieces of bytes that are looked at: a keyboard sends some sixty reports for the setup code.
pub const HEARD_MAX: usize = 4_096;

/// Silence that ends a scan while a scanner is learned, in milliseconds.
pub const PAUSE_MAX_MS: u64 = 1_000;

/// Silence is waited for at least so long, and never longer, in milliseconds.
const GAP_MS: (u64, u64) = (100, 3_000);
/// Numbers of cards have at least so many digits.
const CARD_DIGITS_MIN: usize = 6;
/// Characters of a wrong code that are shown.
const SHOWN_MAX: usize = 40;

/// Framings of card readers that speak unasked or were asked, each with a check of its own.
const CARDS: [Protocol; 7] = [
    Protocol::Rdm6300,
    Protocol::Pn532,
    Protocol::M100,
    Protocol::UhfReader18,
    Protocol::UhfReader288,
    Protocol::Cf,
    Protocol::ThingMagic,
];

/// A piece of what the device gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// When.
    pub at: MonoMs,
    /// A piece of a stream, or one HID report.
    pub bytes: Vec<u8>,
}

/// In what the bytes come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// HID reports, with the report descriptor where the device gave one.
    Reports(Option<Vec<u8>>),
    /// A stream: a serial line.
    Stream,
}

/// What a scanner is set to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Learned {
    /// How its bytes are framed.
    pub protocol: Protocol,
    /// What its keys are called, if it types.
    pub layout: Option<Layout>,
    /// What it puts before and after a code.
    #[serde(flatten)]
    pub framing: Framing,
    /// The AIM identifier that it put before the setup code.
    pub aim: Option<String>,
    /// The longest pause within a scan, in milliseconds.
    pub pause_ms: u64,
    /// What is odd.
    pub remarks: Vec<Remark>,
}

/// Something odd about how a scanner is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remark {
    /// Small letters come as capitals and the other way round.
    CapsLock,
    /// All letters come as capitals.
    Capitals,
    /// All letters come small.
    SmallLetters,
    /// This comes after the code and before its end.
    Trailing(String),
    /// Only digits were typed, which these layouts have in the same places.
    DigitsOnly(Vec<Layout>),
    /// The prefix is too long to be taken off.
    LongPrefix,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CapsLock => f.write_str(
                "small letters come as capitals and capitals small: Caps Lock is on, or the scanner is set to believe so. \
                 Switch that off in the scanner (its manual calls it Caps Lock or case inversion)",
            ),
            Self::Capitals => f.write_str(
                "all letters come as capitals: switch \"convert to upper case\" off in the scanner, or labels that differ \
                 only in case cannot be told apart",
            ),
            Self::SmallLetters => f.write_str(
                "all letters come small: switch \"convert to lower case\" off in the scanner, or codes will not be known",
            ),
            Self::Trailing(trailing) => write!(
                f,
                "{trailing:?} comes after the code: switch that suffix off in the scanner, nothing takes it off here"
            ),
            Self::DigitsOnly(layouts) => {
                let names: Vec<&str> = layouts.iter().map(|layout| layout.name()).collect();
                write!(
                    f,
                    "only a card number was typed, and the layouts {} write it alike: the first of them is taken",
                    names.join(", ")
                )
            }
            Self::LongPrefix => {
                write!(f, "the prefix is longer than {PREFIX_BYTES_MAX} bytes: switch it off in the scanner")
            }
        }
    }
}

/// Why nothing was learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unclear {
    /// The device has said nothing.
    Nothing,
    /// What was read is another code, or comes in no known layout or framing.
    NotTheCode(Vec<String>),
    /// Several settings fit.
    Ambiguous(Vec<String>),
}

impl fmt::Display for Unclear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("the reader has said nothing"),
            Self::NotTheCode(read) if read.is_empty() => f.write_str(
                "bytes came that are no code: scan again; on a serial line try another `--baud`, and a card twice",
            ),
            Self::NotTheCode(read) => {
                let layouts: Vec<&str> = Layout::ALL.iter().map(|layout| layout.name()).collect();
                write!(
                    f,
                    "{} is not the setup code in any layout known here ({}): scan the printed setup code, or the same card \
                     twice; a scanner set to another country is set back to United States with its manual",
                    read.join(" and "),
                    layouts.join(", ")
                )
            }
            Self::Ambiguous(fitting) => {
                write!(f, "what came fits {} alike: scan the printed setup code", fitting.join(" and "))
            }
        }
    }
}

/// Finds what a scanner is set to from what it gave when `known` was scanned, or a card shown twice.
pub fn learn(way: &Way, heard: &[Heard], known: &str) -> Result<Learned, Unclear> {
    let heard = heard.get(..HEARD_MAX).unwrap_or(heard);
    if heard.iter().all(|heard| heard.bytes.is_empty()) {
        return Err(Unclear::Nothing);
    }
    let learned = match way {
        Way::Stream => of_stream(heard, known),
        Way::Reports(Some(descriptor)) if Scanner::of_descriptor(descriptor).is_ok() => {
            let setup = Setup { descriptor: Some(descriptor.clone()), ..Setup::of(Protocol::HidPos) };
            in_packets(&setup, heard, known)
        }
        Way::Reports(descriptor) => of_keyboard(descriptor.as_deref(), heard, known),
    };
    learned.map(|learned| learned.with_timing(pause_ms(heard)))
}

impl Learned {
    fn of(protocol: Protocol) -> Self {
        let framing = Framing::default();
        Self { protocol, layout: None, framing, aim: None, pause_ms: 0, remarks: Vec::new() }
    }

    fn with_timing(mut self, pause_ms: u64) -> Self {
        let (least, most) = GAP_MS;
        let gap_ms = pause_ms.saturating_mul(3).clamp(least, most).div_ceil(50) * 50;
        let is_silence_the_end = self.framing.suffix == Suffix::None;
        let types_slowly = self.protocol == Protocol::Keyboard && gap_ms > keyboard::GAP_MS;
        let is_text = matches!(self.protocol, Protocol::Keyboard | Protocol::Line);
        self.framing.gap_ms = (is_text && (is_silence_the_end || types_slowly)).then_some(gap_ms);
        self.pause_ms = pause_ms;
        self
    }

    fn with_found(mut self, found: &Found, before: &str) -> Self {
        self.remarks.extend(found.case.remark());
        match before.len() {
            0 => {}
            1..=PREFIX_BYTES_MAX => self.framing.prefix = Some(before.to_owned()),
            _ => self.remarks.push(Remark::LongPrefix),
        }
        if !found.after.is_empty() {
            self.remarks.push(Remark::Trailing(found.after.clone()));
        }
        self
    }
}

/// The longest pause that is not the silence between two scans.
fn pause_ms(heard: &[Heard]) -> u64 {
    let pauses = heard.windows(2).filter_map(|pair| match pair {
        [before, after] => Some(after.at.since(before.at)),
        _ => None,
    });
    pauses.filter(|pause| *pause < PAUSE_MAX_MS).max().unwrap_or(0)
}

/// What became of the letters' case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Case {
    AsPrinted,
    Swapped,
    Upper,
    Lower,
}

impl Case {
    const ALL: [Self; 4] = [Self::AsPrinted, Self::Swapped, Self::Upper, Self::Lower];

    fn of(self, text: &str) -> String {
        let swapped =
            |c: char| if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() };
        match self {
            Self::AsPrinted => text.to_owned(),
            Self::Swapped => text.chars().map(swapped).collect(),
            Self::Upper => text.to_ascii_uppercase(),
            Self::Lower => text.to_ascii_lowercase(),
        }
    }

    fn remark(self) -> Option<Remark> {
        match self {
            Self::AsPrinted => None,
            Self::Swapped => Some(Remark::CapsLock),
            Self::Upper => Some(Remark::Capitals),
            Self::Lower => Some(Remark::SmallLetters),
        }
    }
}

/// The known text within what was read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    case: Case,
    before: String,
    after: String,
}

fn find(read: &str, known: &str) -> Option<Found> {
    Case::ALL.into_iter().find_map(|case| {
        let (before, after) = read.split_once(&case.of(known))?;
        Some(Found { case, before: before.to_owned(), after: after.to_owned() })
    })
}

/// What a decoder makes of everything that was heard.
fn decoded(setup: &Setup, heard: &[Heard]) -> Vec<Decoded> {
    let Ok(mut decoder) = Decoder::new(setup) else { return Vec::new() };
    let mut said: Vec<Decoded> =
        heard.iter().flat_map(|heard| decoder.handle(&heard.bytes, heard.at)).collect();
    said.extend(decoder.finish());
    said
}

fn reads(said: Vec<Decoded>) -> Vec<Read> {
    let read = |decoded| match decoded {
        Decoded::Read(read) => Some(read),
        _ => None,
    };
    said.into_iter().filter_map(read).collect()
}

fn not_the_code(reads: &[Read]) -> Unclear {
    let shown = |read: &Read| format!("{:?}", read.payload.chars().take(SHOWN_MAX).collect::<String>());
    let mut shown: Vec<String> = reads.iter().map(shown).collect();
    shown.dedup();
    shown.truncate(3);
    Unclear::NotTheCode(shown)
}

/// A protocol that frames codes by itself: no suffix, no timing.
fn in_packets(setup: &Setup, heard: &[Heard], known: &str) -> Result<Learned, Unclear> {
    let reads = reads(decoded(setup, heard));
    let found = reads.iter().find_map(|read| Some((read, find(&read.payload, known)?)));
    let Some((read, found)) = found else { return Err(not_the_code(&reads)) };
    let learned = Learned { aim: read.aim.clone(), ..Learned::of(setup.protocol) };
    Ok(learned.with_found(&found, &found.before))
}

fn of_stream(heard: &[Heard], known: &str) -> Result<Learned, Unclear> {
    // Packets of SSI hold the text as it is: their check comes first.
    if let Ok(learned) = in_packets(&Setup::of(Protocol::Ssi), heard, known) {
        return Ok(learned);
    }
    if let Some(learned) = bursts(heard).iter().find_map(|bytes| of_line(bytes, known)) {
        return Ok(learned);
    }
    match cards(heard).as_slice() {
        [] => Err(not_the_code(&reads(decoded(&Setup::of(Protocol::Line), heard)))),
        [protocol] => Ok(Learned::of(*protocol)),
        several => {
            Err(Unclear::Ambiguous(several.iter().map(|protocol| protocol.name().to_owned()).collect()))
        }
    }
}

/// What came without a long silence in between.
fn bursts(heard: &[Heard]) -> Vec<Vec<u8>> {
    let mut bursts: Vec<Vec<u8>> = Vec::new();
    let mut last = None;
    for Heard { at, bytes } in heard {
        match bursts.last_mut().filter(|_| last.is_some_and(|last| at.since(last) < PAUSE_MAX_MS)) {
            Some(burst) => burst.extend(bytes),
            None => bursts.push(bytes.clone()),
        }
        last = Some(*at);
    }
    bursts
}

fn is_end(c: char) -> bool {
    u8::try_from(c).ok().and_then(line::terminator_name).is_some()
}

/// A code on a line: what stands before it since the last end, and what comes after it.
fn of_line(bytes: &[u8], known: &str) -> Option<Learned> {
    let read = text::lossless(bytes);
    let found = find(&read, known)?;
    let before = found.before.rsplit(is_end).next().unwrap_or_default();
    let (aim, before) = aim::split(before.trim_start_matches('\u{2}'));
    let ends = found.after.trim_start_matches(|c| !is_end(c));
    let trailing = found.after.strip_suffix(ends).unwrap_or_default();
    let again = Case::of(found.case, known);
    let trailing = if trailing.contains(&again) { "" } else { trailing };
    let suffix = match ends.as_bytes() {
        [] => Suffix::None,
        [b'\r', b'\n', ..] => Suffix::CrLf,
        [b'\r', ..] => Suffix::Cr,
        [b'\n', ..] => Suffix::Lf,
        [b'\t', ..] => Suffix::Tab,
        _ => Suffix::Any,
    };
    let (aim, before) = (aim.map(str::to_owned), before.to_owned());
    let framing = Framing { suffix, ..Framing::default() };
    let learned = Learned { framing, aim, ..Learned::of(Protocol::Line) };
    let found = Found { after: trailing.to_owned(), ..found };
    Some(learned.with_found(&found, &before))
}

/// The framings in which the same card was read twice and hardly anything was damaged.
fn cards(heard: &[Heard]) -> Vec<Protocol> {
    let fits = |protocol: &Protocol| {
        let said = decoded(&Setup::of(*protocol), heard);
        let refused = said.iter().filter(|decoded| matches!(decoded, Decoded::Rejected(_))).count();
        let reads = reads(said);
        is_shown_twice(&reads) && reads.len() > refused
    };
    CARDS.into_iter().filter(fits).collect()
}

fn is_shown_twice(reads: &[Read]) -> bool {
    let first = reads.first().map(|read| read.payload.as_str());
    reads.iter().filter(|read| Some(read.payload.as_str()) == first).count() >= 2
}

/// What was typed, if the keys are called so.
struct Typed {
    layout: Layout,
    reads: Vec<Read>,
    /// An LF came after Enter.
    then_lf: bool,
}

fn typed(layout: Layout, descriptor: Option<&[u8]>, heard: &[Heard]) -> Option<Typed> {
    let framing = Framing { gap_ms: Some(PAUSE_MAX_MS), ..Framing::default() };
    let descriptor = descriptor.map(<[u8]>::to_vec);
    let setup = Setup { layout, descriptor, framing, ..Setup::of(Protocol::Keyboard) };
    let mut decoder = keyboard::Decoder::new(&setup).ok()?;
    let mut said = Vec::new();
    for Heard { at, bytes } in heard {
        said.extend(decoder.handle(bytes, *at));
    }
    said.extend(decoder.finish());
    let then_lf = decoder.take_trailer().is_some_and(|trailer| end_named(&trailer) == Suffix::Lf);
    Some(Typed { layout, reads: reads(said), then_lf })
}

/// The suffix that a keyboard's end stands for.
fn end_named(name: &str) -> Suffix {
    match name {
        "Enter" | "Keypad Enter" | "Ctrl+M" | "Ctrl+Shift+M" | "Alt+13" | "Alt+013" | "Alt+0013" => {
            Suffix::Cr
        }
        "Tab" | "Ctrl+I" | "Ctrl+Shift+I" | "Alt+9" | "Alt+09" | "Alt+009" | "Alt+0009" => Suffix::Tab,
        "Ctrl+J" | "Ctrl+Shift+J" | "Alt+10" | "Alt+010" | "Alt+0010" => Suffix::Lf,
        _ => Suffix::Any,
    }
}

impl Typed {
    fn find(&self, known: &str) -> Option<(Layout, Found, Learned)> {
        let (read, found) = self.reads.iter().find_map(|read| Some((read, find(&read.payload, known)?)))?;
        let framing = Framing { suffix: self.suffix(read), ..Framing::default() };
        let learned = Learned {
            layout: Some(self.layout),
            framing,
            aim: read.aim.clone(),
            ..Learned::of(Protocol::Keyboard)
        };
        let learned = learned.with_found(&found, &found.before);
        Some((self.layout, found, learned))
    }

    fn suffix(&self, read: &Read) -> Suffix {
        let name = read.fields.iter().find(|(name, _)| *name == "terminator");
        let Some(name) = name.and_then(|(_, name)| name.as_str()) else { return Suffix::None };
        match end_named(name) {
            Suffix::Cr if self.then_lf => Suffix::CrLf,
            suffix => suffix,
        }
    }

    fn card(&self) -> Option<(&Self, &Read)> {
        let read = self.reads.first()?;
        let is_number =
            read.payload.len() >= CARD_DIGITS_MIN && read.payload.bytes().all(|b| b.is_ascii_hexdigit());
        (is_number && is_shown_twice(&self.reads)).then_some((self, read))
    }
}

fn of_keyboard(descriptor: Option<&[u8]>, heard: &[Heard], known: &str) -> Result<Learned, Unclear> {
    let typed: Vec<Typed> =
        Layout::ALL.into_iter().filter_map(|layout| typed(layout, descriptor, heard)).collect();
    let fits: Vec<(Layout, Found, Learned)> = typed.iter().filter_map(|typed| typed.find(known)).collect();
    let best = fits.iter().map(|(_, found, _)| found.case).min();
    let fits: Vec<(Layout, Found, Learned)> =
        fits.into_iter().filter(|(_, found, _)| Some(found.case) == best).collect();
    match fits.as_slice() {
        [] => of_typed_card(&typed),
        [(_, _, learned)] => Ok(learned.clone()),
        several => {
            let names = several.iter().map(|(layout, _, _)| format!("layout {}", layout.name()));
            Err(Unclear::Ambiguous(names.collect()))
        }
    }
}

/// A card that was shown twice to a reader that types. Layouts that write its number alike are as good as each other.
fn of_typed_card(typed: &[Typed]) -> Result<Learned, Unclear> {
    let fits: Vec<(&Typed, &Read)> = typed.iter().filter_map(Typed::card).collect();
    let Some((first, read)) = fits.first() else {
        return Err(not_the_code(typed.first().map(|typed| typed.reads.as_slice()).unwrap_or_default()));
    };
    if fits.iter().any(|(_, other)| other.payload != read.payload) {
        let names =
            fits.iter().map(|(typed, read)| format!("layout {} ({})", typed.layout.name(), read.payload));
        return Err(Unclear::Ambiguous(names.collect()));
    }
    let layouts: Vec<Layout> = fits.iter().map(|(typed, _)| typed.layout).collect();
    let framing = Framing { suffix: first.suffix(read), ..Framing::default() };
    let mut learned = Learned { layout: Some(first.layout), framing, ..Learned::of(Protocol::Keyboard) };
    if layouts.len() > 1 {
        learned.remarks.push(Remark::DigitsOnly(layouts));
    }
    Ok(learned)
}

#[cfg(test)]
mod tests;
