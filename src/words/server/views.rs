//! Filters and the views that have a name. Gaps are `{}`, filled by [`super::fill`].

use super::fill;
use crate::{
    inbox::{
        filter::{Filter, OWN, PART, RANGE, TODAY},
        list_view::{ListView, Sort, Which, Whose},
        server::{field_terms::unfolded, numbers},
    },
    words::{Locale, WorkWords},
};
use chrono::{Datelike, NaiveDate};

words! { ViewWords;
    title: "Saring percakapan", "Filter conversations";
    to_inbox: "Ke kotak masuk", "To the inbox";
    explain: "Di tiap baris boleh dicentang beberapa, dan yang cocok dengan salah satunya sudah cukup. Baris yang kosong tidak menyaring apa-apa.", "Several may be ticked in a line, and matching any of them is enough. A line with nothing ticked does not filter.";
    which_match: "Tampilkan percakapan yang memenuhi semuanya", "Show conversations that match all of these";
    or_match: "… atau yang memenuhi semuanya ini", "… or that match all of these";
    state: "Status", "State";
    state_open: "aktif", "active";
    state_snoozed: "ditunda", "snoozed";
    state_closed: "selesai", "closed";
    assignee: "Penanggung jawab", "Assignee";
    assignee_me: "saya", "me";
    assignee_none: "tanpa pemilik", "nobody";
    somebody_gone: "mantan anggota", "a former member";
    priority: "Prioritas", "Priority";
    priority_high: "tinggi", "high";
    priority_normal: "biasa", "normal";
    unread: "Pesan", "Messages";
    unread_yes: "belum dibaca", "unread";
    unread_no: "sudah dibaca", "read";
    waiting: "Menunggu balasan", "Waiting for an answer";
    waiting_yes: "ya", "yes";
    waiting_late: "terlambat", "overdue";
    waiting_no: "tidak", "no";
    window: "Jendela 24 jam", "24-hour window";
    window_open: "terbuka", "open";
    window_soon: "hampir tutup", "about to close";
    window_shut: "tertutup", "closed";
    holder: "Yang menjawab", "Answered by";
    holder_ari: "ARI", "ARI";
    holder_team: "tim", "the team";
    stage: "Tahap", "Stage";
    stage_none: "belum ada", "none yet";
    stage_gone: "tahap yang dihapus", "a deleted stage";
    tag: "Tag, salah satu", "Tags, any of";
    tags: "Tag, semuanya", "Tags, all of";
    tag_none: "tanpa tag", "no tag";
    tag_gone: "tag yang dihapus", "a deleted tag";
    field_gone: "kolom yang dihapus", "a deleted field";
    choice_gone: "pilihan yang dihapus", "a deleted choice";
    filled: "ada isinya", "filled in";
    empty: "kosong", "empty";
    contains: "berisi", "contains";
    contains_this: "berisi “{}”", "contains “{}”";
    from: "dari", "from";
    to: "sampai", "to";
    between: "{} sampai {}", "{} to {}";
    at_least: "mulai {}", "{} or more";
    at_most: "sampai {}", "up to {}";
    days_away: "Harinya", "The day";
    today: "hari ini", "today";
    days_ahead: "{} hari ke depan", "the next {} days";
    days_back: "{} hari terakhir", "the last {} days";
    is_past: "sudah lewat", "in the past";
    is_ahead: "setelah hari ini", "after today";
    day_in: "{} hari lagi", "in {} days";
    day_ago: "{} hari lalu", "{} days ago";
    wrong_value: "“{}” tidak bisa disaring begitu. Periksa angka, tanggal, atau teksnya.", "“{}” cannot be filtered like that. Check the number, date or text.";
    blocked: "Diblokir", "Blocked";
    blocked_yes: "ya", "yes";
    blocked_no: "tidak", "no";
    number: "Nomor WhatsApp", "WhatsApp number";
    number_gone: "nomor lain", "another number";
    within: "Pesan terakhir dalam", "Last message within";
    older: "Pesan terakhir lebih lama dari", "Last message longer ago than";
    any_time: "kapan saja", "any time";
    hours: "{} jam", "{} hours";
    one_hour: "1 jam", "1 hour";
    days: "{} hari", "{} days";
    one_day: "1 hari", "1 day";
    or: " atau ", " or ";
    and: " dan ", " and ";
    sort: "Urutan", "Order";
    show: "Tampilkan", "Show";
    keep: "Simpan sebagai tampilan", "Save as a view";
    change: "Ubah tampilan “{}”", "Change the view “{}”";
    name: "Nama tampilan", "Name of the view";
    shared: "Untuk semua orang di ruang kerja", "For everybody in the workspace";
    save: "Simpan tampilan", "Save view";
    save_changes: "Simpan perubahan", "Save changes";
    saved: "Tampilan tersimpan", "Saved views";
    none_saved: "Belum ada. Beri nama pada saringan di atas, lalu simpan.", "None yet. Give the filter above a name and save it.";
    for_all: "bersama", "shared";
    own: "hanya saya", "only me";
    edit: "Ubah", "Edit";
    delete: "Hapus", "Delete";
    deleted: "“{}” dihapus.", "“{}” was deleted.";
    undo: "Urungkan", "Undo";
    everything: "Semua percakapan", "All conversations";
    close: "Tutup", "Close";
    failed: "Belum berhasil. Periksa sambungan, lalu coba lagi.", "That did not work. Check the connection and try again.";
    taken: "Sudah ada tampilan dengan nama itu. Pilih nama lain.", "There is a view with that name already. Choose another name.";
    too_many: "Sudah ada 50 tampilan. Hapus yang tidak dipakai.", "There are 50 views already. Delete those nobody uses.";
    no_name: "Beri nama dulu, paling panjang 60 huruf.", "Give it a name first, at most 60 characters.";
    may_not_share: "Peran Anda tidak boleh mengatur tampilan bersama.", "Your role may not arrange shared views.";
}

impl ViewWords {
    /// What a field is called.
    pub fn field(&self, field: &str) -> &'static str {
        match field {
            "state" => self.state,
            "assignee" => self.assignee,
            "priority" => self.priority,
            "unread" => self.unread,
            "waiting" => self.waiting,
            "window" => self.window,
            "holder" => self.holder,
            "stage" => self.stage,
            "tag" => self.tag,
            "tags" => self.tags,
            "blocked" => self.blocked,
            "number" => self.number,
            "within" => self.within,
            _ => self.older,
        }
    }

    /// A value of a field; `named` knows what people and numbers are called.
    pub fn value(&self, field: &str, value: &str, named: impl Fn(&str) -> Option<String>) -> String {
        let fixed = match (field, value) {
            ("state", "open") => self.state_open,
            ("state", "snoozed") => self.state_snoozed,
            ("state", _) => self.state_closed,
            ("assignee", "me") => self.assignee_me,
            ("assignee", "none") => self.assignee_none,
            ("assignee", _) => return named(value).unwrap_or_else(|| self.somebody_gone.into()),
            ("priority", "high") => self.priority_high,
            ("priority", _) => self.priority_normal,
            ("unread", "yes") => self.unread_yes,
            ("unread", _) => self.unread_no,
            ("waiting", "yes") => self.waiting_yes,
            ("waiting", "late") => self.waiting_late,
            ("waiting", _) => self.waiting_no,
            ("window", "open") => self.window_open,
            ("window", "soon") => self.window_soon,
            ("window", _) => self.window_shut,
            ("holder", "ari") => self.holder_ari,
            ("holder", _) => self.holder_team,
            ("blocked", "yes") => self.blocked_yes,
            ("blocked", _) => self.blocked_no,
            ("stage", "none") => self.stage_none,
            ("stage", _) => return named(value).unwrap_or_else(|| self.stage_gone.into()),
            ("tag", "none") => self.tag_none,
            ("tag" | "tags", _) => return named(value).unwrap_or_else(|| self.tag_gone.into()),
            (field, value) if field.starts_with(OWN) => return self.own_value(value, named),
            ("number", _) => return named(value).unwrap_or_else(|| self.number_gone.into()),
            _ => return self.duration(value.parse().unwrap_or(0)),
        };
        fixed.into()
    }

    /// What is asked of a field that the workspace made.
    fn own_value(&self, value: &str, named: impl Fn(&str) -> Option<String>) -> String {
        if let Some(part) = value.strip_prefix(PART) {
            return fill(self.contains_this, &[&unfolded(part)]);
        }
        let Some((from, to)) = value.split_once(RANGE) else {
            return match value {
                "any" => self.filled.into(),
                "none" => self.empty.into(),
                _ => named(value).unwrap_or_else(|| self.choice_gone.into()),
            };
        };
        match (from.strip_prefix(TODAY), to.strip_prefix(TODAY)) {
            (Some(""), Some("")) => return self.today.into(),
            (Some(""), Some(days)) if !days.starts_with('-') => return fill(self.days_ahead, &[days]),
            (Some(days), Some("")) if days.starts_with('-') => return fill(self.days_back, &[&days[1..]]),
            (Some("1"), None) if to.is_empty() => return self.is_ahead.into(),
            (None, Some("-1")) if from.is_empty() => return self.is_past.into(),
            _ => {}
        }
        match (self.bound(from), self.bound(to)) {
            (from, to) if to.is_empty() => fill(self.at_least, &[&from]),
            (from, to) if from.is_empty() => fill(self.at_most, &[&to]),
            (from, to) if from == to => from,
            (from, to) => fill(self.between, &[&from, &to]),
        }
    }

    /// A bound of a range: a number, a date, or a day so far from today.
    pub fn bound(&self, bound: &str) -> String {
        let locale = if std::ptr::eq(self, &ID) { Locale::Id } else { Locale::En };
        match (bound.strip_prefix(TODAY), bound.parse::<NaiveDate>()) {
            (Some(""), _) => self.today.into(),
            (Some(days), _) => match days.strip_prefix('-') {
                Some(days) => fill(self.day_ago, &[days]),
                None => fill(self.day_in, &[days]),
            },
            (None, Ok(date)) => locale.words().date_of(date.day(), date.month0(), date.year()),
            _ => numbers::grouped(bound, locale),
        }
    }

    /// So many hours, in days where they are whole ones.
    pub fn duration(&self, hours: i64) -> String {
        match hours {
            1 => self.one_hour.into(),
            24 => self.one_day.into(),
            hours if hours % 24 == 0 => fill(self.days, &[&(hours / 24).to_string()]),
            hours => fill(self.hours, &[&hours.to_string()]),
        }
    }

    /// A filter in one sentence.
    pub fn filter(&self, filter: &Filter, named: impl Fn(&str) -> Option<String>) -> String {
        let condition = |(field, values): (&str, Vec<&str>)| {
            let values: Vec<String> = values.into_iter().map(|value| self.value(field, value, &named)).collect();
            let between = if field == "tags" { self.and } else { self.or };
            let name = match field.strip_prefix(OWN) {
                Some(own) => named(own).unwrap_or_else(|| self.field_gone.into()),
                None => self.field(field).into(),
            };
            format!("{name}: {}", values.join(between))
        };
        let groups = filter.groups().map(|group| group.into_iter().map(condition).collect::<Vec<_>>().join(" · "));
        groups.collect::<Vec<_>>().join(&format!(" —{}— ", self.or))
    }

    /// What a list shows, in one sentence; `work` has the names of orders.
    pub fn view(&self, view: &ListView, work: &WorkWords, named: impl Fn(&str) -> Option<String>) -> String {
        let state = match view.which {
            Which::Active => Some(self.state_open),
            Which::Snoozed => Some(self.state_snoozed),
            Which::Closed => Some(self.state_closed),
            Which::All => None,
        };
        let whose = match view.whose {
            Whose::Mine => Some(self.assignee_me),
            Whose::Unassigned => Some(self.assignee_none),
            Whose::All => None,
        };
        let mut said: Vec<String> = Vec::new();
        said.extend(state.map(|state| format!("{}: {state}", self.state)));
        said.extend(whose.map(|whose| format!("{}: {whose}", self.assignee)));
        said.extend(view.unread_only.then(|| self.unread_yes.to_owned()));
        if !view.filter.is_empty() {
            said.push(self.filter(&view.filter, named));
        }
        if said.is_empty() {
            said.push(self.everything.to_owned());
        }
        if view.sort != Sort::Newest {
            said.push(work.order(view.sort).to_owned());
        }
        said.join(" · ")
    }

    /// Why a view was not saved.
    pub fn refusal(&self, key: &str) -> Option<&'static str> {
        Some(match key {
            "view_name_taken" => self.taken,
            "too_many_views" => self.too_many,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Locale;

    #[test]
    fn a_filter_is_said_in_one_sentence() {
        let rani = "00000000-0000-0000-0000-000000000008";
        let named = |id: &str| (id == rani).then(|| "Rani".to_owned());
        let filter = Filter::read(&format!("priority:high;assignee:me,{rani}~within:1,72"));
        assert_eq!(
            ID.filter(&filter, named),
            "Prioritas: tinggi · Penanggung jawab: saya atau Rani — atau — Pesan terakhir dalam: 1 jam atau 3 hari"
        );
        let gone = Filter::read("assignee:00000000-0000-0000-0000-000000000009;older:5");
        assert_eq!(EN.filter(&gone, named), "Assignee: a former member · Last message longer ago than: 5 hours");
    }

    #[test]
    fn a_list_is_said_with_its_order() {
        let view = |query| ListView::parse(query);
        assert_eq!(EN.view(&view("state=all"), Locale::En.work(), |_| None), "All conversations");
        assert_eq!(
            EN.view(&view("view=mine&unread=1&sort=window&filter=window:soon"), Locale::En.work(), |_| None),
            "State: active · Assignee: me · unread · 24-hour window: about to close · Windows closing next first"
        );
    }
}
