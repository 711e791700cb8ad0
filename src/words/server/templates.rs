//! The page on which a template is chosen and filled in. Gaps are `{}`, filled by [`super::fill`].

words! { TemplateWords;
    title: "Kirim templat", "Send a template";
    to: "Untuk {}", "To {}";
    back: "Ke percakapan", "To the conversation";
    why: "Templat yang disetujui WhatsApp sampai kapan pun, juga setelah jendela 24 jam tutup. Templat pemasaran dan utilitas bisa dikenai biaya oleh WhatsApp.", "Templates that WhatsApp has approved get through at any time, also after the 24-hour window has closed. WhatsApp may charge for marketing and utility templates.";
    find: "Cari templat", "Find a template";
    go: "Cari", "Find";
    utility: "Utilitas", "Utility";
    marketing: "Pemasaran", "Marketing";
    authentication: "Autentikasi", "Authentication";
    beyond_us: "Butuh gambar, kode, atau isi lain yang belum bisa diisi di sini", "Needs a picture, a code or something else that cannot be given here yet";
    none_title: "Belum ada templat yang disetujui", "No approved template yet";
    none_text: "Buat templat di WhatsApp Manager atau di Kapso. Setelah disetujui, templat itu muncul di sini.", "Make one in WhatsApp Manager or in Kapso. Once it is approved it appears here.";
    no_match_title: "Tidak ada yang cocok", "Nothing matches";
    no_match_text: "Coba kata lain dari nama atau isi templat.", "Try another word of a template's name or text.";
    all: "Semua templat", "All templates";
    gone_title: "Templat ini tidak ada lagi", "This template is gone";
    gone_text: "Mungkin baru dihapus atau tidak disetujui lagi. Pilih yang lain.", "It may have been deleted, or is not approved any more. Pick another one.";
    gap: "Isian {}", "Value {}";
    example: "Contoh: {}", "For example {}";
    link_end: "Akhir tautan {}", "End of the link {}";
    send: "Kirim", "Send";
    send_anyway: "Tetap kirim", "Send anyway";
    other: "Pilih templat lain", "Pick another template";
    not_sent: "Belum terkirim. {}", "Not sent. {}";
    e_missing: "Masih ada isian yang kosong.", "A value is still missing.";
    e_too_long: "Satu isian terlalu panjang, sendiri atau bersama teks di sekitarnya: paling banyak {} karakter.", "A value is too long, by itself or with the text around it: at most {} characters.";
    out_of_reach: "Daftar templat tidak bisa diambil dari WhatsApp sekarang. Coba lagi sebentar lagi.", "The templates cannot be had from WhatsApp right now. Try again in a moment.";
    closed: "Percakapan ini sudah selesai. Buka lagi dulu, lalu kirim templat.", "This conversation is closed. Reopen it first, then send a template.";
}
