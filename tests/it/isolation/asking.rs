//! How endpoints are asked: the rows of the table in [`super::endpoints`], and who asks.

use super::Ids;
use leptos::server_fn::ServerFn;
use my21staff::inbox::model::ListCursor;

/// A request as a page makes it.
pub(super) enum Call {
    Get(String),
    Post(String, Vec<(&'static str, String)>),
    /// As a form that can hold files.
    Upload(String, Vec<(&'static str, String)>),
}

/// One way to ask, and what everybody is answered.
#[derive(Clone, Copy)]
pub(super) struct Endpoint {
    /// As found in the sources: `GET /path`, `fn name` of a server function, `page /path`.
    pub(super) name: &'static str,
    /// With the slug of a workspace and the ids of `demo`.
    pub(super) call: fn(&str, &Ids) -> Call,
    /// The status for each of [`Outsider`], in order.
    pub(super) answers: [u16; 4],
    /// Whether the owner of the conversation sees it there: the table would prove nothing with calls that show nobody anything.
    pub(super) shows: bool,
}

/// Those who must not see the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outsider {
    SignedOut,
    /// Owner of `other`, in `other`, with ids of `demo`.
    StrangerAtHome,
    /// The same in `demo`.
    StrangerAbroad,
    /// A member of `demo` to whom the conversation is not assigned.
    Member,
}

pub(super) const OUTSIDERS: [Outsider; 4] = [Outsider::SignedOut, Outsider::StrangerAtHome, Outsider::StrangerAbroad, Outsider::Member];

pub(super) fn query<F: ServerFn>(parameters: &[(&str, String)]) -> Call {
    let query: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Call::Get(format!("{}?{}", F::PATH, query.join("&")))
}

pub(super) fn about_the_conversation(workspace: &str, ids: &Ids) -> Vec<(&'static str, String)> {
    vec![("workspace", workspace.to_owned()), ("conversation", ids.conversation.to_string())]
}

pub(super) fn post<F: ServerFn>(workspace: &str, ids: &Ids, more: &[(&'static str, &str)]) -> Call {
    let mut form = about_the_conversation(workspace, ids);
    form.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    Call::Post(F::PATH.to_owned(), form)
}

/// A place in a list that everything comes after.
pub(super) fn far_future() -> String {
    ListCursor { at: 9_000_000_000_000, id: uuid::Uuid::max() }.to_string()
}
