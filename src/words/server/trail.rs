//! What the audit log calls each action. The action itself is a key that stays the same for filters and exports.

use crate::words::Locale;

/// Key, Indonesian, English.
static ACTIONS: &[(&str, &str, &str)] = &[
    ("audit.exported", "mengunduh catatan perubahan", "downloaded the audit log"),
    ("contact.merged", "menggabungkan kontak", "merged two contacts"),
    ("contact.number_revealed", "membuka nomor lengkap", "revealed a full number"),
    ("contact.split", "memisahkan lagi kontak", "made two contacts again"),
    ("contact.unblocked", "membuka blokir kontak", "unblocked a contact"),
    ("invitation.cancelled", "membatalkan undangan", "cancelled an invitation"),
    ("invitation.resent", "mengirim ulang undangan", "sent an invitation again"),
    ("invitation.sent", "mengundang", "sent an invitation"),
    ("mail.resent", "mengirim ulang email", "sent an email again"),
    ("member.added", "menambahkan anggota", "added a member"),
    ("member.joined", "bergabung", "joined"),
    ("member.linked", "menghubungkan akun", "linked an account"),
    ("member.removed", "mengeluarkan anggota", "removed a member"),
    ("member.role_changed", "mengubah peran", "changed a role"),
    ("number.changed", "mengubah nomor WhatsApp", "changed a WhatsApp number"),
    ("number.connected", "menyambungkan nomor WhatsApp", "connected a WhatsApp number"),
    ("number.disconnected", "memutuskan nomor WhatsApp", "disconnected a WhatsApp number"),
    ("ownership.handed_over", "menyerahkan kepemilikan", "handed over ownership"),
    ("person.passkey_added", "menambah passkey", "added a passkey"),
    ("person.passkey_removed", "menghapus passkey", "removed a passkey"),
    ("person.password_changed", "mengganti kata sandi", "changed the password"),
    ("person.password_reset", "membuat kata sandi baru", "reset the password"),
    ("person.recovery_codes_renewed", "membuat kode cadangan baru", "renewed the recovery codes"),
    ("person.renamed", "mengubah profil", "changed the profile"),
    ("person.sessions_ended", "mengakhiri sesi", "ended sessions"),
    ("person.totp_added", "mengaktifkan aplikasi kode", "turned on codes by app"),
    ("person.totp_removed", "mematikan aplikasi kode", "turned off codes by app"),
    ("contact.blocked", "memblokir kontak", "blocked a contact"),
    ("contact.changed", "mengubah data kontak", "changed a contact"),
    ("contact_field.changed", "mengubah kolom kontak", "changed a contact field"),
    ("contact_field.created", "membuat kolom kontak", "created a contact field"),
    ("contact_field.deleted", "menghapus kolom kontak", "deleted a contact field"),
    ("stage.changed", "mengubah tahap", "changed a stage"),
    ("stage.created", "membuat tahap", "created a stage"),
    ("stage.deleted", "menghapus tahap", "deleted a stage"),
    ("tag.changed", "mengubah tag", "changed a tag"),
    ("tag.created", "membuat tag", "created a tag"),
    ("tag.deleted", "menghapus tag", "deleted a tag"),
    ("macro.changed", "mengubah makro", "changed a macro"),
    ("macro.created", "membuat makro", "created a macro"),
    ("macro.deleted", "menghapus makro", "deleted a macro"),
    ("quick_reply.changed", "mengubah balasan cepat", "changed a quick reply"),
    ("quick_reply.created", "membuat balasan cepat", "created a quick reply"),
    ("quick_reply.deleted", "menghapus balasan cepat", "deleted a quick reply"),
    ("role.changed", "mengubah peran khusus", "changed a custom role"),
    ("role.created", "membuat peran khusus", "created a custom role"),
    ("role.deleted", "menghapus peran khusus", "deleted a custom role"),
    ("service.assignment_changed", "mengubah pembagian otomatis", "changed automatic assignment"),
    ("service.changed", "mengubah jam kerja dan janji", "changed hours and promises"),
    ("service.holiday_removed", "menghapus hari libur", "removed a holiday"),
    ("service.holidays_added", "menambahkan hari libur", "added holidays"),
    ("settings.changed", "mengubah pengaturan", "changed the settings"),
    ("team.changed", "mengubah grup", "changed a group"),
    ("team.created", "membuat grup", "created a group"),
    ("team.deleted", "membubarkan grup", "dissolved a group"),
    ("view.changed", "mengubah tampilan bersama", "changed a shared view"),
    ("view.created", "membuat tampilan bersama", "created a shared view"),
    ("view.deleted", "menghapus tampilan bersama", "deleted a shared view"),
    ("workspace.created", "membuat ruang kerja", "created the workspace"),
    ("workspace.renamed", "mengganti nama ruang kerja", "renamed the workspace"),
    ("workspace.resumed", "mengaktifkan lagi ruang kerja", "reopened the workspace"),
    ("workspace.suspended", "menangguhkan ruang kerja", "suspended the workspace"),
];

impl Locale {
    /// An action of the audit log in words; the key itself where nobody gave it any.
    pub fn action(self, key: &str) -> &str {
        let known = ACTIONS.iter().find(|(known, ..)| *known == key);
        known.map_or(key, |(_, id, en)| match self {
            Self::Id => id,
            Self::En => en,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_reads_as_words_in_both_languages() {
        assert_eq!(Locale::Id.action("member.removed"), "mengeluarkan anggota");
        assert_eq!(Locale::En.action("member.removed"), "removed a member");
        assert_eq!(Locale::En.action("something.newer"), "something.newer");
    }
}
