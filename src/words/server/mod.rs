//! The sentences of pages that only the server renders, so that they weigh nothing in the browser. One file an area, with both languages side
//! by side; the rule is the same as for [`super::Words`]: what one language lacks does not compile.

mod clerk;
mod front_door;

use super::Locale;
pub use clerk::ClerkWords;
pub use front_door::FrontDoor;

impl Locale {
    /// The pages around Clerk's components.
    pub fn clerk(self) -> &'static ClerkWords {
        match self {
            Self::Id => &clerk::ID,
            Self::En => &clerk::EN,
        }
    }

    /// The landing page and the way in.
    pub fn front_door(self) -> &'static FrontDoor {
        match self {
            Self::Id => &front_door::ID,
            Self::En => &front_door::EN,
        }
    }
}
