//! The plain pages by their address: rendered here, made of links and forms, with no WASM. A page reads what it needs in its own body, with
//! `Suspend` where that takes time; a form posts to a server function or a handler, which answers with a redirect.

use crate::{
    app::{beginnings, document},
    auth::server::{
        account_page::AccountPage,
        clerk::pages::{OrganizationPage, RefreshPage},
        entry::{ChangePasswordPage, ForgotPage, ResetPage, SecondStepPage, SignUpPage, VerifyPage},
        page::SignInPage,
    },
    inbox::server::{
        choices_page::ChoicesPage, contact_page::ContactPage, gallery_page::GalleryPage, mentions_page::MentionsPage,
        merge_page::MergePage, past_page::PastPage, picking_page::PickingPage, score_page::ScorePage, search_page::SearchPage,
        tasks_page::TasksPage, template_page::TemplatePage, views_page::ViewsPage,
    },
    server::mail::page::MailPage,
    ui::{icon::brand_mark, load::blank},
    words::use_words,
    workspace::server::{
        AdminPage, AuditPage, FieldsPage, GeneralPage, InvitationPage, LabelsPage, MacrosPage, NoticesPage, OnboardingPage,
        QuickRepliesPage, RolesPage, ServicePage, StartPage, TeamPage, WhatsappPage, WorkspacesPage,
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

/// The HTML document of the plain pages.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    document(options, ().into_any(), view! { <Site/> }.into_any())
}

/// Every plain page.
#[component]
pub fn Site() -> impl IntoView {
    view! {
        {beginnings()}
        <Router>
            <FlatRoutes fallback=NotFoundPage>
                <Route path=path!("/") view=LandingPage ssr=SsrMode::Async/>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async/>
                <Route path=path!("/sign-in/refresh") view=RefreshPage ssr=SsrMode::Async/>
                <Route path=path!("/sign-in/organization") view=OrganizationPage ssr=SsrMode::Async/>
                <Route path=path!("/sign-in/second") view=SecondStepPage ssr=SsrMode::Async/>
                <Route path=path!("/sign-up") view=SignUpPage ssr=SsrMode::Async/>
                <Route path=path!("/verify") view=VerifyPage ssr=SsrMode::Async/>
                <Route path=path!("/forgot") view=ForgotPage ssr=SsrMode::Async/>
                <Route path=path!("/reset") view=ResetPage ssr=SsrMode::Async/>
                <Route path=path!("/change-password") view=ChangePasswordPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/mail") view=MailPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/inbox/tasks") view=TasksPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/inbox/mentions") view=MentionsPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/inbox/pick") view=PickingPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/inbox/views") view=ViewsPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/inbox/search") view=SearchPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/inbox/:conversation/media") view=GalleryPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/inbox/:conversation/past") view=PastPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/inbox/:conversation/score") view=ScorePage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/inbox/:conversation/choices") view=ChoicesPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/inbox/:conversation/contact") view=ContactPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/inbox/:conversation/merge") view=MergePage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/inbox/:conversation/template") view=TemplatePage ssr=SsrMode::Async/>
                <Route path=path!("/account") view=AccountPage ssr=SsrMode::Async/>
                <Route path=path!("/onboarding") view=OnboardingPage ssr=SsrMode::Async/>
                <Route path=path!("/workspaces") view=WorkspacesPage ssr=SsrMode::Async/>
                <Route path=path!("/invitation") view=InvitationPage ssr=SsrMode::Async/>
                <Route path=path!("/admin") view=AdminPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/start") view=StartPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/settings") view=GeneralPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/settings/whatsapp") view=WhatsappPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/settings/team") view=TeamPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/settings/roles") view=RolesPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/settings/service") view=ServicePage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/settings/notices") view=NoticesPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/settings/quick-replies") view=QuickRepliesPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/settings/macros") view=MacrosPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/settings/fields") view=FieldsPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/settings/labels") view=LabelsPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/settings/audit") view=AuditPage ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
    .into_any()
}

/// `/`: what this is, and the way in.
#[component]
fn LandingPage() -> impl IntoView {
    let words = use_words().locale.front_door();
    view! {
        <main id="utama" class="alone" tabindex="-1">
            <div class="blank">
                {brand_mark("56")}
                <h1 class="landing-title">"my21staff"</h1>
                <p class="blank-text">{words.tagline}</p>
                <a class="btn tall" href="/sign-in" rel="external">
                    {words.sign_in}
                </a>
            </div>
        </main>
    }
    .into_any()
}

#[component]
fn NotFoundPage() -> impl IntoView {
    let words = use_words();
    let home = view! {
        <a class="btn" data-size="sm" href="/" rel="external">
            {words.home}
        </a>
    }
    .into_any();
    view! {
        <Title text=words.not_found_title/>
        <main id="utama" class="alone" tabindex="-1">
            {blank(1, "circle-help", words.not_found_title.into(), words.not_found_text.into(), home)}
        </main>
    }
    .into_any()
}
