//! What the demonstration says in the terminal. Pure.

use super::Paths;
use super::day::Step;
use crate::domain::verdict::Level;

/// Whether the terminal shows colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// ANSI sequences.
    Ansi,
    /// None.
    Plain,
}

const BOLD: &str = "1";
const DIM: &str = "2";

fn painted(text: &str, sgr: &str, colour: Colour) -> String {
    match colour {
        Colour::Ansi => format!("\u{1b}[{sgr}m{text}\u{1b}[0m"),
        Colour::Plain => text.to_owned(),
    }
}

/// The opening: what this is, where its data lies, where to look, what to type, how to end.
pub fn opening(paths: &Paths, mqtt_port: u16, colour: Colour) -> String {
    let bold = |text: &str| painted(text, BOLD, colour);
    let (folder, config) = (paths.folder.display(), paths.config.display());
    format!(
        "{title}
This is a demonstration. The studio \"Tidewater\" is made up: 4 rooms, 60 assets, 4 cases, 5 shelves of counted things,
8 people, 3 productions and their bookings.
The scans are real bytes: two pseudo-terminals play a card reader and a barcode scanner, a recording plays a
scanner that types. The daemon, its ledger and its MQTT broker are the ones you would run.
Everything lies in {folder} and goes away when you end this.

{look}
  cagekeeper --config {config} out
  cagekeeper --config {config} where cam-fx6-01
  mosquitto_sub -h 127.0.0.1 -p {mqtt_port} -t 'cagekeeper/#' -v

{typed}
  TW-2002                            the barcode on Jonas' badge
  cam-r5-01  tri-gitzo-01  TW-K-0031 a camera, a tripod, a case of lights
  TW-S-0002*4                        four cables from their shelf
  CK:RETURN                          from here on gear comes back
  CK:UNDO                            takes the last scan back
  CK:DONE                            ends your turn

{end}
",
        title = bold("cagekeeper demo: a day at the equipment cage in under a minute"),
        look = bold("Look, in another terminal:"),
        typed = bold("Scan by hand, best when the day is over: type a code here and press Enter."),
        end = bold("Ctrl-C ends the demonstration."),
    )
}

/// What is about to be scanned, for the person watching.
pub fn step_line(step: &Step, colour: Colour) -> String {
    let scanned = format!("  {} ⟵ {}", step.device.name(), step.code);
    format!("\n{}\n{}", step.say, painted(&scanned, DIM, colour))
}

/// When the script is at its end and the terminal is the person's.
pub fn closing(colour: Colour) -> String {
    let text = "The day is over. Type codes of your own, or Ctrl-C to end.";
    format!("\n{}", painted(text, BOLD, colour))
}

/// Who is asked what at a station and what was answered.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// What the light shows.
    pub level: Level,
    /// Where.
    pub station: &'a str,
    /// The device; `None` for a silence or a scan from the command line.
    pub reader: Option<&'a str>,
    /// The verdict's sentence.
    pub sentence: &'a str,
}

/// One line for one verdict: sign and word of its level, where, and the sentence.
pub fn verdict_line(said: &Said<'_>, colour: Colour) -> String {
    let (sign, sgr) = look(said.level);
    let light = painted(&format!("{sign:<2} {:<7}", said.level.name()), sgr, colour);
    let place = match said.reader {
        Some(reader) => format!("{}/{reader}", said.station),
        None => said.station.to_owned(),
    };
    format!("  {light} {} {}", painted(&format!("{place:<13}"), DIM, colour), said.sentence)
}

/// Sign and colour: the sign tells levels apart where colours do not.
fn look(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Done => ("✓", "1;32"),
        Level::Notice => ("✓·", "1;33"),
        Level::Ask => ("?", "1;33"),
        Level::Refused => ("✕", "1;31"),
        Level::Again => ("↺", "2"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_opening_says_what_it_is_and_where_everything_is() {
        let said = opening(&Paths::of(Path::new("/tmp/there")), 1884, Colour::Plain);
        for part in [
            "This is a demonstration",
            "/tmp/there and goes away",
            "--config /tmp/there/demo.toml out",
            "-p 1884",
            "Ctrl-C",
        ] {
            assert!(said.contains(part), "{part}\n{said}");
        }
        assert!(!said.contains('\u{1b}'));
        assert!(opening(&Paths::of(Path::new("/tmp/there")), 1884, Colour::Ansi).contains("\u{1b}[1m"));
    }

    #[test]
    fn verdicts_line_up_and_differ_without_colour() {
        let line = |level, reader, colour| {
            verdict_line(&Said { level, station: "cage", reader, sentence: "Out: FX6" }, colour)
        };
        assert_eq!(line(Level::Done, Some("gun"), Colour::Plain), "  ✓  done    cage/gun      Out: FX6");
        assert_eq!(line(Level::Notice, None, Colour::Plain), "  ✓· notice  cage          Out: FX6");
        assert!(line(Level::Refused, None, Colour::Ansi).starts_with("  \u{1b}[1;31m✕  refused\u{1b}[0m"));
        let all = [Level::Done, Level::Notice, Level::Ask, Level::Refused, Level::Again];
        let signs: std::collections::BTreeSet<&str> = all.into_iter().map(|level| look(level).0).collect();
        assert_eq!(signs.len(), all.len());
    }
}
