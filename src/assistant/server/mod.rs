//! ARI answers: the job, its prompt and what a customer's wish for a human looks like. Beside it what the same models do for the team: the handover card, and
//! other words for what somebody wrote.

pub mod card;
mod figures;
mod prompt;
mod run;
mod wishes;
pub mod wording;

pub use run::run;
