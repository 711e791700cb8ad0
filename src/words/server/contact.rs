//! What the team keeps of a contact. Gaps are `{}`, filled by [`super::fill`].

words! { ContactWords;
    title: "Data kontak", "Contact details";
    to_conversation: "Ke percakapan", "To the conversation";
    name: "Nama", "Name";
    name_hint: "Kosongkan untuk memakai nama dari WhatsApp: {}", "Leave it empty for what WhatsApp says: {}";
    nothing_chosen: "Belum diisi", "Not filled in";
    no_fields: "Ruang kerja ini belum punya kolom sendiri, misalnya kota atau anggaran.", "This workspace has no fields of its own yet, such as a city or a budget.";
    arrange: "Atur kolom", "Arrange fields";
    save: "Simpan", "Save";
    write_number: "tulis angka saja, misalnya 1.500.000 atau 2,5.", "write a number, such as 1,500,000 or 2.5.";
    write_date: "pilih tanggal.", "choose a date.";
    write_other: "isinya tidak cocok.", "that does not fit.";
    moved: "Rekan baru saja mengubah hal yang sama. Isian Anda masih di sini: periksa, lalu simpan lagi.", "A colleague has just changed the same. What you wrote is still here: look again and save once more.";
    number_hidden: "Di kolom itu ada nomor yang disamarkan untuk Anda. Mengubahnya akan menghapus nomornya, jadi tidak disimpan.", "There is a number that is hidden from you. Changing the text would lose it, so nothing was saved.";
    // ── arranging them ──
    fields: "Kolom kontak", "Contact fields";
    fields_text: "Kolom sendiri untuk hal yang perlu diingat tentang kontak. Isinya tampil di panel kontak, dan daftar bisa disaring menurut kolom pilihan.", "Fields of your own for what is to be remembered of contacts. They show beside the conversation, and the list can be filtered by those with choices.";
    none: "Belum ada kolom.", "No fields yet.";
    new_field: "Kolom baru", "New field";
    field_name: "Nama kolom", "Name of the field";
    kind: "Isi", "What it holds";
    kind_text: "Teks", "Text";
    kind_number: "Angka", "A number";
    kind_date: "Tanggal", "A date";
    kind_choice: "Pilihan", "A choice";
    choices: "Pilihan, satu per baris", "Choices, one a line";
    more_choices: "Pilihan baru, satu per baris", "More choices, one a line";
    choices_hint: "Hanya untuk kolom pilihan.", "Only for a choice.";
    one_choice: "Pilihan {}", "Choice {}";
    renaming: "Pilihan yang dikosongkan dihapus, juga dari kontaknya.", "A choice that is left empty is deleted, also from contacts.";
    deleted: "Kolom dihapus beserta isinya.", "The field was deleted with what stood in it.";
    delete_text: "Kolom {} dihapus beserta isinya di semua kontak.", "The field {} is deleted with what stands in it, for all contacts.";
}
