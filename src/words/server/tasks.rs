//! Notes about which something is to be done.

words! { TaskWords;
    title: "Tugas", "Tasks";
    to_inbox: "Ke kotak masuk", "To the inbox";
    whose: "Tugas siapa", "Whose tasks";
    mine: "Untuk saya", "Mine";
    all: "Semua", "All";
    late: "Terlewat", "Overdue";
    today: "Hari ini", "Today";
    later: "Nanti", "Later";
    due: "Tenggat {}", "Due {}";
    of: "untuk {}", "for {}";
    of_nobody: "belum ada yang menangani", "nobody's";
    finish: "Selesaikan", "Mark as done";
    what_came: "Apa hasilnya? Tersimpan sebagai catatan di percakapan.", "What came of it? It is kept as a note in the conversation.";
    finish_go: "Simpan dan selesaikan", "Save and mark as done";
    change: "Ubah tenggat", "Change the time";
    change_to: "Tenggat baru, menurut jam ruang kerja", "New time, by the workspace's clock";
    change_go: "Simpan", "Save";
    remove: "Hapus tenggat", "No time any more";
    done: "Selesai: “{}”", "Done: “{}”";
    undo: "Buka lagi", "Open it again";
    changed: "Tenggat “{}” diubah.", "The time of “{}” was changed.";
    removed: "“{}” tidak punya tenggat lagi. Catatannya tetap ada di percakapan.", "“{}” has no time any more. The note stays in the conversation.";
    gone: "Tugas ini sudah tidak ada.", "This task is gone.";
    no_more: "Tidak ada lagi yang harus dikerjakan untuk catatan ini.", "Nothing is to be done about this note any more.";
    written: "Yang Anda tulis", "What you wrote";
    none_title: "Tidak ada tugas", "No tasks";
    none_text: "Beri tenggat pada sebuah catatan di percakapan, dan catatan itu muncul di sini.", "Give a note in a conversation a time, and it shows up here.";
    more: "Tugas berikutnya", "Further tasks";
    first: "Ke yang paling awal", "To the first ones";
}
