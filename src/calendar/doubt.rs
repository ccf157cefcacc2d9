//! Which events the problems of a file are about.

use std::collections::BTreeSet;

use super::Problem;

/// The `UID`s of the events in which problems stand, each once. A line that is in no event names none.
pub fn doubtful(bytes: &[u8], problems: &[Problem]) -> Vec<String> {
    let mut wanted: Vec<u64> = problems.iter().map(|problem| problem.line).collect();
    wanted.sort_unstable();
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut event: Option<Event> = None;
    for (line, number) in bytes.split(|byte| *byte == b'\n').zip(1_u64..) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches('\r');
        if text.trim_end().eq_ignore_ascii_case("BEGIN:VEVENT") {
            event = Some(Event { from: number, uid: None, in_uid: false });
        } else if text.trim_end().eq_ignore_ascii_case("END:VEVENT") {
            let uid =
                event.take().filter(|event| meets(&wanted, event.from, number)).and_then(|event| event.uid);
            found.extend(uid);
        } else if let Some(event) = &mut event {
            event.line(text);
        }
    }
    found.into_iter().collect()
}

struct Event {
    from: u64,
    uid: Option<String>,
    in_uid: bool,
}

impl Event {
    fn line(&mut self, text: &str) {
        let folded = text.strip_prefix([' ', '\t']).filter(|_| self.in_uid);
        if let (Some(rest), Some(uid)) = (folded, &mut self.uid) {
            uid.push_str(rest);
            return;
        }
        let name = text.split([':', ';']).next().unwrap_or_default();
        self.in_uid = name.eq_ignore_ascii_case("UID");
        if self.in_uid {
            self.uid = text.split_once(':').map(|(_, uid)| uid.to_owned());
        }
    }
}

fn meets(sorted: &[u64], from: u64, to: u64) -> bool {
    let first = sorted.partition_point(|line| *line < from);
    sorted.get(first).is_some_and(|line| *line <= to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_of_the_event_in_which_it_stands() {
        let text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:one\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\n\
                    UID;X=1:two-\r\n is-long\r\nDTSTART:nonsense\r\nEND:VEVENT\r\nX:y\r\nEND:VCALENDAR\r\n";
        let at = |line| doubtful(text.as_bytes(), &[Problem { line, what: String::new() }]);
        assert_eq!(at(9), ["two-is-long"]);
        assert_eq!(at(5), ["two-is-long"]);
        assert_eq!(at(3), ["one"]);
        assert!(at(11).is_empty() && at(0).is_empty());
    }
}
