//! What was exchanged with a contact beside words, and the picture on top of everything. Gaps are `{}`, filled by [`super::fill`].

words! { GalleryWords;
    title: "Berkas · {}", "Files · {}";
    kinds: "Jenis berkas", "Kinds of files";
    media: "Foto dan video", "Photos and videos";
    files: "Dokumen", "Documents";
    links: "Tautan", "Links";
    no_media_title: "Belum ada foto atau video", "No photos or videos yet";
    no_media_text: "Yang dikirim atau diterima di percakapan dengan kontak ini muncul di sini.", "What is sent or received in conversations with this contact appears here.";
    no_files_title: "Belum ada dokumen", "No documents yet";
    no_files_text: "Dokumen dan rekaman dari percakapan dengan kontak ini muncul di sini. Pesan suara didengar di percakapannya.", "Documents and recordings from conversations with this contact appear here. Voice notes are heard in their conversation.";
    no_links_title: "Belum ada tautan", "No links yet";
    no_links_text: "Alamat yang dimulai dengan http:// atau https:// dalam pesan muncul di sini.", "Addresses in messages that begin with http:// or https:// appear here.";
    nothing_here: "Tidak ada yang bisa ditampilkan di bagian ini.", "There is nothing to show in this part.";
    older: "Yang lebih lama", "Older ones";
    newest: "Ke yang terbaru", "To the newest";
    open_message: "Lihat pesan dari {}, {}", "See the message from {}, {}";
    waiting: "Sedang diambil…", "Being fetched…";
    failed: "Tidak bisa diambil", "Could not be fetched";

    picture: "Foto", "Photo";
    count: "{} dari {}", "{} of {}";
    zoom_in: "Perbesar", "Zoom in";
    zoom_out: "Perkecil", "Zoom out";
    zoom_reset: "Kembali ke ukuran semula", "Back to the whole picture";
    previous: "Foto sebelumnya", "Previous photo";
    next: "Foto berikutnya", "Next photo";
    download: "Unduh", "Download";
    original: "Buka aslinya di tab baru", "Open the original in a new tab";
    close: "Tutup", "Close";
    not_loaded: "Foto belum bisa dimuat. Coba buka aslinya.", "The photo could not be loaded. Try opening the original.";
}
