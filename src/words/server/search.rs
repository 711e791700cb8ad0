//! The page of what was found. Gaps are `{}`, filled by [`super::fill`].

/// One sentence a line: name, Indonesian, English.
macro_rules! words {
    ($($name:ident: $id:literal, $en:literal;)*) => {
        /// One language.
        pub struct SearchWords { $(pub $name: &'static str,)* }
        pub(super) static ID: SearchWords = SearchWords { $($name: $id,)* };
        pub(super) static EN: SearchWords = SearchWords { $($name: $en,)* };
    };
}

words! {
    title: "Cari", "Search";
    field: "Cari kontak dan pesan", "Search contacts and messages";
    hint: "Nama, nomor, atau kata dalam pesan", "A name, a number or words of a message";
    go: "Cari", "Search";
    to_inbox: "Ke kotak masuk", "To the inbox";
    idle_title: "Apa yang dicari?", "What are you looking for?";
    idle_text: "Tulis nama, nomor (08…, 62…, +62…), nama pengguna, atau kata dari pesan. Awal kata sudah cukup.", "Write a name, a number (08…, 62…, +62…), a user name or words of a message. The beginning of a word is enough.";
    none_title: "Tidak ada yang cocok", "Nothing matches";
    none_text: "Coba kata yang lebih sedikit, atau awal katanya saja.", "Try fewer words, or only how they begin.";
    contacts: "Kontak", "Contacts";
    messages: "Pesan", "Messages";
    covered_all: "Dicari di nama, nomor dan nama pengguna kontak, serta pesan dan catatan di semua percakapan, termasuk yang selesai. Terbaru di atas.", "Looked in contacts' names, numbers and user names, and in the messages and notes of all conversations, closed ones too. Newest first.";
    covered_some: "Dicari di semua percakapan yang boleh Anda lihat, termasuk yang selesai, dan kontaknya. Terbaru di atas.", "Looked in all conversations you may see, closed ones too, and their contacts. Newest first.";
    covered_conditions: "Dicari di pesan dan catatan semua percakapan yang boleh Anda lihat, termasuk yang selesai. Karena ada syarat, kontak tidak ikut dicari. Terbaru di atas.", "Looked in the messages and notes of all conversations you may see, closed ones too. With conditions, contacts are not looked for. Newest first.";
    covered_masked: "Peran Anda tidak melihat nomor, jadi nomor tidak ikut dicari.", "Your role does not see numbers, so numbers were not looked for.";
    more_contacts: "Kontak lainnya", "More contacts";
    older: "Pesan lebih lama", "Older messages";
    first_page: "Ke hasil terbaru", "To the newest results";
    mentions: "Sebutan", "Mentions";
    no_mentions_title: "Belum ada yang menyebut Anda", "Nobody has mentioned you yet";
    no_mentions_text: "Catatan dengan @ dan nama Anda muncul di sini.", "Notes with @ and your name appear here.";
    from_us: "dari tim", "from the team";
    narrow: "Persempit dengan", "Narrow it down with";
    narrow_from: "dari:pelanggan, dari:tim, dari:ari, dari:saya, dari:\"Nama\"", "from:customer, from:team, from:ari, from:me, from:\"Name\"";
    narrow_from_is: "siapa yang menulis", "who wrote it";
    narrow_exact: "\"kata persis\"", "\"exact words\"";
    narrow_exact_is: "persis kata itu, berurutan", "exactly these words, in this order";
    narrow_in: "di:nama, di:\"Nama Lengkap\", di:catatan", "in:name, in:\"Full Name\", in:notes";
    narrow_in_is: "percakapan siapa, atau catatan tim saja", "whose conversation, or notes among the team only";
    narrow_has: "ada:foto, ada:video, ada:suara, ada:dokumen, ada:lokasi, ada:tautan, ada:lampiran", "has:photo, has:video, has:voice, has:document, has:location, has:link, has:attachment";
    narrow_has_is: "yang dibawa pesan", "what the message carries";
    narrow_days: "sejak:2026-11-01, sebelum:1/12, pada:kemarin, sesudah:, sampai:", "since:2026-11-01, before:1/12, on:yesterday, after:, until:";
    narrow_days_is: "kapan", "when";
    understood: "Dengan syarat:", "With conditions:";
    from: "dari {}", "from {}";
    or: " atau ", " or ";
    the_customer: "pelanggan", "the customer";
    the_team: "tim", "the team";
    me: "Anda", "you";
    inside: "di percakapan {}", "in the conversation of {}";
    notes_only: "catatan saja", "notes only";
    with: "dengan {}", "with {}";
    picture: "foto", "a photo";
    video: "video", "a video";
    sound: "suara", "a sound";
    document: "dokumen", "a document";
    sticker: "stiker", "a sticker";
    place: "lokasi", "a location";
    contact_card: "kartu kontak", "a contact card";
    link: "tautan", "a link";
    since: "sejak {}", "since {}";
    until: "sebelum {}", "before {}";
    odd: "Tidak dimengerti, jadi diabaikan: {}", "Not understood, so left out: {}";
    corrected: "Tidak ada “{}”. Yang ditampilkan: “{}”.", "There is no “{}”. This is what has “{}”.";
    walked_to: "Sejauh ini dicari sampai {}.", "Looked back to {} so far.";
    further: "Cari lebih jauh ke belakang", "Look further back";
}
