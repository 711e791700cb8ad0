//! The page on which a text with choices under it is written. Gaps are `{}`, filled by [`super::fill`].

words! { ChoiceWords;
    title: "Kirim pilihan", "Send choices";
    to: "Untuk {}", "To {}";
    back: "Ke percakapan", "To the conversation";
    said_last: "Pesan terakhir", "What was said last";
    text: "Pesan", "Message";
    choices: "Pilihan", "Choices";
    how: "Pelanggan cukup mengetuk. Paling banyak tiga pilihan pendek (20 karakter, tanpa keterangan) tampil sebagai tombol; selebihnya menjadi daftar yang dibuka.", "The customer only taps. Up to three short ones (20 characters, nothing under them) show as buttons; anything else becomes a list to open.";
    choice: "Pilihan {}", "Choice {}";
    description: "Keterangan (opsional)", "Details (optional)";
    description_of: "Keterangan pilihan {}", "Details of choice {}";
    examples: "Ya, jadi|Ganti jadwal|Bicara dengan staf", "Yes, please|Another time|Talk to somebody";
    more: "Lebih banyak pilihan", "More choices";
    label: "Tombol pembuka daftar", "The button that opens the list";
    label_default: "Lihat pilihan", "Lihat pilihan";
    send: "Kirim", "Send";
    send_anyway: "Tetap kirim", "Send anyway";
    cancel: "Batal", "Cancel";
    not_sent: "Belum terkirim. {}", "Not sent. {}";
    e_no_text: "Pesannya masih kosong.", "The message is still empty.";
    e_no_choice: "Isi sedikitnya satu pilihan.", "Fill in one choice at least.";
    e_no_title: "Ada keterangan tanpa pilihannya.", "There are details without a choice.";
    e_same: "Dua pilihan sama bunyinya.", "Two choices say the same.";
    e_title: "Satu pilihan paling panjang {} karakter.", "A choice can have {} characters at most.";
    e_description: "Keterangan paling panjang {} karakter.", "Details can have {} characters at most.";
    e_label: "Tombol pembuka paling panjang {} karakter.", "The button that opens the list can have {} characters at most.";
    closed: "Percakapan ini sudah selesai. Buka lagi dulu, lalu kirim pilihan.", "This conversation is closed. Reopen it first, then send choices.";
    shut: "Jendela 24 jam sudah tutup. Hanya templat yang sampai sekarang.", "The 24-hour window has closed. Only templates get through now.";
}
