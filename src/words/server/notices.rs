//! Being notified while nothing is open, and of what. Gaps are `{}`, filled by [`super::fill`].

use crate::inbox::concerns::Cause;

words! { NoticeWords;
    title: "Pemberitahuan", "Notifications";
    devices: "Perangkat saya", "My devices";
    devices_text: "Di perangkat ini Anda diberi tahu juga saat my21staff ditutup. Menambah perangkat: buka kotak masuk di sana, lalu Akun → Tampilkan di layar. Di iPhone dan iPad, tambahkan dulu ke Layar Utama.", "On these devices you are notified even while my21staff is closed. To add one, open the inbox on it, then Account → Show on screen. On iPhone and iPad, add it to the Home Screen first.";
    no_devices: "Belum ada perangkat.", "No device yet.";
    to_inbox: "Buka kotak masuk", "Open the inbox";
    unknown_device: "Browser", "Browser";
    this_one: "perangkat ini", "this device";
    since: "sejak {}", "since {}";
    reached: "terakhir diberi tahu {}", "last notified {}";
    remove: "Hentikan", "Stop";
    removed: "Perangkat itu tidak diberi tahu lagi.", "That device is notified no more.";
    try_it: "Kirim percobaan", "Send a test";
    called: "Percobaan terkirim. Kalau tidak tampak, periksa pengaturan pemberitahuan di perangkatnya.", "The test was sent. If it does not show, check the notification settings of that device.";
    unreached: "Tidak semua perangkat terjangkau. Yang sudah tidak ada dihapus dari daftar; yang lain dicoba lagi pada pesan berikutnya.", "Not every device could be reached. Those that are gone were taken off the list; the others are tried again with the next message.";
    none: "Belum ada perangkat untuk dicoba.", "There is no device to try.";
    choices: "Kapan saya diberi tahu", "What I am notified of";
    choices_text: "Berlaku di ruang kerja ini, untuk bunyi, layar dan perangkat saya. Yang tidak dipilih tetap tampak di kotak masuk.", "For this workspace: sounds, screen and my devices. What is not chosen still shows in the inbox.";
    mine: "Pelanggan saya menulis", "A customer of mine writes";
    nobodys: "Pelanggan yang belum punya pemilik menulis", "A customer who belongs to nobody writes";
    given: "Percakapan diberikan kepada saya", "A conversation is given to me";
    handover: "ARI menyerahkan percakapan", "ARI hands a conversation over";
    named: "Catatan menyebut saya", "A note names me";
    late: "Janji waktu terlewati", "A promised time has passed";
    quiet: "Jam tenang", "Quiet hours";
    quiet_text: "Di antara jam ini perangkat Anda tidak diberi tahu saat my21staff ditutup; kotak masuk yang terbuka tetap berbunyi. Kosongkan keduanya kalau tidak perlu. Menurut jam {}.", "Between these times your devices are not notified while my21staff is closed; an open inbox still makes its sound. Leave both empty for none. By the clocks of {}.";
    quiet_from: "Mulai", "From";
    quiet_until: "Sampai", "Until";
    digest: "Ringkasan lewat email", "Summary by mail";
    digest_text: "Sekali sehari, kalau ada yang menunggu Anda: jumlahnya saja, tanpa nama atau isi pesan. Kosongkan kalau tidak perlu. Menurut jam {}.", "Once a day, if something waits for you: how much of it, without names or messages. Leave it empty for none. By the clocks of {}.";
    digest_at: "Pukul", "At";
    bad_digest: "Tulis jam ringkasan seperti 08.00, atau kosongkan.", "Write the time of the summary like 08:00, or leave it empty.";
    save: "Simpan", "Save";
    bad_quiet: "Tulis mulai dan sampai sebagai jam yang berbeda, seperti 21.00 dan 07.00, atau kosongkan keduanya.", "Write two different times, like 21:00 and 07:00, or leave both empty.";
    test_title: "Percobaan berhasil", "It works";
    test_body: "Begini Anda diberi tahu saat my21staff ditutup.", "This is how you are notified while my21staff is closed.";
}

impl NoticeWords {
    /// A cause as it is chosen, and its field's name.
    pub fn choice(&self, cause: Cause) -> (&'static str, &'static str) {
        match cause {
            Cause::Mine => ("mine", self.mine),
            Cause::Nobodys => ("nobodys", self.nobodys),
            Cause::Given => ("given", self.given),
            Cause::Handover => ("handover", self.handover),
            Cause::Named => ("named", self.named),
            Cause::Late => ("late", self.late),
            Cause::Held => ("", ""),
        }
    }
}
