//! The palette of commands. Gaps are `{}`.

words! { PaletteWords;
    title: "Perintah", "Commands";
    field: "Perintah, nama, atau kata dalam pesan", "A command, a name or words of a message";
    search: "Cari “{}” di kontak dan pesan", "Search contacts and messages for “{}”";
    conversation: "percakapan ini", "this conversation";
    list: "daftar", "list";
    go: "menu", "menu";
    open: "buka percakapan", "open conversation";
    none: "Tidak ada perintah.", "There are no commands.";
}
