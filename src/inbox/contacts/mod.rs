//! What a team says of contacts and keeps of them, beside what it says to them.

pub mod api;
