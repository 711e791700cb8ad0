//! What providers call us with. Each webhook verifies, keeps and answers; understanding is the slices' business.

pub mod clerk;
pub mod kapso;
pub mod svix;
