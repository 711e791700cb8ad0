//! The palette of commands. Gaps are `{}`.

/// One sentence a line: name, Indonesian, English.
macro_rules! words {
    ($($name:ident: $id:literal, $en:literal;)*) => {
        /// One language.
        pub struct PaletteWords { $(pub $name: &'static str,)* }
        pub(super) static ID: PaletteWords = PaletteWords { $($name: $id,)* };
        pub(super) static EN: PaletteWords = PaletteWords { $($name: $en,)* };
    };
}

words! {
    title: "Perintah", "Commands";
    field: "Perintah, nama, atau kata dalam pesan", "A command, a name or words of a message";
    search: "Cari “{}” di kontak dan pesan", "Search contacts and messages for “{}”";
    conversation: "percakapan ini", "this conversation";
    list: "daftar", "list";
    go: "menu", "menu";
    open: "buka percakapan", "open conversation";
    none: "Tidak ada perintah.", "There are no commands.";
}
