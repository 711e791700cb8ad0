//! Samples, and how a figure is judged.

use std::{fmt::Write, time::Duration};

/// The value that `share` of the samples do not exceed.
pub fn percentile(samples: &[f64], share: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1));
    sorted.get(place - 1).copied().unwrap_or(f64::NAN)
}

pub fn median(samples: &[f64]) -> f64 {
    percentile(samples, 0.5)
}

pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Which way a figure must be.
#[derive(Clone, Copy)]
pub enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

/// One line of the table.
pub struct Finding {
    pub what: &'static str,
    pub value: f64,
    pub unit: &'static str,
    pub limit: Limit,
    pub samples: String,
    /// Absolute figures of this run: context, not result.
    pub context: String,
}

impl Finding {
    pub fn new(what: &'static str, value: f64, unit: &'static str, limit: Limit, samples: String, context: String) -> Self {
        Self { what, value, unit, limit, samples, context }
    }

    /// "met", or by how much it is missed.
    pub fn verdict(&self) -> String {
        let (missed, share) = match self.limit {
            Limit::AtMost(limit) => (self.value > limit, self.value / limit - 1.0),
            Limit::AtLeast(limit) => (self.value < limit, 1.0 - self.value / limit),
        };
        match (self.value.is_nan(), missed) {
            (true, _) => "not measured".into(),
            (false, true) => format!("**missed** by {:.0} %", share * 100.0),
            (false, false) => "met".into(),
        }
    }
}

/// The findings as a Markdown table.
pub fn table(findings: &[Finding]) -> String {
    let mut text =
        String::from("| what | budget | measured | verdict | n | this run, as context |\n| --- | --- | --- | --- | --- | --- |\n");
    for finding in findings {
        let (sign, limit) = match finding.limit {
            Limit::AtMost(limit) => ("≤", limit),
            Limit::AtLeast(limit) => ("≥", limit),
        };
        let Finding { what, value, unit, samples, context, .. } = finding;
        let verdict = finding.verdict();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {what} | {sign} {limit}{unit} | {value:.2}{unit} | {verdict} | {samples} | {context} |");
    }
    text
}
