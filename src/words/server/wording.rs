//! Other words for a text, by a model.

words! { WordingWords;
    title: "Tulis ulang dengan ARI", "Reword with ARI";
    better: "Perbaiki bahasanya", "Improve the wording";
    shorter: "Lebih singkat", "Shorter";
    warmer: "Lebih ramah", "Friendlier";
    to_english: "Ke bahasa Inggris", "Into English";
    to_indonesian: "Ke bahasa Indonesia", "Into Indonesian";
    works: "Sedang ditulis ulang…", "Rewording…";
    done: "Ditulis ulang. Baca dulu sebelum dikirim.", "Reworded. Read it before you send it.";
    back: "Kembalikan", "Put it back";
    same: "Tidak ada yang perlu diubah.", "There is nothing to change.";
    differs: "Hasilnya mengubah angka atau tautan, jadi tidak dipakai. Teks Anda tetap seperti semula.", "The result changed a number or a link, so it was not used. Your text is as it was.";
    failed: "Belum bisa sekarang. Teks Anda tetap seperti semula.", "Not possible right now. Your text is as it was.";
    busy: "Terlalu sering. Tunggu sebentar, lalu coba lagi.", "Too often. Wait a moment, then try again.";
    offline: "Tidak ada koneksi. Teks Anda tetap seperti semula.", "There is no connection. Your text is as it was.";
    translated: "Terjemahan", "Translation";
    hide: "Sembunyikan terjemahan", "Hide the translation";
}
