//! Reports that go to the scanner. They stand in recordings of both directions, and say themselves.

use serde_json::Value;

use crate::wire::Outgoing;

/// The feature report that switches the scanner's reports on.
const ENABLE: u8 = 0xfe;
/// The output report that carries a command.
const COMMAND: u8 = 0xfd;

const SYN: u8 = 0x16;
const BEL: u8 = 0x07;
const CR: u8 = 0x0d;

/// Switches the scanner's reports on: to be sent after each opening. Honeywell's and Youjie's need it.
pub fn enable() -> Outgoing {
    Outgoing::Feature(vec![ENABLE, 0x01])
}

/// One beep: Honeywell's command on its serial line, behind its count.
pub fn beep() -> Outgoing {
    Outgoing::Report(vec![COMMAND, 3, SYN, BEL, CR])
}

/// What a report to the scanner asks for; `None` where it is none.
pub(super) fn meaning(report: &[u8]) -> Option<Vec<(&'static str, Value)>> {
    let (id, meaning) = match report {
        [ENABLE, 0x01] => (ENABLE, "feature report 0xFE, data 01, must be sent after open".to_owned()),
        // Makers disagree on what the count covers; what follows is the command.
        [COMMAND, _, command @ ..] if command.first() == Some(&SYN) => (COMMAND, command_meaning(command)?),
        _ => return None,
    };
    let fields = [
        ("report_id", Value::from(id)),
        ("direction", Value::from("host->scanner")),
        ("meaning", Value::from(meaning)),
    ];
    Some(fields.to_vec())
}

fn command_meaning(command: &[u8]) -> Option<String> {
    // An output report is filled up to its length.
    Some(match unfilled(command) {
        [SYN, BEL, CR] => "[SYN][BEL][CR] beeps once".to_owned(),
        [SYN, b'T', CR] => "[SYN]T[CR] starts a read".to_owned(),
        [SYN, b'U', CR] => "[SYN]U[CR] ends a read".to_owned(),
        [SYN, b'M', CR, menu @ ..] => {
            let menu =
                std::str::from_utf8(menu).ok().filter(|menu| menu.bytes().all(|b| b.is_ascii_graphic()))?;
            let asks = if menu == "REVINF." { "asks for the firmware report" } else { "is a menu command" };
            format!("[SYN]M[CR]{menu} {asks}")
        }
        _ => return None,
    })
}

fn unfilled(command: &[u8]) -> &[u8] {
    let end = command.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    command.get(..end).unwrap_or_default()
}
