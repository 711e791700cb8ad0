//! The design system: parts without business words. Each has its rules in `style/`, by the same class names.

pub mod avatar;
pub mod banner;
pub mod browser;
pub mod each;
pub mod icon;
pub mod load;
pub mod preferences;
pub mod title;
pub mod toast;
