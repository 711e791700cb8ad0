//! The sentences about working on a conversation: closing, snoozing, giving it to somebody.

use super::Locale;

/// One language. See [`super::Words`].
pub struct WorkWords {
    pub menu: &'static str,
    pub close: &'static str,
    pub close_with_reason: &'static str,
    pub reason: &'static str,
    pub reopen: &'static str,
    pub wake: &'static str,
    pub snooze: &'static str,
    pub snooze_anew: &'static str,
    pub later_today: &'static str,
    pub tomorrow: &'static str,
    pub monday: &'static str,
    pub own_time: &'static str,
    /// By the clocks of which place a time is meant.
    pub own_time_hint: &'static str,
    pub snoozed_until: fn(&str) -> String,
    /// The window closes before the conversation comes back.
    pub window_ends_before: fn(&str) -> String,
    pub assignee: &'static str,
    pub nobody: &'static str,
    pub assign: &'static str,
    pub assign_to_me: &'static str,
    pub high_priority: &'static str,
    pub raise_priority: &'static str,
    pub lower_priority: &'static str,
    pub assigned_to: fn(&str) -> String,

    // lines of the thread
    pub closed: fn(&str, &str) -> String,
    pub reopened: fn(&str) -> String,
    pub reopened_by_customer: &'static str,
    pub gave_to: fn(&str, &str) -> String,
    pub unassigned: fn(&str) -> String,
    pub priority_raised: fn(&str) -> String,
    pub priority_lowered: fn(&str) -> String,
    pub snoozed: fn(&str, &str) -> String,
    pub woken: fn(&str) -> String,
    pub woken_by_customer: &'static str,
    pub woke_up: &'static str,

    // who else is here; the number is of those beside the one named
    pub looks: fn(&str, usize) -> String,
    pub types: fn(&str, usize) -> String,

    // a reply that was held
    pub held: &'static str,
    pub held_then: &'static str,
    pub send_anyway: &'static str,

    pub mentions: &'static str,

    // being called
    pub alerts: &'static str,
    pub alert_sound: &'static str,
    /// None, and three of them.
    pub alert_sounds: &'static [&'static str; 4],
    pub alert_repeats: &'static str,
    pub alert_desktop: &'static str,
    pub alert_denied: &'static str,

    // the sheet of keys
    pub keys_title: &'static str,
    pub keys_letters: &'static str,
    /// Keys, with spaces between, and what they do.
    pub keys: &'static [(&'static str, &'static str)],

    // templates
    pub send_template: &'static str,

    // files
    pub attach: &'static str,
    pub attached: &'static str,
    pub remove_file: fn(&str) -> String,
    pub cancel_file: fn(&str) -> String,
    pub uploading: fn(u8) -> String,
    pub file_waits: &'static str,
    pub file_refused: &'static str,
    pub drop_here: &'static str,
    pub error_too_large: fn(u32) -> String,
    pub error_unsupported: &'static str,

    pub error_customer_wrote: &'static str,
    pub error_unseen: &'static str,
    pub error_open_elsewhere: &'static str,
}

impl Locale {
    /// The sentences about working on a conversation.
    pub fn work(self) -> &'static WorkWords {
        match self {
            Self::Id => &ID,
            Self::En => &EN,
        }
    }
}

impl WorkWords {
    /// A line of the thread; none for what is not about working on it. `detail` is what the line holds, a time already in words.
    pub fn line(&self, kind: &str, who: &str, detail: &str) -> Option<String> {
        Some(match kind {
            "closed" => (self.closed)(who, detail),
            "reopened" => (self.reopened)(who),
            "reopened_by_customer" => self.reopened_by_customer.to_owned(),
            "assigned" => (self.gave_to)(who, detail),
            "unassigned" => (self.unassigned)(who),
            "priority_raised" => (self.priority_raised)(who),
            "priority_lowered" => (self.priority_lowered)(who),
            "snoozed" => (self.snoozed)(who, detail),
            "woken" => (self.woken)(who),
            "woken_by_customer" => self.woken_by_customer.to_owned(),
            "woke_up" => self.woke_up.to_owned(),
            _ => return None,
        })
    }
}

static ID: WorkWords = WorkWords {
    menu: "Kelola percakapan",
    close: "Selesai",
    close_with_reason: "Selesaikan dengan alasan",
    reason: "Alasan (boleh kosong)",
    reopen: "Buka lagi",
    wake: "Akhiri tundaan",
    snooze: "Tunda",
    snooze_anew: "Ubah tundaan",
    later_today: "Nanti hari ini",
    tomorrow: "Besok pagi",
    monday: "Senin pagi",
    own_time: "Waktu lain",
    own_time_hint: "Menurut jam ruang kerja",
    snoozed_until: |when| format!("Ditunda sampai {when}"),
    window_ends_before: |when| format!("Jendela tutup lebih dulu, {when}. Sesudahnya hanya templat yang sampai."),
    assignee: "Penanggung jawab",
    nobody: "Belum ada pemilik",
    assign: "Serahkan",
    assign_to_me: "Ambil untuk saya",
    high_priority: "Prioritas tinggi",
    raise_priority: "Tandai prioritas tinggi",
    lower_priority: "Hapus prioritas tinggi",
    assigned_to: |name| format!("Dipegang {name}"),
    closed: |who, reason| match reason {
        "" => format!("{who} menyelesaikan percakapan ini"),
        reason => format!("{who} menyelesaikan percakapan ini: {reason}"),
    },
    reopened: |who| format!("{who} membuka percakapan ini lagi"),
    reopened_by_customer: "Pelanggan menulis lagi, percakapan dibuka kembali",
    gave_to: |who, name| format!("{who} menyerahkan percakapan ini kepada {name}"),
    unassigned: |who| format!("{who} melepas pemilik percakapan ini"),
    priority_raised: |who| format!("{who} menandai prioritas tinggi"),
    priority_lowered: |who| format!("{who} menghapus prioritas tinggi"),
    snoozed: |who, when| match when {
        "" => format!("{who} menunda percakapan ini"),
        when => format!("{who} menunda percakapan ini sampai {when}"),
    },
    woken: |who| format!("{who} mengakhiri tundaan"),
    woken_by_customer: "Pelanggan menulis, tundaan berakhir",
    woke_up: "Waktu tundaan habis",
    looks: |name, more| match more {
        0 => format!("{name} juga melihat"),
        more => format!("{name} dan {more} lainnya juga melihat"),
    },
    types: |name, more| match more {
        0 => format!("{name} sedang mengetik"),
        more => format!("{name} dan {more} lainnya sedang mengetik"),
    },
    held: "Belum terkirim. Ini masuk selagi Anda menulis:",
    held_then: "Teks Anda masih di sini. Ubah, atau kirim lagi bila masih cocok.",
    send_anyway: "Tetap kirim",
    mentions: "Sebutan",
    alerts: "Pemberitahuan di perangkat ini",
    alert_sound: "Bunyi",
    alert_sounds: &["Tanpa bunyi", "Denting", "Ketuk", "Lonceng"],
    alert_repeats: "Ulangi sampai dilihat",
    alert_desktop: "Tampilkan di desktop",
    alert_denied: "Browser tidak mengizinkannya. Izinkan pemberitahuan untuk situs ini di pengaturan browser.",
    keys_title: "Pintasan papan ketik",
    keys_letters: "Pakai pintasan satu huruf",
    keys: &[
        ("J K", "Turun, naik di daftar"),
        ("Enter", "Buka percakapan"),
        ("1 2 3", "Saya, tanpa pemilik, semua"),
        ("/", "Cari; di kotak balasan: balasan cepat"),
        ("R", "Balas, mengutip pesan yang dipilih"),
        ("N", "Tulis catatan"),
        ("I", "Ambil alih"),
        ("A", "Beri kepada seseorang"),
        ("S", "Tunda"),
        ("E", "Selesai"),
        ("Esc", "Tutup, batalkan kutipan"),
        ("?", "Daftar ini"),
    ],
    send_template: "Kirim templat",
    attach: "Lampirkan berkas",
    attached: "Berkas yang akan dikirim",
    remove_file: |name| format!("Hapus {name}"),
    cancel_file: |name| format!("Batalkan {name}"),
    uploading: |percent| format!("Mengunggah {percent} %"),
    file_waits: "Menunggu giliran",
    file_refused: "Belum terkirim",
    drop_here: "Lepas untuk melampirkan",
    error_too_large: |megabytes| match megabytes {
        0 => "Berkas ini terlalu besar untuk server ini.".to_owned(),
        _ => format!("Berkas ini terlalu besar. Untuk jenis ini WhatsApp menerima paling banyak {megabytes} MB."),
    },
    error_unsupported: "WhatsApp tidak menerima jenis berkas ini. Yang bisa: foto, video MP4, audio, PDF, Word, Excel, PowerPoint, dan teks.",
    error_customer_wrote: "Pelanggan baru saja menulis. Baca dulu, lalu coba lagi.",
    error_unseen: "Ada pesan baru selagi Anda menulis. Baca dulu, lalu kirim lagi bila masih cocok.",
    error_open_elsewhere: "Pelanggan ini sudah punya percakapan lain yang terbuka.",
};

static EN: WorkWords = WorkWords {
    menu: "Manage conversation",
    close: "Close",
    close_with_reason: "Close with a reason",
    reason: "Reason (optional)",
    reopen: "Reopen",
    wake: "End snooze",
    snooze: "Snooze",
    snooze_anew: "Change snooze",
    later_today: "Later today",
    tomorrow: "Tomorrow morning",
    monday: "Monday morning",
    own_time: "Another time",
    own_time_hint: "By the workspace's clock",
    snoozed_until: |when| format!("Snoozed until {when}"),
    window_ends_before: |when| format!("The window closes first, {when}. After that only templates get through."),
    assignee: "Assignee",
    nobody: "Nobody yet",
    assign: "Assign",
    assign_to_me: "Assign to me",
    high_priority: "High priority",
    raise_priority: "Mark as high priority",
    lower_priority: "Remove high priority",
    assigned_to: |name| format!("Held by {name}"),
    closed: |who, reason| match reason {
        "" => format!("{who} closed this conversation"),
        reason => format!("{who} closed this conversation: {reason}"),
    },
    reopened: |who| format!("{who} reopened this conversation"),
    reopened_by_customer: "The customer wrote again, the conversation is open",
    gave_to: |who, name| format!("{who} assigned this conversation to {name}"),
    unassigned: |who| format!("{who} took the assignee off this conversation"),
    priority_raised: |who| format!("{who} marked this as high priority"),
    priority_lowered: |who| format!("{who} removed the high priority"),
    snoozed: |who, when| match when {
        "" => format!("{who} snoozed this conversation"),
        when => format!("{who} snoozed this conversation until {when}"),
    },
    woken: |who| format!("{who} ended the snooze"),
    woken_by_customer: "The customer wrote, the snooze is over",
    woke_up: "The snooze is over",
    looks: |name, more| match more {
        0 => format!("{name} is here too"),
        more => format!("{name} and {more} more are here too"),
    },
    types: |name, more| match more {
        0 => format!("{name} is typing"),
        more => format!("{name} and {more} more are typing"),
    },
    held: "Not sent yet. This came in while you were writing:",
    held_then: "Your text is still here. Change it, or send it again if it still fits.",
    send_anyway: "Send anyway",
    mentions: "Mentions",
    alerts: "Notifications on this device",
    alert_sound: "Sound",
    alert_sounds: &["No sound", "Chime", "Knock", "Bell"],
    alert_repeats: "Repeat until looked at",
    alert_desktop: "Show on the desktop",
    alert_denied: "The browser does not allow it. Allow notifications for this site in the browser's settings.",
    keys_title: "Keyboard shortcuts",
    keys_letters: "Use single-letter shortcuts",
    keys: &[
        ("J K", "Down, up in the list"),
        ("Enter", "Open the conversation"),
        ("1 2 3", "Mine, unassigned, all"),
        ("/", "Search; in the reply box: quick replies"),
        ("R", "Reply, quoting the chosen message"),
        ("N", "Write a note"),
        ("I", "Take over"),
        ("A", "Assign to somebody"),
        ("S", "Snooze"),
        ("E", "Close"),
        ("Esc", "Shut, cancel the quote"),
        ("?", "This sheet"),
    ],
    send_template: "Send a template",
    attach: "Attach files",
    attached: "Files to be sent",
    remove_file: |name| format!("Remove {name}"),
    cancel_file: |name| format!("Cancel {name}"),
    uploading: |percent| format!("Uploading {percent} %"),
    file_waits: "Waiting its turn",
    file_refused: "Not sent",
    drop_here: "Drop to attach",
    error_too_large: |megabytes| match megabytes {
        0 => "This file is too large for this server.".to_owned(),
        _ => format!("This file is too large. Of this kind WhatsApp takes at most {megabytes} MB."),
    },
    error_unsupported: "WhatsApp does not take this kind of file. It takes photos, MP4 videos, audio, PDF, Word, Excel, PowerPoint and text.",
    error_customer_wrote: "The customer has just written. Read it first, then try again.",
    error_unseen: "Something new came in while you were writing. Read it first, then send again if it still fits.",
    error_open_elsewhere: "This customer already has another open conversation.",
};
