//! The keys of `[[reader]]` that say what a scanner puts around a code: `prefix`, `suffix`, `gap_ms`.

use super::reading::Reading;
use super::section::{Section, Setting};
use crate::wire::Protocol;
use crate::wire::framing::{Framing, PREFIX_BYTES_MAX, Suffix};

const KEYS: [&str; 3] = ["prefix", "suffix", "gap_ms"];
/// Shorter is a pause between two keys, longer is a person who waits.
const GAP_MS: (u64, u64) = (20, 10_000);

pub(super) fn framing(
    section: &Section<'_>,
    protocol: Option<Protocol>,
    reading: &mut Reading<'_>,
) -> Framing {
    let problems = &mut reading.problems;
    if protocol.is_some_and(|protocol| !matches!(protocol, Protocol::Keyboard | Protocol::Line)) {
        for key in KEYS {
            section.misplaced(key, "it only with protocol keyboard or line", problems);
        }
    }
    let expected = format!("1 to {PREFIX_BYTES_MAX} bytes that stand before each code");
    let prefix = section.read("prefix", &expected, problems, |setting| {
        let fits = |text: &&str| !text.is_empty() && text.len() <= PREFIX_BYTES_MAX;
        setting.text().filter(fits).map(str::to_owned)
    });
    let suffix = section.choice("suffix", &Suffix::ALL.map(Suffix::name), problems, Suffix::parse);
    let (least, most) = GAP_MS;
    let expected = format!("a whole number of milliseconds from {least} to {most}");
    let gap_ms = section.read("gap_ms", &expected, problems, |setting: Setting<'_>| {
        setting.integer().and_then(|gap| u64::try_from(gap).ok()).filter(|gap| (least..=most).contains(gap))
    });
    Framing { prefix, suffix: suffix.unwrap_or_default(), gap_ms }
}
