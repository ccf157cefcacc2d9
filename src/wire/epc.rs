//! Electronic product codes of UHF tags: SGTIN, GRAI and GIAI, as bits and as URIs.
//!
//! ```text
//! header  filter  partition  company prefix   the rest                                       bits
//! 8       3       3          20…40            item 24…4          serial 38 / 20 × 7         96 / 198 (30, 36) SGTIN
//! 8       3       3          20…40            asset type 24…4    serial 38 / 16 × 7         96 / 170 (33, 37) GRAI
//! 8       3       3          20…40            reference 62…42 / 24…18 × 7                   96 / 202 (34, 38) GIAI
//!
//! partition       0   1   2   3   4   5   6         7 is impossible
//! prefix bits    40  37  34  30  27  24  20
//! prefix digits  12  11  10   9   8   7   6
//! ```
//!
//! - Numbers are padded with zeros to the digits of their field, except serials and GIAI-96 references, which are
//!   numbers without leading zeros. Letters need SGTIN-198, GRAI-170, GIAI-202: seven bits a character, zero ends.
//! - With a prefix of 12 digits the asset type of a GRAI is empty.
//! - Bits behind the last are zero, up to whole words of a tag.
//! - A header proves nothing: a tag can hold anything. What has another header (`E2…` is a copy of the tag's own
//!   number, TID) is *opaque*, and names a thing by its digits. What has one of these and says something impossible
//!   is *absurd* and by its digits as usable.
//! - Two tags of one thing may differ in filter and scheme; a barcode does not know where the company prefix ends.
//!   [`Epc::key`] is what they have in common.
//!
//! Source: GS1 EPC Tag Data Standard 1.13, chapters 6, 10, 12 and 14.

use super::{RejectKind, Rejected, check, gs1};

/// The bits and digits of a company prefix, by partition.
const PREFIXES: [(u32, usize); 7] = [(40, 12), (37, 11), (34, 10), (30, 9), (27, 8), (24, 7), (20, 6)];

/// The bits of company prefix and item together, in SGTIN and GRAI.
const ITEM_BITS: u32 = 44;
/// The bits of a serial number.
const SERIAL_BITS: u32 = 38;
/// The digits of company prefix and item together: indicator and GTIN, or GRAI, without check digit.
const SGTIN_DIGITS: usize = 13;
const GRAI_DIGITS: usize = 12;

/// What sort of thing a code names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A unit of a product.
    Sgtin,
    /// A returnable asset: crates, cases.
    Grai,
    /// An asset.
    Giai,
}

/// How a code is written into a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `30`: numeric serial numbers.
    Sgtin96,
    /// `36`
    Sgtin198,
    /// `33`: numeric serial numbers.
    Grai96,
    /// `37`
    Grai170,
    /// `34`: numeric references.
    Giai96,
    /// `38`
    Giai202,
}

/// A product code: its parts as they stand in a URI, escapes resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epc {
    /// What sort of thing it names.
    pub kind: Kind,
    /// The company prefix, 6 to 12 digits.
    pub company: String,
    /// Indicator and item reference, or asset type. Empty for a GIAI.
    pub item: String,
    /// The serial number, or the individual asset reference of a GIAI.
    pub serial: String,
}

/// What a tag holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tag {
    /// A product code, how it was written, and the filter value (0 to 7).
    Epc(Epc, Scheme, u8),
    /// Something else. It names a thing by its digits.
    Opaque,
}

impl Scheme {
    const ALL: [Self; 6] =
        [Self::Sgtin96, Self::Sgtin198, Self::Grai96, Self::Grai170, Self::Giai96, Self::Giai202];

    /// The name used in tag URIs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sgtin96 => "sgtin-96",
            Self::Sgtin198 => "sgtin-198",
            Self::Grai96 => "grai-96",
            Self::Grai170 => "grai-170",
            Self::Giai96 => "giai-96",
            Self::Giai202 => "giai-202",
        }
    }

    fn header(self) -> u8 {
        match self {
            Self::Sgtin96 => 0x30,
            Self::Sgtin198 => 0x36,
            Self::Grai96 => 0x33,
            Self::Grai170 => 0x37,
            Self::Giai96 => 0x34,
            Self::Giai202 => 0x38,
        }
    }

    fn bits(self) -> usize {
        match self {
            Self::Sgtin96 | Self::Grai96 | Self::Giai96 => 96,
            Self::Grai170 => 170,
            Self::Sgtin198 => 198,
            Self::Giai202 => 202,
        }
    }

    /// What sort of thing its codes name.
    pub fn kind(self) -> Kind {
        match self {
            Self::Sgtin96 | Self::Sgtin198 => Kind::Sgtin,
            Self::Grai96 | Self::Grai170 => Kind::Grai,
            Self::Giai96 | Self::Giai202 => Kind::Giai,
        }
    }

    /// The schemes of a kind, the short one first.
    fn of(kind: Kind) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |scheme| scheme.kind() == kind)
    }
}

impl Kind {
    /// The name used in URIs and keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sgtin => "sgtin",
            Self::Grai => "grai",
            Self::Giai => "giai",
        }
    }

    /// The digits of the item beside a company prefix of so many digits.
    fn item_digits(self, company_digits: usize) -> usize {
        match self {
            Self::Sgtin => SGTIN_DIGITS.saturating_sub(company_digits),
            Self::Grai => GRAI_DIGITS.saturating_sub(company_digits),
            Self::Giai => 0,
        }
    }
}

fn absurd(reason: String) -> Rejected {
    Rejected { kind: RejectKind::Absurd, reason }
}

/// Bits, most significant first.
#[derive(Debug)]
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next so many bits, at most 64; what lies behind the end is zero.
    fn take(&mut self, count: u32) -> u64 {
        (0..count).fold(0, |value, _| {
            let byte = self.bytes.get(self.at / 8).copied().unwrap_or(0);
            let bit = byte >> (7 - self.at % 8) & 1;
            self.at += 1;
            value << 1 | u64::from(bit)
        })
    }

    /// Characters of seven bits up to a zero, in so many bits.
    fn text(&mut self, bits: u32) -> Result<String, Rejected> {
        let mut text = String::new();
        let mut ended = false;
        for _ in 0..bits / 7 {
            let c = u8::try_from(self.take(7)).map(char::from).unwrap_or_default();
            match c {
                '\0' => ended = true,
                _ if ended => return Err(absurd(format!("character {c:?} behind the end of the serial"))),
                _ if gs1::is_text(c) => text.push(c),
                _ => {
                    return Err(absurd(format!("character {c:?} in the serial, which no code of GS1 holds")));
                }
            }
        }
        Ok(text)
    }
}

/// What the bytes of a tag's EPC memory say.
pub fn decode(bytes: &[u8]) -> Result<Tag, Rejected> {
    let header = bytes.first().copied();
    let Some(scheme) = Scheme::ALL.into_iter().find(|scheme| Some(scheme.header()) == header) else {
        return Ok(Tag::Opaque);
    };
    let name = scheme.name();
    if bytes.len() * 8 < scheme.bits() {
        let bits = bytes.len() * 8;
        let reason = format!("{bits} bits for {name}: expected {}", scheme.bits());
        return Err(Rejected { kind: RejectKind::Damaged, reason });
    }
    let mut bits = Bits { bytes, at: 8 };
    let filter = u8::try_from(bits.take(3)).unwrap_or_default();
    let epc = body(scheme, &mut bits).map_err(|no| absurd(format!("{name}: {}", no.reason)))?;
    let left = bytes.len() * 8 - scheme.bits();
    let tail = (bits.at..bits.at + left).any(|at| Bits { bytes, at }.take(1) == 1);
    if tail {
        return Err(absurd(format!("{name}: bits behind its {} are not zero", scheme.bits())));
    }
    Ok(Tag::Epc(epc, scheme, filter))
}

fn body(scheme: Scheme, bits: &mut Bits<'_>) -> Result<Epc, Rejected> {
    let partition = bits.take(3);
    let prefix = usize::try_from(partition).ok().and_then(|at| PREFIXES.get(at));
    let (prefix_bits, digits) =
        *prefix.ok_or_else(|| absurd(format!("partition {partition}: expected 0 to 6")))?;
    let kind = scheme.kind();
    let company = padded(bits.take(prefix_bits), digits, "company prefix")?;
    let item = match kind {
        Kind::Giai => String::new(),
        _ => padded(bits.take(ITEM_BITS - prefix_bits), kind.item_digits(digits), "item")?,
    };
    let serial = match scheme {
        Scheme::Sgtin96 | Scheme::Grai96 => bits.take(SERIAL_BITS).to_string(),
        Scheme::Giai96 => bits.take(82 - prefix_bits).to_string(),
        Scheme::Sgtin198 => bits.text(140)?,
        Scheme::Grai170 => bits.text(112)?,
        Scheme::Giai202 => bits.text(188 - prefix_bits)?,
    };
    if serial.is_empty() && kind != Kind::Grai {
        return Err(absurd("empty serial".to_owned()));
    }
    Ok(Epc { kind, company, item, serial })
}

/// A number in so many digits.
fn padded(value: u64, digits: usize, what: &str) -> Result<String, Rejected> {
    let text = if digits == 0 && value == 0 { String::new() } else { format!("{value:0digits$}") };
    if text.len() > digits {
        return Err(absurd(format!("{what} {value} has more than {digits} digits")));
    }
    Ok(text)
}

/// The code that a URI names, with scheme and filter where it is a tag's.
pub type Named = (Epc, Option<(Scheme, u8)>);

/// The code in a URI (`urn:epc:id:…` or `urn:epc:tag:…`); `None` for text that is no such URI.
pub fn from_uri(uri: &str) -> Option<Result<Named, Rejected>> {
    let (form, rest) = uri.strip_prefix("urn:epc:")?.split_once(':')?;
    let (name, rest) = rest.split_once(':')?;
    let scheme = Scheme::ALL.into_iter().find(|scheme| scheme.name() == name);
    match (form, scheme) {
        ("tag", Some(scheme)) => {
            let (filter, rest) = rest.split_once('.')?;
            let filter = filter.parse().ok().filter(|filter: &u8| *filter <= 7)?;
            Some(parts(scheme.kind(), rest).map(|epc| (epc, Some((scheme, filter)))))
        }
        ("id", _) => {
            let kind = [Kind::Sgtin, Kind::Grai, Kind::Giai].into_iter().find(|kind| kind.name() == name)?;
            Some(parts(kind, rest).map(|epc| (epc, None)))
        }
        _ => None,
    }
}

fn parts(kind: Kind, text: &str) -> Result<Epc, Rejected> {
    let wrong = |what: &str| absurd(format!("{} of {text:?}: {what}", kind.name()));
    let (company, rest) = text.split_once('.').ok_or_else(|| wrong("expected a company prefix and a dot"))?;
    let (item, serial) = match kind {
        Kind::Giai => ("", rest),
        _ => rest.split_once('.').ok_or_else(|| wrong("expected three parts"))?,
    };
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(company) || !(6..=12).contains(&company.len()) {
        return Err(wrong("expected a company prefix of 6 to 12 digits"));
    }
    if !is_number(item) || item.len() != kind.item_digits(company.len()) {
        return Err(wrong("its second part has the wrong number of digits"));
    }
    let serial = gs1::percent_decoded(serial)?;
    let max = serial_max(kind, company.len());
    if serial.len() > max || !serial.chars().all(gs1::is_text) || (serial.is_empty() && kind != Kind::Grai) {
        return Err(wrong(&format!("expected a serial of up to {max} characters that GS1 allows")));
    }
    Ok(Epc { kind, company: company.to_owned(), item: item.to_owned(), serial })
}

fn serial_max(kind: Kind, company_digits: usize) -> usize {
    match kind {
        Kind::Sgtin => 20,
        Kind::Grai => 16,
        Kind::Giai => 30_usize.saturating_sub(company_digits),
    }
}

/// Text with those characters escaped that mean something in a URI.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "\"%&/<>?#".contains(c) {
            out.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

impl Epc {
    /// The codes that a key ([`Self::key`]) can be: one for each place where the company prefix may end.
    pub fn of_key(key: &str) -> Vec<Self> {
        let Some((name, value)) = key.split_once(':') else { return Vec::new() };
        let splits = PREFIXES.iter().map(|(_, digits)| *digits);
        match name {
            "giai" => splits.filter_map(|digits| giai(value, digits)).collect(),
            "grai" => splits.filter_map(|digits| grai(value, digits)).collect(),
            "sgtin" => splits.filter_map(|digits| sgtin(value, digits)).collect(),
            _ => Vec::new(),
        }
    }

    /// What every reading of this thing has in common, barcodes included: `giai:` with prefix and reference joined,
    /// `grai:` and `sgtin:` with their check digit.
    pub fn key(&self) -> String {
        let Self { company, item, serial, .. } = self;
        match self.kind {
            Kind::Giai => format!("giai:{company}{serial}"),
            Kind::Grai => format!("grai:{}{serial}", with_check(&format!("{company}{item}"))),
            Kind::Sgtin => format!("sgtin:{}.{serial}", self.gtin()),
        }
    }

    fn gtin(&self) -> String {
        let (indicator, reference) = self.item.split_at_checked(1).unwrap_or_default();
        with_check(&format!("{indicator}{}{reference}", self.company))
    }

    /// What is printed beside a barcode of the same thing.
    pub fn element_string(&self) -> String {
        let Self { company, item, serial, .. } = self;
        match self.kind {
            Kind::Giai => format!("(8004){company}{serial}"),
            Kind::Grai => format!("(8003)0{}{serial}", with_check(&format!("{company}{item}"))),
            Kind::Sgtin => format!("(01){}(21){serial}", self.gtin()),
        }
    }

    /// `urn:epc:id:…`, which every tag of the thing has in common.
    pub fn pure_uri(&self) -> String {
        format!("urn:epc:id:{}:{}", self.kind.name(), self.dotted())
    }

    /// `urn:epc:tag:…`, which says how the tag is written as well.
    pub fn tag_uri(&self, scheme: Scheme, filter: u8) -> String {
        format!("urn:epc:tag:{}:{filter}.{}", scheme.name(), self.dotted())
    }

    fn dotted(&self) -> String {
        let serial = escaped(&self.serial);
        match self.kind {
            Kind::Giai => format!("{}.{serial}", self.company),
            _ => format!("{}.{}.{serial}", self.company, self.item),
        }
    }

    /// The bytes of a tag that holds this code, up to a whole word of 16 bits; `None` where the scheme cannot hold it.
    pub fn encode(&self, scheme: Scheme, filter: u8) -> Option<Vec<u8>> {
        if scheme.kind() != self.kind || filter > 7 {
            return None;
        }
        let partition = PREFIXES.iter().position(|(_, digits)| *digits == self.company.len())?;
        let (prefix_bits, _) = *PREFIXES.get(partition)?;
        let mut bits = vec![
            (u64::from(scheme.header()), 8),
            (filter.into(), 3),
            (u64::try_from(partition).ok()?, 3),
            (self.company.parse().ok()?, prefix_bits),
        ];
        if self.kind != Kind::Giai {
            let item = if self.item.is_empty() { 0 } else { self.item.parse().ok()? };
            bits.push((item, ITEM_BITS - prefix_bits));
        }
        match scheme {
            Scheme::Sgtin96 | Scheme::Grai96 => bits.push(self.numeric(SERIAL_BITS)?),
            Scheme::Giai96 => bits.push(self.numeric(82 - prefix_bits)?),
            Scheme::Sgtin198 => bits.extend(self.characters(140)?),
            Scheme::Grai170 => bits.extend(self.characters(112)?),
            Scheme::Giai202 => bits.extend(self.characters(188 - prefix_bits)?),
        }
        Some(packed(&bits, scheme.bits()))
    }

    /// Every way in which a tag can hold this code.
    pub fn encodings(&self) -> impl Iterator<Item = (Scheme, u8, Vec<u8>)> + '_ {
        let ways = Scheme::of(self.kind).flat_map(|scheme| (0..8).map(move |filter| (scheme, filter)));
        ways.filter_map(|(scheme, filter)| Some((scheme, filter, self.encode(scheme, filter)?)))
    }

    fn numeric(&self, bits: u32) -> Option<(u64, u32)> {
        let plain = self.serial == "0" || !self.serial.starts_with(['0', '+']);
        let value: u64 = self.serial.parse().ok().filter(|_| plain)?;
        (value >> bits == 0).then_some((value, bits))
    }

    fn characters(&self, bits: u32) -> Option<Vec<(u64, u32)>> {
        let max = usize::try_from(bits / 7).ok()?;
        let fits = self.serial.len() <= max && self.serial.chars().all(gs1::is_text);
        let padding = std::iter::repeat_n(0, max.saturating_sub(self.serial.len()));
        fits.then(|| self.serial.bytes().chain(padding).map(|byte| (u64::from(byte), 7)).collect())
    }
}

fn with_check(digits: &str) -> String {
    format!("{digits}{}", check::mod10(digits).unwrap_or('0'))
}

fn digits_of(text: &str) -> Option<&str> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then_some(text)
}

fn giai(value: &str, company_digits: usize) -> Option<Epc> {
    let (company, serial) = value.split_at_checked(company_digits)?;
    (!serial.is_empty()).then_some(())?;
    Some(epc(Kind::Giai, digits_of(company)?, "", serial))
}

fn grai(value: &str, company_digits: usize) -> Option<Epc> {
    let (digits, serial) = value.split_at_checked(GRAI_DIGITS + 1)?;
    let (company, item) = digits_of(digits)?.get(..GRAI_DIGITS)?.split_at_checked(company_digits)?;
    Some(epc(Kind::Grai, company, item, serial))
}

fn sgtin(value: &str, company_digits: usize) -> Option<Epc> {
    let (gtin, serial) = value.split_once('.')?;
    let (indicator, rest) = digits_of(gtin)?.get(..SGTIN_DIGITS)?.split_at_checked(1)?;
    let (company, reference) = rest.split_at_checked(company_digits)?;
    (gtin.len() == SGTIN_DIGITS + 1).then_some(())?;
    Some(epc(Kind::Sgtin, company, &format!("{indicator}{reference}"), serial))
}

fn epc(kind: Kind, company: &str, item: &str, serial: &str) -> Epc {
    Epc { kind, company: company.to_owned(), item: item.to_owned(), serial: serial.to_owned() }
}

/// Fields of bits one after another, as bytes up to a whole word that holds so many bits.
fn packed(fields: &[(u64, u32)], bits: usize) -> Vec<u8> {
    let mut bytes = vec![0; bits.div_ceil(16) * 2];
    let each = fields.iter().flat_map(|(value, count)| (0..*count).rev().map(move |at| value >> at & 1));
    for (at, bit) in each.enumerate() {
        if let Some(byte) = bytes.get_mut(at / 8)
            && bit == 1
        {
            *byte |= 0x80 >> (at % 8);
        }
    }
    bytes
}

#[cfg(test)]
mod tests;
