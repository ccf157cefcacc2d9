//! Which topics a reader speaks and listens on.

use super::{Preset, Setup};

/// The topics of one reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    /// Where scans come.
    pub scans: Vec<String>,
    /// Where the device says whether it is there.
    pub status: Option<String>,
    /// Where the device listens for answers.
    pub answer: Option<String>,
}

impl Topics {
    /// The topics of a preset. `root` is the reader's place in the daemon's own topics.
    pub fn of(setup: &Setup, root: &str) -> Self {
        let topic = setup.topic.clone();
        let (scans, status, answer) = match setup.preset {
            Preset::Plain => (vec![format!("{root}/scan")], Some(format!("{root}/status")), None),
            Preset::Tasmota => tasmota(setup),
            Preset::EspHome => {
                let status = esp_home_prefix(setup).map(|prefix| format!("{prefix}/status"));
                (topic.into_iter().collect(), status, None)
            }
            Preset::EspRfid => {
                let base = topic.unwrap_or_default();
                let scans = vec![format!("{base}/send"), format!("{base}/tag"), base.clone()];
                (scans, Some(format!("{base}/avty")), None)
            }
            Preset::Pointer => (topic.into_iter().collect(), None, None),
        };
        Self { scans, status, answer: setup.answer_topic.clone().or(answer) }
    }

    /// Everything that is to be listened to.
    pub fn filters(&self) -> Vec<String> {
        self.scans.iter().chain(&self.status).cloned().collect()
    }
}

type Parts = (Vec<String>, Option<String>, Option<String>);

fn tasmota(setup: &Setup) -> Parts {
    let of_device = || format!("tele/{}/SENSOR", setup.device.clone().unwrap_or_default());
    let sensor = setup.topic.clone().unwrap_or_else(of_device);
    let place = sensor.strip_suffix("SENSOR").unwrap_or(&sensor);
    let scans =
        ["SENSOR", "RESULT", "SERIALRECEIVED", "SSERIALRECEIVED"].map(|last| format!("{place}{last}"));
    let commands: Vec<&str> =
        place.split('/').map(|part| if part == "tele" { "cmnd" } else { part }).collect();
    (scans.to_vec(), Some(format!("{place}LWT")), Some(format!("{}Buzzer", commands.join("/"))))
}

/// The device's topic prefix: as configured, or what stands before a text sensor's `/sensor/NAME/state`.
fn esp_home_prefix(setup: &Setup) -> Option<&str> {
    let of_topic = || {
        let (before, name) = setup.topic.as_deref()?.strip_suffix("/state")?.rsplit_once('/')?;
        before.strip_suffix("/sensor").filter(|_| !name.is_empty())
    };
    setup.device.as_deref().or_else(of_topic)
}

/// Tasmota's buzzer: each level can be told from the others with closed eyes.
const BUZZER: [(&str, &str); 5] =
    [("done", "1,2"), ("notice", "2,1"), ("ask", "2,3,2"), ("refused", "3,4,1"), ("again", "1,1")];

/// What is said on the answer topic of a level. A level that the configuration leaves out of its answers is not said.
pub(super) fn answer(setup: &Setup, topics: &Topics, level: &str) -> Option<(String, String)> {
    let topic = topics.answer.clone()?;
    let own = |answers: &[(&str, &str)]| {
        answers.iter().find(|(of, _)| *of == level).map(|(_, payload)| (*payload).to_owned())
    };
    let payload = match setup.preset {
        _ if !setup.answers.is_empty() => {
            setup.answers.iter().find(|(of, _)| of == level).map(|(_, payload)| payload.clone())
        }
        Preset::Tasmota => own(&BUZZER),
        _ => Some(level.to_owned()),
    };
    Some((topic, payload?))
}
