//! The recorder of voice messages.

words! { RecorderWords;
    title: "Rekaman pesan suara", "Recording a voice message";
    file: "Pesan suara", "Voice message";
    asks: "Meminta izin memakai mikrofon…", "Asking to use the microphone…";
    records: "Merekam. Enter mengirim, Esc menyimpan untuk didengar dulu.", "Recording. Enter sends, Esc keeps it to be heard first.";
    discard: "Buang rekaman", "Discard the recording";
    keep: "Dengar dulu", "Listen first";
    keep_hint: "Berhenti merekam, dengarkan sebelum dikirim", "Stop recording, to hear it before it is sent";
    cannot: "Browser ini tidak bisa merekam suara.", "This browser cannot record sound.";
    refused: "Mikrofon tidak diizinkan. Izinkan di pengaturan situs pada browser, lalu coba lagi.", "The microphone is not allowed. Allow it in the browser’s settings for this site, then try again.";
    silent: "Mikrofon tidak ditemukan atau sedang dipakai aplikasi lain.", "No microphone was found, or another application uses it.";
    kept: "Rekaman berhenti dan disimpan. Rekaman menunggu di percakapannya.", "The recording stopped and was kept. It waits in its conversation.";
    open: "Buka", "Open";
    short: "Terlalu pendek, tidak ada yang terekam.", "Too short, nothing was recorded.";
    longest: "Rekaman berhenti setelah 15 menit dan disimpan.", "The recording stopped after 15 minutes and was kept.";
}
