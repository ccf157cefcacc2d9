//! `readers udev`: the udev rules for the HID readers of a configuration.

use std::fmt::Write as _;

use crate::config::{Config, ReaderConfig};
use crate::io::readers::rules::{RULES_PATH, rules_of};

/// The file of rules for a configuration, ready to be put in its place; with a comment on what it does and how it is
/// installed. Readers that are no HID devices need no rule and are not named.
pub(super) fn udev_rules(config: &Config) -> String {
    let rules: String = config.readers.iter().filter_map(of_reader).collect();
    if rules.is_empty() {
        return "# No reader of this configuration is a HID device: no udev rules are needed.\n".to_owned();
    }
    format!(
        "# Gives the HID readers of cagekeeper's configuration to the daemon and keeps what they type from the\n\
         # console, from desktops and from power-key handling. Put this file into {RULES_PATH}, then run\n\
         #   udevadm control --reload\n\
         # and plug the readers in again.\n\
         ACTION==\"remove\", GOTO=\"cagekeeper_end\"\n\n\
         {rules}LABEL=\"cagekeeper_end\"\n"
    )
}

fn of_reader(reader: &ReaderConfig) -> Option<String> {
    let mut text = format!("# Reader {} at station {}.\n", reader.id, reader.station);
    for line in rules_of(&reader.source)? {
        // Writing to a text does not fail.
        let _written = writeln!(text, "{line}");
    }
    text.push('\n');
    Some(text)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::config::Defaults;

    fn rules(readers: &str) -> String {
        let text = format!("[[station]]\nid = \"cage\"\n{readers}");
        let folder = PathBuf::from("/tmp");
        let defaults = Defaults {
            timezone: chrono_tz::Tz::UTC,
            ledger: folder.join("ledger.db"),
            control: folder.join("control.sock"),
        };
        udev_rules(&Config::parse(&text, None, &defaults).unwrap())
    }

    fn reader(id: &str, rest: &str) -> String {
        format!("[[reader]]\nid = \"{id}\"\nstation = \"cage\"\n{rest}\n")
    }

    #[test]
    fn each_hid_reader_has_three_lines_and_others_none() {
        let readers = [
            reader("gun", "source = \"hid\"\nvendor = 0x05e0\nproduct = 0x1200"),
            reader("cards", "source = \"serial\"\npath = \"/dev/ttyUSB0\""),
            reader("left", "source = \"hid\"\nvendor = 0x0c2e\nserial = \"S1\"\nusb_path = \"1-1.4:1.0\""),
        ];
        let expected = r#"
ACTION=="remove", GOTO="cagekeeper_end"

# Reader gun at station cage.
SUBSYSTEM=="hidraw", KERNELS=="*:05E0:1200.*", GROUP="cagekeeper", MODE="0660"
SUBSYSTEM=="input", KERNEL=="input*", KERNELS=="*:05E0:1200.*", ATTR{inhibited}="1"
SUBSYSTEM=="input", KERNEL=="event*", KERNELS=="*:05E0:1200.*", ENV{ID_INPUT_KEY}="", ENV{LIBINPUT_IGNORE_DEVICE}="1", TAG-="power-switch", GROUP="cagekeeper", MODE="0660"

# Reader left at station cage.
SUBSYSTEM=="hidraw", KERNELS=="1-1.4", ATTRS{idVendor}=="0c2e", ATTRS{serial}=="S1", GROUP="cagekeeper", MODE="0660"
SUBSYSTEM=="input", KERNEL=="input*", KERNELS=="1-1.4", ATTRS{idVendor}=="0c2e", ATTRS{serial}=="S1", ATTR{inhibited}="1"
SUBSYSTEM=="input", KERNEL=="event*", KERNELS=="1-1.4", ATTRS{idVendor}=="0c2e", ATTRS{serial}=="S1", ENV{ID_INPUT_KEY}="", ENV{LIBINPUT_IGNORE_DEVICE}="1", TAG-="power-switch", GROUP="cagekeeper", MODE="0660"

LABEL="cagekeeper_end"
"#;
        let given = rules(&readers.concat());
        let without_comment: Vec<&str> = given.lines().skip(4).collect();
        assert_eq!(without_comment.join("\n"), expected.trim());
        assert!(given.starts_with("# Gives") && given.contains("/etc/udev/rules.d/70-cagekeeper.rules"));
    }

    #[test]
    fn a_configuration_without_hid_readers_needs_no_rules() {
        let given = rules(&reader("keyboard", "source = \"stdin\""));
        assert!(given.starts_with('#') && given.lines().count() == 1, "{given}");
    }
}
