//! The sentences of pages that only the server renders, so that they weigh nothing in the browser. One file an area, with both languages side
//! by side; the rule is the same as for [`super::Words`]: what one language lacks does not compile.

/// The sentences of an area, one a line: name, Indonesian, English.
macro_rules! words {
    ($Area:ident; $($name:ident: $id:literal, $en:literal;)*) => {
        /// One language.
        pub struct $Area { $(pub $name: &'static str,)* }
        pub(super) static ID: $Area = $Area { $($name: $id,)* };
        pub(super) static EN: $Area = $Area { $($name: $en,)* };
    };
}

mod account;
mod choices;
mod clerk;
mod contact;
mod front_door;
mod gallery;
mod mail;
mod notices;
mod palette;
mod past;
mod picking;
mod recorder;
mod score;
mod search;
mod service;
mod tasks;
mod team;
mod templates;
mod trail;
mod views;
mod wording;

use super::Locale;
pub use account::AccountWords;
pub use choices::ChoiceWords;
pub use clerk::ClerkWords;
pub use contact::ContactWords;
pub use front_door::FrontDoor;
pub use gallery::GalleryWords;
pub use mail::MailWords;
pub use notices::NoticeWords;
pub use palette::PaletteWords;
pub use past::PastWords;
pub use picking::PickingWords;
pub use recorder::RecorderWords;
pub use score::ScoreWords;
pub use search::SearchWords;
pub use service::ServiceWords;
pub use tasks::TaskWords;
pub use team::{Team, fill};
pub use templates::TemplateWords;
pub use views::ViewWords;
pub use wording::WordingWords;

impl Locale {
    /// Conversations as they looked at a minute.
    pub fn past(self) -> &'static PastWords {
        match self {
            Self::Id => &past::ID,
            Self::En => &past::EN,
        }
    }

    /// What a customer's messages come to.
    pub fn score(self) -> &'static ScoreWords {
        match self {
            Self::Id => &score::ID,
            Self::En => &score::EN,
        }
    }

    /// Notes about which something is to be done.
    pub fn tasks(self) -> &'static TaskWords {
        match self {
            Self::Id => &tasks::ID,
            Self::En => &tasks::EN,
        }
    }

    /// The pages around Clerk's components.
    pub fn clerk(self) -> &'static ClerkWords {
        match self {
            Self::Id => &clerk::ID,
            Self::En => &clerk::EN,
        }
    }

    /// What the team keeps of a contact.
    pub fn contact(self) -> &'static ContactWords {
        match self {
            Self::Id => &contact::ID,
            Self::En => &contact::EN,
        }
    }

    /// The landing page and the way in.
    pub fn front_door(self) -> &'static FrontDoor {
        match self {
            Self::Id => &front_door::ID,
            Self::En => &front_door::EN,
        }
    }

    /// Signing up, passwords, second factors, and a person's own account.
    pub fn account(self) -> &'static AccountWords {
        match self {
            Self::Id => &account::ID,
            Self::En => &account::EN,
        }
    }

    /// When the team is there and what it promises.
    pub fn service(self) -> &'static ServiceWords {
        match self {
            Self::Id => &service::ID,
            Self::En => &service::EN,
        }
    }

    /// Being called while nothing is open.
    pub fn notices(self) -> &'static NoticeWords {
        match self {
            Self::Id => &notices::ID,
            Self::En => &notices::EN,
        }
    }

    /// What mails say.
    pub fn mail(self) -> &'static MailWords {
        match self {
            Self::Id => &mail::ID,
            Self::En => &mail::EN,
        }
    }

    /// The recorder of voice messages.
    pub fn recorder(self) -> &'static RecorderWords {
        match self {
            Self::Id => &recorder::ID,
            Self::En => &recorder::EN,
        }
    }

    /// The palette of commands.
    pub fn palette(self) -> &'static PaletteWords {
        match self {
            Self::Id => &palette::ID,
            Self::En => &palette::EN,
        }
    }

    /// Filters and saved views.
    pub fn views(self) -> &'static ViewWords {
        match self {
            Self::Id => &views::ID,
            Self::En => &views::EN,
        }
    }

    /// Sending choices.
    pub fn choices(self) -> &'static ChoiceWords {
        match self {
            Self::Id => &choices::ID,
            Self::En => &choices::EN,
        }
    }

    /// Other words for a text.
    pub fn wording(self) -> &'static WordingWords {
        match self {
            Self::Id => &wording::ID,
            Self::En => &wording::EN,
        }
    }

    /// Sending templates.
    pub fn templates(self) -> &'static TemplateWords {
        match self {
            Self::Id => &templates::ID,
            Self::En => &templates::EN,
        }
    }

    /// A contact's pictures, files and links.
    pub fn gallery(self) -> &'static GalleryWords {
        match self {
            Self::Id => &gallery::ID,
            Self::En => &gallery::EN,
        }
    }

    /// Working on many conversations at once.
    pub fn picking(self) -> &'static PickingWords {
        match self {
            Self::Id => &picking::ID,
            Self::En => &picking::EN,
        }
    }

    /// Searching.
    pub fn search(self) -> &'static SearchWords {
        match self {
            Self::Id => &search::ID,
            Self::En => &search::EN,
        }
    }

    /// People, roles, settings.
    pub fn team(self) -> &'static Team {
        match self {
            Self::Id => &team::ID,
            Self::En => &team::EN,
        }
    }
}
