//! The units of the service and the rules for its devices, as files.

use std::path::PathBuf;
use std::process::Command;

use super::repository;
use super::studio::Studio;

/// What `systemd-analyze security` may say of a unit.
const EXPOSURE_MAX: f64 = 1.5;

fn units() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(repository("systemd")).unwrap().map(|entry| entry.unwrap().path());
    let mut units: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "service")).collect();
    units.sort();
    assert!(units.len() >= 2, "{units:?}");
    units
}

#[test]
fn every_unit_leaves_little_open() {
    for unit in units() {
        let output = Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--no-pager"])
            .arg(&unit)
            .env("SYSTEMD_COLORS", "0")
            .output()
            .expect("systemd-analyze is missing: run tests/setup, which installs systemd");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let last = said.lines().find(|line| line.contains("Overall exposure level")).unwrap_or_else(|| {
            panic!("{}: {said}{}", unit.display(), String::from_utf8_lossy(&output.stderr))
        });
        let number = last.split("service:").nth(1).unwrap().split_whitespace().next().unwrap();
        let exposure: f64 = number.parse().unwrap();
        println!("{} {exposure}", unit.display());
        let open: Vec<&str> = said.lines().filter(|line| line.contains('✗')).collect();
        assert!(exposure <= EXPOSURE_MAX, "{}: {exposure}\n{}", unit.display(), open.join("\n"));
    }
}

#[test]
fn no_unit_has_a_capability_or_a_way_to_one() {
    for unit in units() {
        let text = std::fs::read_to_string(&unit).unwrap();
        for line in
            ["CapabilityBoundingSet=", "AmbientCapabilities=", "NoNewPrivileges=yes", "User=cagekeeper"]
        {
            assert!(text.lines().any(|found| found == line), "{}: no line {line}", unit.display());
        }
        assert!(!text.lines().any(|line| line.starts_with("ExecStart=+") || line.starts_with("ExecStart=!")));
    }
}

/// Each rule gives a device that it names to the group, and nobody else.
fn assert_by_group(rules: &str, expected: usize) {
    let lines = rules.lines().map(|line| line.trim_start_matches('#'));
    let lines: Vec<&str> = lines.filter(|line| line.starts_with("SUBSYSTEM==")).collect();
    let given: Vec<&&str> = lines.iter().filter(|line| line.contains("MODE=")).collect();
    assert_eq!(given.len(), expected, "{rules}");
    for line in given {
        assert!(line.contains("GROUP=\"cagekeeper\"") && line.contains("MODE=\"0660\""), "{line}");
    }
    for line in &lines {
        let is_typing = line.contains("\"hidraw\"") || line.contains("\"input\"");
        let is_named = line.contains("KERNELS==\"*:") || line.contains("ATTRS{idVendor}");
        assert!(!is_typing || is_named, "a rule for every keyboard: {line}");
        assert!(!line.contains("OWNER=") && !line.contains("RUN"), "{line}");
    }
}

#[test]
fn devices_are_given_to_a_group_and_each_by_its_ids() {
    let rules = std::fs::read_to_string(repository("hardware/udev/70-cagekeeper.rules")).unwrap();
    assert_by_group(&rules, 3);
    let studio = Studio::new(
        "[[station]]\nid = \"cage\"\n[[reader]]\nid = \"gun\"\nstation = \"cage\"\nsource = \"hid\"\nvendor = 0x0c2e\n\
         product = 0x0b61\n",
    );
    let printed = studio.verb(&["readers", "udev"]);
    assert_by_group(&String::from_utf8_lossy(&printed.stdout), 2);
    let unit = std::fs::read_to_string(repository("systemd/cagekeeper.service")).unwrap();
    assert!(unit.contains("\nDevicePolicy=closed\n") && unit.contains("\nSupplementaryGroups=dialout\n"));
    assert!(!unit.contains("DeviceAllow=/dev/") && !unit.contains("DeviceAllow=block"), "{unit}");
}
