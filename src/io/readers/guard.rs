//! Keeps what a bound reader types from the console, from desktops and from power-key handling.
//!
//! To the kernel a scanner in keyboard mode is a keyboard: what it reads is typed wherever somebody is logged in, and
//! a printed code can hold a POWER key. Of a device that a reader is bound to, each input device (`…/input/inputN`
//! below it in sysfs) is looked at: `inhibited` = 1 makes the kernel drop its events (Linux 5.11) while hidraw goes on
//! delivering. A udev rule sets it before anybody is asked, and it outlives a crash of this program; without a rule
//! this program tries to set it, then to grab the event node. What neither keeps is said, with the rule to write.
//!
//! Touched are the input devices of the bound interface, and those with keys on other interfaces of the same USB
//! device: media keys have an interface of their own. No other device is looked at.

#![allow(clippy::disallowed_methods, reason = "sysfs, and the event nodes of the bound device")]

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use evdev::raw_stream::RawDevice;

use super::sysfs::is_usb_interface;

/// Codes that are buttons of mice, pads and joysticks (`BTN_MISC` to `BTN_GEAR_UP` in the kernel's
/// `input-event-codes.h`); those on either side are keys.
const BUTTONS: std::ops::Range<usize> = 0x100..0x160;
/// Input devices below one HID device, and interfaces of one USB device, that are looked at.
const CHILDREN_MAX: usize = 64;

/// How the keys of a device are kept from the console, the best way first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kept {
    /// It has no input device: nothing of it is typed.
    NothingTyped,
    /// The kernel drops its events, as a udev rule said.
    ByUdev,
    /// The kernel drops its events, as this program said.
    ByProgram,
    /// This program has the event nodes for itself.
    Grabbed,
    /// udev has not dealt with it yet.
    NotYet,
    /// These input devices are typed into the console.
    Leaks(Vec<String>),
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingTyped => f.write_str("types nothing"),
            Self::ByUdev => f.write_str("keys kept from the console: inhibited by udev"),
            Self::ByProgram => f.write_str("keys kept from the console: inhibited by this program"),
            Self::Grabbed => f.write_str("keys kept from the console: grabbed"),
            Self::NotYet => f.write_str("keys not yet kept from the console"),
            Self::Leaks(names) => write!(f, "its keys reach the console ({})", names.join(", ")),
        }
    }
}

/// Where the kernel and udev show what there is; other places in tests.
#[derive(Debug, Clone)]
pub(super) struct Places {
    /// Event nodes.
    pub(super) dev_input: PathBuf,
    /// One file for each device that udev has dealt with.
    pub(super) udev_data: PathBuf,
}

impl Default for Places {
    fn default() -> Self {
        Self { dev_input: "/dev/input".into(), udev_data: "/run/udev/data".into() }
    }
}

/// Keeps the keys of one bound device as long as it lives, and lets go in order: what this program inhibited is
/// typed again afterwards.
#[derive(Debug)]
pub(super) struct Guard {
    hid_device: PathBuf,
    places: Places,
    inhibited: Vec<PathBuf>,
    grabbed: BTreeMap<PathBuf, RawDevice>,
}

impl Guard {
    /// For the device of a hidraw node; `hid_device` is the real path of its HID device in sysfs.
    pub(super) fn new(hid_device: PathBuf, places: Places) -> Self {
        Self { hid_device, places, inhibited: Vec::new(), grabbed: BTreeMap::new() }
    }

    /// Looks at each input device there is now and keeps what is not kept yet. udev comes first: until it has
    /// dealt with a device, or `hurry` says that it was waited for long enough, nothing is done.
    pub(super) fn look(&mut self, hurry: bool) -> Kept {
        let inputs = inputs_of(&self.hid_device);
        self.grabbed.retain(|input, _| inputs.contains(input));
        let mut worst = Kept::NothingTyped;
        let mut leaking = Vec::new();
        for input in &inputs {
            match self.keep(input, hurry) {
                Kept::Leaks(names) => leaking.extend(names),
                kept => worst = worst.max(kept),
            }
        }
        if leaking.is_empty() { worst } else { Kept::Leaks(leaking) }
    }

    fn keep(&mut self, input: &Path, hurry: bool) -> Kept {
        let ours = self.inhibited.iter().any(|set| set == input);
        match is_inhibited(input) {
            Some(true) if ours => Kept::ByProgram,
            Some(true) => {
                self.grabbed.remove(input);
                Kept::ByUdev
            }
            _ if self.grabbed.contains_key(input) => Kept::Grabbed,
            _ if !hurry && !self.udev_has_seen(input) => Kept::NotYet,
            _ => self.inhibit(input).or_else(|| self.grab(input)).unwrap_or_else(|| leak(input)),
        }
    }

    /// Without udev there is nobody to wait for.
    fn udev_has_seen(&self, input: &Path) -> bool {
        let Some(name) = input.file_name().and_then(|name| name.to_str()) else { return true };
        !self.places.udev_data.is_dir() || self.places.udev_data.join(format!("+input:{name}")).exists()
    }

    fn inhibit(&mut self, input: &Path) -> Option<Kept> {
        fs::write(input.join("inhibited"), "1").ok()?;
        is_inhibited(input)?.then(|| {
            self.inhibited.push(input.to_owned());
            Kept::ByProgram
        })
    }

    /// A grabbed node that nobody reads costs nothing: the kernel forgets its oldest events.
    fn grab(&mut self, input: &Path) -> Option<Kept> {
        let event = children(input).into_iter().find(|child| name_of(child).starts_with("event"))?;
        let mut node = RawDevice::open(self.places.dev_input.join(event.file_name()?)).ok()?;
        node.grab().ok()?;
        self.grabbed.insert(input.to_owned(), node);
        Some(Kept::Grabbed)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        for input in &self.inhibited {
            // Gone together with its device, most of the time.
            drop(fs::write(input.join("inhibited"), "0"));
        }
    }
}

fn leak(input: &Path) -> Kept {
    // What is gone by now types nothing any more.
    let Ok(name) = fs::read_to_string(input.join("name")) else { return Kept::NothingTyped };
    Kept::Leaks(vec![format!("{} {:?}", name_of(input), name.trim())])
}

/// `None` for a kernel that has no such switch, and for a device that is just going.
fn is_inhibited(input: &Path) -> Option<bool> {
    fs::read_to_string(input.join("inhibited")).ok().map(|text| text.trim() == "1")
}

/// The input devices of a HID device, and those with keys of the other interfaces of its USB device.
fn inputs_of(hid_device: &Path) -> Vec<PathBuf> {
    let mut found = inputs_below(hid_device);
    for other in siblings(hid_device) {
        found.extend(inputs_below(&other).into_iter().filter(|input| has_keys(input)));
    }
    found
}

/// The other HID devices of the same USB device: `…/1-1.4/1-1.4:1.0/0003:…` beside `…/1-1.4/1-1.4:1.1/0003:…`.
fn siblings(hid_device: &Path) -> Vec<PathBuf> {
    let Some(interface) = hid_device.parent().filter(|parent| is_usb_interface(&name_of(parent))) else {
        return Vec::new();
    };
    let interfaces = interface.parent().map(children).unwrap_or_default();
    let others = interfaces.into_iter().filter(|other| is_usb_interface(&name_of(other)));
    others.flat_map(|other| children(&other)).filter(|other| other != hid_device).collect()
}

fn inputs_below(hid_device: &Path) -> Vec<PathBuf> {
    let mut inputs = children(&hid_device.join("input"));
    inputs.retain(|input| name_of(input).starts_with("input"));
    inputs
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut children: Vec<PathBuf> = entries.flatten().take(CHILDREN_MAX).map(|entry| entry.path()).collect();
    children.sort();
    children
}

fn name_of(path: &Path) -> String {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned()
}

fn has_keys(input: &Path) -> bool {
    let words = fs::read_to_string(input.join("capabilities/key")).unwrap_or_default();
    keys_in(&words, usize::BITS as usize)
}

/// Whether a bit map as sysfs prints it (words of the machine's size, highest first) holds a key that is no button.
fn keys_in(words: &str, word_bits: usize) -> bool {
    words.split_whitespace().rev().enumerate().any(|(at, word)| {
        let word = u64::from_str_radix(word, 16).unwrap_or(0);
        (0..word_bits).any(|bit| word >> bit & 1 == 1 && !BUTTONS.contains(&(at * word_bits + bit)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYBOARD_KEYS: &str = "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe";
    const MOUSE_KEYS: &str = "1f0000 0 0 0 0";

    struct Sysfs(tempfile::TempDir);

    impl Sysfs {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn hid(&self, interface: &str) -> PathBuf {
            self.0.path().join("usb1/1-1.4").join(interface).join("0003:05E0:1200.0001")
        }

        /// An input device below the HID device of an interface; `inhibited` as the kernel has it, if it has it.
        fn add(&self, interface: &str, number: u32, keys: &str, inhibited: Option<&str>) -> PathBuf {
            let input = self.hid(interface).join(format!("input/input{number}"));
            fs::create_dir_all(input.join("capabilities")).unwrap();
            fs::create_dir_all(input.join(format!("event{number}"))).unwrap();
            fs::write(input.join("name"), "Scanner\n").unwrap();
            fs::write(input.join("capabilities/key"), keys).unwrap();
            if let Some(inhibited) = inhibited {
                fs::write(input.join("inhibited"), inhibited).unwrap();
            }
            input
        }

        fn guard(&self) -> Guard {
            let places =
                Places { dev_input: self.0.path().join("dev"), udev_data: self.0.path().join("udev") };
            Guard::new(self.hid("1-1.4:1.0"), places)
        }

        fn seen_by_udev(&self, number: u32) {
            fs::create_dir_all(self.0.path().join("udev")).unwrap();
            fs::write(self.0.path().join(format!("udev/+input:input{number}")), "").unwrap();
        }
    }

    fn switch(input: &Path) -> String {
        fs::read_to_string(input.join("inhibited")).unwrap()
    }

    #[test]
    fn what_udev_inhibited_is_left_as_it_is() {
        let sysfs = Sysfs::new();
        let input = sysfs.add("1-1.4:1.0", 3, KEYBOARD_KEYS, Some("1\n"));
        let mut guard = sysfs.guard();
        assert_eq!(guard.look(false), Kept::ByUdev);
        drop(guard);
        assert_eq!(switch(&input), "1\n");
    }

    #[test]
    fn without_a_rule_this_program_inhibits_and_lets_go_in_order() {
        let sysfs = Sysfs::new();
        let input = sysfs.add("1-1.4:1.0", 3, KEYBOARD_KEYS, Some("0\n"));
        let mut guard = sysfs.guard();
        assert_eq!((guard.look(false), switch(&input).as_str()), (Kept::ByProgram, "1"));
        assert_eq!(guard.look(false), Kept::ByProgram, "and again");
        drop(guard);
        assert_eq!(switch(&input), "0");
    }

    #[test]
    fn udev_is_waited_for_but_not_for_ever() {
        let sysfs = Sysfs::new();
        let input = sysfs.add("1-1.4:1.0", 3, KEYBOARD_KEYS, Some("0"));
        sysfs.seen_by_udev(9);
        let mut guard = sysfs.guard();
        assert_eq!((guard.look(false), switch(&input).as_str()), (Kept::NotYet, "0"));
        assert_eq!((guard.look(true), switch(&input).as_str()), (Kept::ByProgram, "1"));
        sysfs.add("1-1.4:1.0", 4, KEYBOARD_KEYS, Some("0"));
        sysfs.seen_by_udev(4);
        assert_eq!(guard.look(false), Kept::ByProgram);
    }

    #[test]
    fn media_keys_of_the_same_device_are_kept_and_its_pointer_and_other_devices_are_not_touched() {
        let sysfs = Sysfs::new();
        sysfs.add("1-1.4:1.0", 3, KEYBOARD_KEYS, Some("1"));
        let media = sysfs.add("1-1.4:1.1", 4, "3e000b00000000 0 0 0", Some("0"));
        let pointer = sysfs.add("1-1.4:1.2", 5, MOUSE_KEYS, Some("0"));
        let real = sysfs.0.path().join("usb1/1-1.5/1-1.5:1.0/0003:05E0:1200.0002/input/input6");
        fs::create_dir_all(&real).unwrap();
        fs::write(real.join("inhibited"), "0").unwrap();
        assert_eq!(sysfs.guard().look(false), Kept::ByProgram);
        let mut guard = sysfs.guard();
        guard.look(false);
        assert_eq!([&media, &pointer, &real].map(|input| switch(input)), ["1", "0", "0"]);
    }

    #[test]
    fn what_cannot_be_kept_is_named() {
        let sysfs = Sysfs::new();
        sysfs.add("1-1.4:1.0", 3, KEYBOARD_KEYS, Some("1"));
        // A kernel without the switch, or one that refuses: a folder cannot be written to by root either.
        let stuck = sysfs.add("1-1.4:1.1", 4, KEYBOARD_KEYS, None);
        fs::create_dir(stuck.join("inhibited")).unwrap();
        let kept = sysfs.guard().look(false);
        assert_eq!(kept, Kept::Leaks(vec!["input4 \"Scanner\"".to_owned()]));
        assert_eq!(kept.to_string(), "its keys reach the console (input4 \"Scanner\")");
    }

    #[test]
    fn a_device_that_types_nothing_needs_nothing() {
        assert_eq!(Sysfs::new().guard().look(false), Kept::NothingTyped);
    }

    #[test]
    fn keys_are_told_from_buttons_in_words_of_either_size() {
        assert!(keys_in(KEYBOARD_KEYS, 64) && keys_in("10000 0 0 0 0 0 0 0", 32));
        assert!(!keys_in(MOUSE_KEYS, 64) && !keys_in("1f0000 0 0 0 0 0 0 0 0", 32));
        assert!(!keys_in("1 0 0 0 0 0", 64), "code 0x140");
        assert!(keys_in("1 0 0 0 0 0 0", 64), "code 0x180");
    }
}
