//! A conversation as it looked at a minute. Gaps are `{}`, filled by [`super::fill`].

words! { PastWords;
    title: "Waktu lampau · {}", "Back in time · {}";
    when: "Lihat pada", "Look at";
    show: "Tampilkan", "Show";
    steps: "Langkah", "Steps";
    previous: "Sebelumnya", "Before";
    next: "Sesudahnya", "After";
    at: "Keadaan pada {}", "How it stood on {}";
    stood: "Keadaan saat itu", "How it stood then";
    wrong_time: "Waktu itu tidak dikenali atau belum tiba. Ini keadaan sekarang.", "That is no time, or it has not come yet. This is how it is now.";
    grew: "Percakapan lain baru digabungkan ke sini sesudahnya. Pesan-pesannya saat itu belum ada di sini.", "Another conversation became part of this one later. What was said in it was not here yet.";
    window_open: "Jendela 24 jam terbuka sampai {}", "The 24-hour window was open until {}";
    window_shut: "Jendela 24 jam tertutup sejak {}", "The 24-hour window had been closed since {}";
    no_window: "Pelanggan belum pernah menulis", "The customer had not written yet";
    nothing_title: "Belum ada pesan saat itu", "Nothing had been said yet";
    nothing_text: "Pilih waktu yang lebih baru.", "Choose a later time.";
    older: "Yang lebih lama", "Older ones";
    newest: "Ke yang terbaru saat itu", "To the newest of then";
    not_kept: "Nama, tahap, tag dan isi kolom tampil seperti sekarang. Reaksi yang sudah diganti tidak tersimpan.", "Names, stages, tags and fields are as they are now. Reactions that were replaced are not kept.";
}
