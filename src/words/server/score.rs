//! What a customer's messages come to, and why. Gaps are `{}`, filled by [`super::fill`].

words! { ScoreWords;
    title: "Skor chat · {}", "Chat score · {}";
    of_hundred: "dari 100", "of 100";
    parts: "Bagian skor", "Parts of the score";
    engagement: "Keterlibatan", "Engagement";
    interest: "Minat", "Interest";
    given: "Data yang diberikan", "What they gave";
    deeds: "Tindakan", "What they did";
    of: "{} dari {}", "{} of {}";
    why: "Mengapa skornya {}?", "Why is it {}?";
    days: "Menulis pada {} hari", "Wrote on {} days";
    many_days: "Menulis pada empat hari atau lebih", "Wrote on four days or more";
    one_day: "Menulis pada satu hari", "Wrote on one day";
    price: "Menanyakan harga", "Asked about the price";
    time: "Menanyakan waktu atau ketersediaan", "Asked about times or availability";
    details: "Meminta informasi", "Asked for information";
    wants: "Mau membeli, memesan atau mendaftar", "Wants to buy, book or sign up";
    file: "Mengirim gambar, video atau dokumen", "Sent a picture, a video or a document";
    reachable: "Memberi email, kontak atau lokasi", "Gave an email address, a contact or a place";
    form: "Mengisi formulir", "Filled in a form";
    order: "Mengirim pesanan dari katalog", "Ordered from the catalogue";
    referred: "Datang dari iklan atau produk", "Came from an ad or a product";
    put_off: "Menunda atau membatalkan", "Put it off or called it off";
    missing: "Belum terlihat", "Not seen yet";
    missing_day: "Menulis pada hari lain", "Writing on another day";
    nothing_title: "Pelanggan belum menulis apa-apa", "The customer has not written anything yet";
    nothing_text: "Skor dihitung dari pesan pelanggan di percakapan ini.", "The score is counted from what the customer writes in this conversation.";
    how: "Dihitung dari semua pesan pelanggan di percakapan ini, dengan kata-kata dalam bahasa Indonesia dan Inggris. Yang ditulis tim dan ARI tidak dihitung, begitu juga pesan yang dihapus. Tiap alasan dihitung sekali. Panas mulai 70, hangat mulai 40.", "Counted from everything the customer wrote in this conversation, by words in Indonesian and English. What the team and ARI write does not count, nor what was taken back. Each reason counts once. Hot from 70, warm from 40.";
}
