//! A device that a reader is bound to by its identity: looked for among those that are plugged in, with a sentence
//! for whatever is odd about what was found.

use super::candidate::{Candidate, Choice, Purpose, Wanted, choose, named};
use super::outlet::Absent;

/// What is looked for.
#[derive(Debug, Clone)]
pub(super) struct Search {
    pub(super) wanted: Wanted,
    pub(super) purpose: Purpose,
}

impl Search {
    /// The device to be opened and what is odd about the choice, or why there is none.
    pub(super) fn decided<'a>(
        &self,
        found: &'a [Candidate],
    ) -> Result<(&'a Candidate, Option<String>), Absent> {
        let Self { wanted, purpose } = self;
        let noun = purpose.device();
        match choose(found, wanted, *purpose) {
            Choice::One(chosen) => Ok((chosen, None)),
            Choice::FirstOf(chosen, others) => {
                let note = format!(
                    "several devices fit {wanted}: {chosen} is read, and not {}; set `usb_path` to tell them apart",
                    named(others.into_iter())
                );
                Ok((chosen, Some(note)))
            }
            Choice::NothingWanted => Err(Absent::Unusable(
                "the configuration names no device: set `vendor` and `product`, `serial` or `usb_path`"
                    .to_owned(),
            )),
            Choice::Nothing if found.is_empty() => {
                Err(Absent::Missing(format!("no {noun} with {wanted}: none at all is plugged in")))
            }
            Choice::Nothing => Err(Absent::Missing(format!(
                "no {noun} with {wanted} is plugged in; there are {}",
                named(found.iter())
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::candidate::scanner;
    use super::*;

    fn model() -> Wanted {
        Wanted { vendor: Some(0x05e0), product: Some(0x1200), ..Wanted::default() }
    }

    fn searched(wanted: Wanted) -> Search {
        Search { wanted, purpose: Purpose::Keyboard }
    }

    #[test]
    fn two_equal_devices_are_both_named_by_their_usb_paths() {
        let found = [scanner(0, "1-1.4:1.0"), scanner(1, "1-1.2:1.0")];
        let search = searched(model());
        let (chosen, note) = search.decided(&found).unwrap();
        assert_eq!(chosen.number, 1);
        let note = note.unwrap();
        assert!(note.contains("1-1.2:1.0) is read, and not /dev/hidraw0"), "{note}");
        assert!(note.contains("USB path 1-1.4:1.0") && note.contains("`usb_path`"), "{note}");
    }

    #[test]
    fn a_missing_device_is_told_with_what_is_there_instead() {
        let mut search = searched(Wanted { product: Some(0x0901), ..model() });
        let found = [scanner(0, "1-1:1.0")];
        let Err(Absent::Missing(said)) = search.decided(&found) else { panic!("missing") };
        assert!(said.starts_with("no HID device with vendor 05e0, product 0901 is plugged in"), "{said}");
        assert!(said.contains("/dev/hidraw0"), "{said}");
        let Err(Absent::Missing(said)) = search.decided(&[]) else { panic!("missing") };
        assert!(said.ends_with("none at all is plugged in"), "{said}");
        search.purpose = Purpose::Serial;
        let Err(Absent::Missing(said)) = search.decided(&[]) else { panic!("missing") };
        assert!(said.starts_with("no USB serial device with vendor 05e0"), "{said}");
        assert!(matches!(searched(Wanted::default()).decided(&[]), Err(Absent::Unusable(_))));
    }
}
