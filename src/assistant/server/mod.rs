//! ARI answers: the job, its prompt and what a customer's wish for a human looks like.

pub mod card;
mod prompt;
mod run;
mod wishes;

pub use run::run;
