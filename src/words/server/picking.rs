//! Working on many conversations at once. Gaps are `{}`, filled by [`super::fill`].

use super::fill;
use crate::inbox::bulk::{BulkAnswer, Refusal};

words! { PickingWords;
    title: "Pilih percakapan", "Select conversations";
    to_inbox: "Ke kotak masuk", "To the inbox";
    bar: "Untuk percakapan yang dipilih", "For the selected conversations";
    picked: "{} dipilih", "{} selected";
    all: "Pilih semua", "Select all";
    clear: "Batalkan pilihan", "Clear the selection";
    most: "Paling banyak {} sekaligus. Selebihnya tidak ikut dipilih.", "At most {} at once. The others were not selected.";
    close: "Selesai", "Close";
    reason: "Alasan (boleh kosong)", "Reason (optional)";
    close_with_reason: "Selesai dengan alasan", "Close with a reason";
    snooze: "Tunda", "Snooze";
    own_time: "Waktu lain, menurut jam ruang kerja", "Another time, by the workspace's clock";
    assign: "Serahkan", "Assign";
    assignee: "Penanggung jawab", "Assignee";
    nobody: "Tanpa pemilik", "Nobody";
    take: "Ambil untuk saya", "Assign to me";
    more: "Lainnya", "More";
    reopen: "Buka lagi", "Reopen";
    raise: "Tandai prioritas tinggi", "Mark as high priority";
    lower: "Hapus prioritas tinggi", "Remove high priority";
    read: "Tandai sudah dibaca", "Mark as read";
    unread: "Tandai belum dibaca", "Mark as unread";
    undo: "Urungkan", "Undo";
    dismiss: "Tutup pemberitahuan", "Dismiss the notice";
    failed: "Belum berhasil. Coba lagi.", "That did not work. Try again.";
    did_closed: "{} percakapan selesai", "{} closed";
    did_reopened: "{} percakapan dibuka lagi", "{} reopened";
    did_assigned: "{} percakapan diserahkan", "{} assigned";
    did_unassigned: "{} percakapan kini tanpa pemilik", "{} now with nobody";
    did_snoozed: "{} percakapan ditunda", "{} snoozed";
    did_raised: "{} percakapan diprioritaskan", "{} marked as high priority";
    did_lowered: "{} percakapan tidak lagi diprioritaskan", "{} no longer high priority";
    did_read: "{} percakapan ditandai sudah dibaca", "{} marked as read";
    did_unread: "{} percakapan ditandai belum dibaca", "{} marked as unread";
    stage: "Tahap", "Stage";
    no_stage: "Tanpa tahap", "No stage";
    move_to_stage: "Pindahkan", "Move";
    tag: "Tag", "Tag";
    put_on: "Beri tag", "Add the tag";
    take_off: "Lepas tag", "Remove the tag";
    no_tags: "Belum ada tag. Tag dibuat di pengaturan atau di panel kontak.", "No tags yet. They are made in the settings or beside a contact.";
    labels: "Tahap dan tag", "Stage and tags";
    did_staged: "{} kontak dipindahkan", "{} moved";
    did_unstaged: "{} kontak kini tanpa tahap", "{} now without a stage";
    did_tagged: "{} kontak diberi tag", "{} tagged";
    did_untagged: "{} kontak dilepas tagnya", "{} without the tag";
    left_too_many_tags: "{} sudah punya 20 tag", "{} with 20 tags already";
    left_blocked: "{} kontaknya diblokir", "{} with a blocked contact";
    did_undone: "{} percakapan dikembalikan", "{} put back";
    left_not_found: "{} tidak ditemukan", "{} not found";
    left_customer_wrote: "{} ditahan, pelanggannya baru menulis", "{} held back, the customer has just written";
    left_closed: "{} sudah selesai, tidak ditunda", "{} closed already, not snoozed";
    left_open_elsewhere: "{} dibiarkan, pelanggannya punya percakapan lain yang terbuka", "{} left alone, the customer has another open conversation";
    left_changed: "{} dibiarkan, sudah berubah lagi", "{} left alone, changed meanwhile";
    left_failed: "{} gagal", "{} failed";
}

impl PickingWords {
    /// What became of them, in one sentence.
    pub fn report(&self, did: &str, answer: &BulkAnswer) -> String {
        let left = |why| answer.refused.iter().filter(|(_, refusal)| *refusal == why).count();
        self.count(did, answer.done.len(), left)
    }

    /// As [`Self::report`], from numbers.
    pub fn count(&self, did: &str, done: usize, left: impl Fn(Refusal) -> usize) -> String {
        let of_done = match did {
            "closed" => self.did_closed,
            "reopened" => self.did_reopened,
            "assigned" => self.did_assigned,
            "unassigned" => self.did_unassigned,
            "snoozed" => self.did_snoozed,
            "raised" => self.did_raised,
            "lowered" => self.did_lowered,
            "read" => self.did_read,
            "unread" => self.did_unread,
            "staged" => self.did_staged,
            "unstaged" => self.did_unstaged,
            "tagged" => self.did_tagged,
            "untagged" => self.did_untagged,
            _ => self.did_undone,
        };
        let refused = Refusal::ALL.map(|why| {
            let sentence = match why {
                Refusal::NotFound => self.left_not_found,
                Refusal::CustomerWrote => self.left_customer_wrote,
                Refusal::Closed => self.left_closed,
                Refusal::OpenElsewhere => self.left_open_elsewhere,
                Refusal::Changed => self.left_changed,
                Refusal::TooManyTags => self.left_too_many_tags,
                Refusal::Blocked => self.left_blocked,
                Refusal::Failed => self.left_failed,
            };
            (left(why), sentence)
        });
        let none = refused.iter().all(|(count, _)| *count == 0);
        let said = std::iter::once((done, of_done)).filter(|_| done > 0 || none);
        let said = said.chain(refused.into_iter().filter(|(count, _)| *count > 0));
        said.map(|(count, sentence)| fill(sentence, &[&count.to_string()])).collect::<Vec<_>>().join(" · ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_what_was_left() {
        let left = |why| if why == Refusal::CustomerWrote { 1 } else { 0 };
        assert_eq!(ID.count("closed", 2, left), "2 percakapan selesai · 1 ditahan, pelanggannya baru menulis");
        assert_eq!(ID.count("closed", 0, left), "1 ditahan, pelanggannya baru menulis");
        assert_eq!(EN.count("undone", 3, |_| 0), "3 put back");
        assert_eq!(EN.count("read", 0, |_| 0), "0 marked as read");
    }
}
