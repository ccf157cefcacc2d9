//! The performance: the daemon, the day that is played to it, and what the person at the terminal sees of both.

use std::io::Write;
use std::pin::pin;

use anyhow::{Context, Result};
use chrono_tz::Tz;
use tokio::sync::mpsc::{self, UnboundedReceiver};

use super::prompt::{Colour, Said, closing, step_line, verdict_line};
use super::theatre::Theatre;
use crate::config::Config;
use crate::daemon;
use crate::domain::verdict::Telling;
use crate::writer::Answer;

/// Runs the daemon under this configuration while the day is played to its readers, until Ctrl-C.
///
/// The ledger has the studio in it by now. What happens is said on standard output.
pub fn perform(config: Config, theatre: Theatre, colour: Colour) -> Result<()> {
    let (watcher, answers) = mpsc::unbounded_channel();
    let zone = config.timezone;
    let stage = std::thread::Builder::new()
        .name("demo".to_owned())
        .spawn(move || on_stage(theatre, answers, zone, colour))
        .context("the demonstration's thread could not be started")?;
    // When the daemon ends nobody answers any more, and the stage ends too.
    let ran = daemon::run(config, Some(watcher));
    let staged = stage.join().unwrap_or_else(|_| Err(anyhow::anyhow!("the demonstration's thread failed")));
    ran.and(staged)
}

fn on_stage(
    mut theatre: Theatre,
    mut answers: UnboundedReceiver<Answer>,
    zone: Tz,
    colour: Colour,
) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .context("the demonstration's clock could not be started")?;
    runtime.block_on(show(&mut theatre, &mut answers, zone, colour, say));
    Ok(())
}

/// A terminal that has gone away is told nothing more.
fn say(line: String) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Plays the day and says every step and every answer, until nobody answers any more.
pub(super) async fn show(
    theatre: &mut Theatre,
    answers: &mut UnboundedReceiver<Answer>,
    zone: Tz,
    colour: Colour,
    say: impl Fn(String),
) {
    let mut play = pin!(theatre.play(|step| say(step_line(step, colour))));
    let mut playing = true;
    loop {
        tokio::select! {
            biased;
            answer = answers.recv() => match answer {
                Some(answer) => say(answer_line(&answer, zone, colour)),
                None => return,
            },
            ended = &mut play, if playing => {
                playing = false;
                say(match ended {
                    Ok(()) => closing(colour),
                    Err(error) => format!("The day ends early: {error:#}. Type codes here all the same."),
                });
            }
        }
    }
}

fn answer_line(answer: &Answer, zone: Tz, colour: Colour) -> String {
    let sentence = answer.verdict.sentence(&Telling { names: true, zone, now: answer.at });
    let said = Said {
        level: answer.level(),
        station: answer.station.as_str(),
        reader: answer.reader.as_ref().map(|reader| reader.as_str()),
        sentence: &sentence,
    };
    verdict_line(&said, colour)
}
