//! People, roles and settings: onboarding, the team's page, invitations, WhatsApp numbers, the audit log, the operator's page.
//!
//! Gaps are `{}`, filled by [`fill`].

words! { Team;
    // ── onboarding, workspaces, invitation ──
    onboarding_title: "Buat ruang kerja", "Create a workspace";
    onboarding_text: "Ruang kerja adalah tempat tim Anda menjawab pelanggan. Namanya bisa diganti nanti.", "A workspace is where your team answers customers. You can rename it later.";
    workspace_name: "Nama ruang kerja", "Workspace name";
    time_zone: "Zona waktu", "Time zone";
    create: "Buat", "Create";
    waiting_invitation: "Menunggu undangan? Minta pengundang memakai alamat {}.", "Waiting for an invitation? Ask for it to be sent to {}.";
    workspaces_title: "Pilih ruang kerja", "Choose a workspace";
    workspaces_text: "Anda anggota di {} ruang kerja.", "You belong to {} workspaces.";
    suspended: "Ditangguhkan", "Suspended";
    suspended_text: "Ruang kerja ini ditangguhkan oleh my21staff. Pesan pelanggan tetap disimpan. Hubungi my21staff untuk mengaktifkannya lagi.", "my21staff has suspended this workspace. Customers' messages are still kept. Contact my21staff to have it opened again.";
    sign_out: "Keluar", "Sign out";
    invitation_title: "Undangan", "Invitation";
    invitation_text: "{} mengundang Anda ke ruang kerja {} sebagai {}.", "{} invites you to the workspace {} as {}.";
    somebody: "Seseorang", "Somebody";
    invitation_for: "Undangan ini untuk {}.", "This invitation is for {}.";
    accept: "Terima undangan", "Accept the invitation";
    sign_in_first: "Masuk atau daftar dengan alamat itu. Sesudahnya Anda langsung bergabung.", "Sign in or sign up with that address. You join right afterwards.";
    sign_in: "Masuk", "Sign in";
    sign_up: "Daftar", "Sign up";
    to_dashboard: "Ke ruang kerja saya", "To my workspaces";
    // ── checklist ──
    start_title: "Mulai", "Get started";
    start_progress: "{} dari 3 selesai", "{} of 3 done";
    start_whatsapp: "Sambungkan WhatsApp", "Connect WhatsApp";
    start_whatsapp_text: "Masukkan nomor dan kunci API di pengaturan.", "Enter the number and its API key in the settings.";
    start_contact: "Tambah kontak", "Add a contact";
    start_contact_text: "Kontak pertama tercatat sendiri saat pelanggan menulis.", "The first contact appears by itself when a customer writes.";
    start_conversation: "Mulai percakapan", "Start a conversation";
    start_conversation_text: "Kirim pesan ke nomor Anda dari HP lain untuk mencobanya.", "Write to your number from another phone to try it.";
    start_done: "Semua siap. Selamat bekerja!", "All set. Have a good day!";
    to_inbox: "Ke kotak masuk", "To the inbox";
    done: "Selesai", "Done";
    open: "Belum", "To do";
    // ── frame ──
    settings: "Pengaturan", "Settings";
    general: "Umum", "General";
    whatsapp: "WhatsApp", "WhatsApp";
    team: "Tim", "Team";
    roles: "Peran & grup", "Roles & groups";
    audit: "Catatan perubahan", "Audit log";
    mails: "Email terkirim", "Sent emails";
    switch_workspace: "Ganti ruang kerja", "Switch workspace";
    saved: "Tersimpan.", "Saved.";
    save: "Simpan", "Save";
    cancel: "Batalkan", "Cancel";
    name: "Nama", "Name";
    email: "Email", "Email";
    ask_owner: "Hanya {} yang boleh. Izin yang diperlukan: {}.", "Only {} can do this. Permission needed: {}.";
    the_owner: "pemilik ruang kerja", "the workspace owner";
    failed_title: "Halaman ini tidak bisa dibuka", "This page cannot be opened";
    // ── general ──
    address: "Alamat", "Address";
    ari: "ARI menjawab pelanggan lebih dulu", "ARI answers customers first";
    other_zone: "zona lain", "another zone";
    // ── team ──
    member: "Anggota", "Member";
    role: "Peran", "Role";
    joined: "Bergabung", "Joined";
    you: "Anda", "you";
    change: "Ubah", "Change";
    remove: "Keluarkan", "Remove";
    remove_text: "{} keluar dari ruang kerja ini, semua sesinya berakhir, dan percakapannya menjadi tanpa penanggung jawab.", "{} leaves this workspace, all their sessions end, and their conversations become nobody's.";
    remove_yes: "Ya, keluarkan", "Yes, remove";
    owner_fixed: "Peran pemilik hanya bisa diserahkan.", "Ownership can only be handed over.";
    invite: "Undang anggota", "Invite a member";
    send_invitation: "Kirim undangan", "Send the invitation";
    invited: "Undangan dikirim. Tautannya berlaku 7 hari.", "The invitation is on its way. Its link works for 7 days.";
    removed: "Anggota dikeluarkan, sesinya diakhiri.", "The member was removed and their sessions ended.";
    invitations: "Undangan", "Invitations";
    no_invitations: "Belum ada undangan.", "No invitations yet.";
    state: "Status", "State";
    expires: "Berlaku sampai", "Valid until";
    pending: "Menunggu", "Pending";
    expired: "Kedaluwarsa", "Expired";
    accepted: "Diterima", "Accepted";
    cancelled: "Dibatalkan", "Cancelled";
    replaced: "Diganti", "Replaced";
    resend: "Kirim ulang", "Send again";
    hand_over: "Serahkan kepemilikan", "Hand over ownership";
    hand_over_text: "Anggota yang dipilih menjadi pemilik, Anda menjadi admin. Ini tidak bisa Anda batalkan sendiri.", "The chosen member becomes the owner and you an admin. You cannot undo this yourself.";
    hand_over_to: "Pemilik baru", "New owner";
    hand_over_confirm: "Ketik nama ruang kerja ({}) untuk memastikan", "Type the workspace's name ({}) to confirm";
    hand_over_yes: "Serahkan", "Hand over";
    // ── roles and groups ──
    own_roles: "Peran khusus", "Own roles";
    own_roles_text: "Peran khusus terdiri dari izin satu per satu. Perubahan berlaku seketika.", "An own role is made of single permissions. Changes take effect at once.";
    no_roles: "Belum ada peran khusus.", "No own roles yet.";
    new_role: "Peran baru", "New role";
    members_count: "{} anggota", "{} members";
    delete: "Hapus", "Delete";
    delete_yes: "Ya, hapus", "Yes, delete";
    lacking: "Anda sendiri tidak punya izin ini.", "You do not have this permission yourself.";
    groups: "Grup", "Groups";
    groups_text: "Peran dengan izin melihat grup melihat percakapan semua orang di grupnya.", "A role that may see its group sees the conversations of everybody in it.";
    no_groups: "Belum ada grup.", "No groups yet.";
    new_group: "Grup baru", "New group";
    // ── WhatsApp ──
    connected: "Nomor tersambung dan kuncinya diterima.", "The number is connected and its key was accepted.";
    tested: "Uji selesai. Hasilnya ada di bawah.", "The test is done. Its result is below.";
    disconnected_done: "Nomor diputus.", "The number was disconnected.";
    no_numbers: "Belum ada nomor.", "No numbers yet.";
    number_name: "Nama jalur (boleh kosong)", "Name of the line (optional)";
    phone_number_id: "Phone Number ID", "Phone Number ID";
    api_key: "Kunci API", "API key";
    webhook_secret: "Rahasia webhook", "Webhook secret";
    secret_stored: "Tersimpan terenkripsi dan tidak ditampilkan lagi. Kosongkan untuk tetap memakainya.", "Stored encrypted and never shown again. Leave it empty to keep it.";
    secret_shared: "Kosongkan untuk memakai milik server.", "Leave it empty to use the server's.";
    secret_new: "Disimpan terenkripsi dan tidak ditampilkan lagi.", "Stored encrypted and never shown again.";
    add_number: "Tambah nomor", "Add a number";
    save_and_test: "Simpan dan uji", "Save and test";
    test: "Uji saja", "Only test";
    disconnect: "Putuskan", "Disconnect";
    disconnect_text: "Nomor ini berhenti menerima dan mengirim. Kuncinya dilupakan, percakapannya tetap ada.", "This number stops receiving and sending. Its key is forgotten, its conversations stay.";
    disconnect_yes: "Ya, putuskan", "Yes, disconnect";
    is_connected: "Tersambung", "Connected";
    is_disconnected: "Terputus", "Disconnected";
    test_fine: "Uji terakhir berhasil: kunci diterima, nomor dikenal.", "The last test worked: key accepted, number known.";
    test_never: "Belum pernah diuji.", "Never tested.";
    no_key: "Nomor ini tidak punya kunci API, dan server juga tidak.", "Neither this number nor the server has an API key.";
    key_refused: "Kapso menolak kunci API ini. Salin lagi dari pengaturan proyek di Kapso.", "Kapso refused this API key. Copy it again from the project settings at Kapso.";
    key_not_for_number: "Kunci ini tidak berlaku untuk nomor itu. Pakai kunci dari proyek yang memuat nomornya.", "This key is not for that number. Use the key of the project that holds the number.";
    number_unknown: "Kapso tidak mengenal Phone Number ID ini. Periksa angkanya.", "Kapso does not know this Phone Number ID. Check its digits.";
    provider_unreachable: "Kapso tidak bisa dihubungi saat ini. Tidak ada yang diubah; coba lagi sebentar lagi.", "Kapso cannot be reached right now. Nothing was changed; try again in a moment.";
    number_taken: "Nomor ini sudah dipakai ruang kerja lain.", "Another workspace uses this number already.";
    // ── macros ──
    macros: "Makro", "Macros";
    macros_text: "Makro menjalankan beberapa hal sekaligus dari menu percakapan: balasan, penanggung jawab, prioritas, tahap, tag, dan penutupnya. Semuanya berhasil, atau tidak ada yang dijalankan.", "A macro does several things at once from a conversation's menu: a reply, whose it is, its priority, stage and tag, and its end. All of it is done, or nothing.";
    no_macros: "Belum ada makro.", "No macros yet.";
    new_macro: "Makro baru", "New macro";
    macro_does: "Yang dijalankan", "What it does";
    macro_text: "Balasan (opsional)", "Reply (optional)";
    macro_reply: "Balasan", "Reply";
    macro_at_once: "Balasan dari makro yang juga mengubah penanggung jawab atau penutupnya langsung terkirim, tanpa jeda 5 detik.", "The reply of a macro that also changes whose it is or its end leaves at once, without the 5 seconds.";
    macro_assign: "Penanggung jawab", "Whose it is then";
    macro_priority: "Prioritas", "Priority";
    macro_stage: "Tahap kontak", "The contact's stage";
    macro_tag: "Tag yang diberikan", "A tag to add";
    macro_ending: "Setelah itu", "After that";
    macro_reason: "Alasan selesai (opsional)", "Reason for closing (optional)";
    unchanged: "Tidak diubah", "Left as it is";
    macro_me: "Yang menjalankan", "Whoever uses it";
    macro_nobody: "Tidak ada", "Nobody";
    macro_gone: "(sudah keluar)", "(has left)";
    macro_high: "Tinggi", "High";
    macro_normal: "Biasa", "Normal";
    macro_stays: "Tetap terbuka", "It stays open";
    macro_close: "Selesai", "It is closed";
    macro_later: "Tunda sampai nanti hari ini", "It is snoozed until later today";
    macro_tomorrow: "Tunda sampai besok pagi", "It is snoozed until tomorrow morning";
    macro_monday: "Tunda sampai Senin pagi", "It is snoozed until Monday morning";
    macro_nothing: "Tidak menjalankan apa-apa lagi: tahap atau tagnya sudah dihapus", "Does nothing any more: its stage or tag was deleted";
    macro_deleted: "Makro dihapus.", "The macro was deleted.";
    delete_macro_text: "Makro {} dihapus untuk semua anggota.", "The macro {} is deleted for everybody.";
    // ── stages and tags ──
    labels: "Tahap dan tag", "Stages and tags";
    stages: "Tahap", "Stages";
    stages_text: "Tahap menunjukkan sampai di mana sebuah kontak, dari baru kenal sampai jadi klien. Satu kontak ada di satu tahap, dan daftar percakapan bisa disaring menurut tahap.", "A stage says how far a contact has come, from a first message to a client. A contact is in one stage, and the list can be filtered by it.";
    new_stage: "Tahap baru", "New stage";
    stage_dot: "Tanda", "Dot";
    dot_none: "Netral", "Neutral";
    dot_cold: "Dingin", "Cold";
    dot_warm: "Hangat", "Warm";
    dot_hot: "Panas", "Hot";
    dot_won: "Jadi klien", "Won";
    stage_up: "Naikkan {}", "Move {} up";
    stage_down: "Turunkan {}", "Move {} down";
    label_used: "{} kontak", "contacts: {}";
    tags: "Tag", "Tags";
    tags_text: "Tag mengelompokkan kontak, paling banyak 20 untuk satu kontak. Daftar bisa disaring dan pesan bisa dicari menurut tag.", "Tags group contacts, at most 20 for one contact. The list can be filtered by them, and messages searched.";
    no_tags: "Belum ada tag.", "No tags yet.";
    new_tag: "Tag baru", "New tag";
    label_deleted: "Sudah dihapus, juga dari kontaknya.", "It was deleted, also from its contacts.";
    delete_stage_text: "Tahap {} dihapus untuk semua anggota. Kontaknya ({}) menjadi tanpa tahap.", "The stage {} is deleted for everybody. Those in it ({}) are without a stage then.";
    delete_tag_text: "Tag {} dihapus untuk semua anggota, juga dari kontaknya ({}).", "The tag {} is deleted for everybody, also from those who have it ({}).";
    // ── quick replies ──
    quick_replies: "Balasan cepat", "Quick replies";
    quick_replies_text: "Ketik / di kotak tulis, lalu pintasannya.", "Type / in the box where you write, then the shortcut.";
    no_quick_replies: "Belum ada balasan cepat.", "No quick replies yet.";
    new_quick_reply: "Balasan cepat baru", "New quick reply";
    shortcut: "Pintasan", "Shortcut";
    quick_reply_body: "Teks", "Text";
    quick_reply_hint: "{{name}} menjadi nama pelanggan, {{agent}} nama Anda.", "{{name}} becomes the customer's name, {{agent}} yours.";
    quick_reply_deleted: "Balasan cepat dihapus.", "The quick reply was deleted.";
    delete_quick_reply_text: "Pintasan /{} dan teksnya dihapus untuk semua anggota.", "The shortcut /{} and its text are deleted for everybody.";
    // ── audit ──
    audit_empty: "Tidak ada perubahan yang cocok.", "No changes match.";
    person: "Orang", "Person";
    everybody: "Semua orang", "Everybody";
    action: "Tindakan", "Action";
    every_action: "Semua tindakan", "Every action";
    from: "Dari", "From";
    to: "Sampai", "To";
    filter: "Saring", "Filter";
    export: "Unduh CSV", "Download CSV";
    older: "Lebih lama", "Older";
    when: "Kapan", "When";
    about: "Tentang", "About";
    detail: "Rincian", "Detail";
    the_product: "Sistem", "System";
    // ── operator ──
    clients: "Klien", "Clients";
    totals: "{} ruang kerja, {} anggota, {} kontak", "{} workspaces, {} members, {} contacts";
    search: "Cari nama, alamat, atau email", "Search name, address or email";
    search_do: "Cari", "Search";
    no_clients: "Tidak ada klien yang cocok.", "No clients match.";
    new_client: "Klien baru", "New client";
    business: "Nama usaha", "Business name";
    client_created: "Klien dibuat.", "The client was created.";
    temporary_password: "Kata sandi sementara, hanya tampil sekali ini: {}", "Temporary password, shown only this once: {}";
    members: "Anggota", "Members";
    contacts: "Kontak", "Contacts";
    last_activity: "Aktivitas terakhir", "Last activity";
    never: "belum ada", "none yet";
    suspend: "Tangguhkan", "Suspend";
    resume: "Aktifkan lagi", "Open again";
    reason: "Alasan", "Reason";
    newer: "Lebih baru", "Newer";
    // ── what stands against it ──
    e_missing: "Kolom {} masih kosong.", "{} is empty.";
    e_too_long: "Kolom {} terlalu panjang: paling banyak {} karakter.", "{} is too long: at most {} characters.";
    e_malformed: "Isi kolom {} tidak sesuai. Periksa, lalu coba lagi.", "{} is not right. Check it and try again.";
    already_member: "Alamat ini sudah menjadi anggota.", "This address belongs to a member already.";
    at_clerk: "Ini diatur di Clerk: buka pengaturan organisasi lewat pemilih organisasi.", "This is decided in Clerk: open the organisation's settings in the organisation switcher.";
    more_than_own: "Anda tidak bisa memberi atau mencabut izin yang tidak Anda punya.", "You cannot give or take permissions that you lack.";
    owner_role: "Peran pemilik tidak bisa diubah. Serahkan dulu kepemilikannya.", "The owner's role cannot be changed. Hand over the ownership first.";
    owner_removed: "Pemilik tidak bisa dikeluarkan. Serahkan dulu kepemilikannya.", "The owner cannot be removed. Hand over the ownership first.";
    not_confirmed: "Nama ruang kerja yang diketik tidak cocok. Tidak ada yang diubah.", "The name you typed is not the workspace's. Nothing was changed.";
    rights_moved: "Hak Anda baru saja berubah. Muat ulang halaman ini.", "Your rights have just changed. Reload this page.";
    role_in_use: "Peran ini masih dipakai anggota atau undangan.", "Members or open invitations still have this role.";
    macro_taken: "Makro lain sudah bernama begini.", "Another macro has this name.";
    too_many_macros: "Makro sudah terlalu banyak. Hapus yang tidak dipakai.", "There are too many macros. Delete those nobody uses.";
    field_choices: "Pilihan", "The choices";
    choice_taken: "Dua pilihan tidak bisa bernama sama.", "Two choices cannot have the same name.";
    field_taken: "Kolom lain sudah bernama begini.", "Another field has this name.";
    too_many_fields: "Paling banyak 30 kolom.", "There can be 30 fields at most.";
    stage_taken: "Tahap lain sudah bernama begini.", "Another stage has this name.";
    tag_taken: "Tag lain sudah bernama begini.", "Another tag has this name.";
    too_many_stages: "Paling banyak 20 tahap.", "There can be 20 stages at most.";
    too_many_tags: "Paling banyak 200 tag. Hapus yang tidak dipakai.", "There can be 200 tags at most. Delete those nobody uses.";
    too_few_stages: "Paling sedikit dua tahap harus ada.", "At least two stages must remain.";
    shortcut_taken: "Pintasan ini sudah dipakai balasan cepat lain.", "Another quick reply has this shortcut.";
    too_many_quick_replies: "Balasan cepat sudah terlalu banyak. Hapus yang tidak dipakai.", "There are too many quick replies. Delete those nobody uses.";
    name_taken: "Nama ini sudah dipakai.", "This name is taken.";
    slug_taken: "Nama ini sudah terlalu sering dipakai. Pilih yang lain.", "This name is taken too often. Choose another.";
    invitation_settled: "Undangan ini sudah tidak terbuka.", "This invitation is no longer open.";
    invalid_token: "Tautan undangan ini tidak lengkap. Salin seluruh tautan dari email.", "This invitation link is not complete. Copy the whole link from the mail.";
    invitation_not_found: "Undangan ini tidak dikenal. Mungkin sudah dikirim ulang: pakai email yang terbaru.", "This invitation is not known. It may have been sent again: use the latest mail.";
    already_accepted: "Undangan ini sudah diterima.", "This invitation was accepted already.";
    invitation_expired: "Undangan ini sudah kedaluwarsa. Minta pengundang mengirimnya lagi.", "This invitation has expired. Ask for it to be sent again.";
    invitation_cancelled: "Undangan ini sudah dibatalkan. Hubungi pengundang.", "This invitation was withdrawn. Contact whoever invited you.";
    email_mismatch: "Undangan ini untuk alamat lain. Masuk dengan alamat yang diundang.", "This invitation is for another address. Sign in with the invited one.";
    own_workspace: "Anda sendiri anggota ruang kerja itu, jadi tidak bisa menangguhkannya.", "You belong to that workspace yourself, so you cannot suspend it.";
    // ── permissions ──
    p_view_all: "Melihat semua percakapan dan kontak", "See all conversations and contacts";
    p_view_team: "Melihat percakapan grupnya", "See the conversations of their groups";
    p_see_numbers: "Melihat nomor telepon", "See phone numbers";
    p_reply: "Membalas pelanggan", "Answer customers";
    p_assign: "Membagi percakapan", "Assign conversations";
    p_delete: "Menghapus kontak", "Delete contacts";
    p_export: "Mengekspor kontak", "Export contacts";
    p_invite: "Mengundang anggota", "Invite members";
    p_remove: "Mengeluarkan anggota", "Remove members";
    p_change_role: "Mengubah peran dan grup", "Change roles and groups";
    p_manage_roles: "Menyusun peran khusus", "Make own roles";
    p_settings: "Mengubah pengaturan", "Change settings";
    p_audit: "Membaca catatan perubahan", "Read the audit log";
    p_tickets_assign: "Membagi tiket", "Assign tickets";
    p_tickets_transition: "Memindahkan tiket", "Move tickets";
    p_tickets_skip: "Melompati tahap tiket", "Skip ticket stages";
    p_labels: "Mengatur tahap, tag, dan kolom kontak", "Manage stages, tags and contact fields";
    p_quick_replies: "Mengatur balasan cepat dan makro", "Manage quick replies and macros";
}

/// Puts the values into the gaps, in order.
pub fn fill(sentence: &str, values: &[&str]) -> String {
    let mut parts = sentence.split("{}");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for (place, part) in parts.enumerate() {
        filled.push_str(values.get(place).copied().unwrap_or_default());
        filled.push_str(part);
    }
    filled
}

impl Team {
    /// What a stage's dot says.
    pub fn temperature(&self, temperature: &str) -> &'static str {
        match temperature {
            "cold" => self.dot_cold,
            "warm" => self.dot_warm,
            "hot" => self.dot_hot,
            "won" => self.dot_won,
            _ => self.dot_none,
        }
    }

    /// The sentence for the key of what stands against something, or of what a test found wrong.
    pub fn refusal(&self, key: &str) -> Option<&'static str> {
        Some(match key {
            "already_member" => self.already_member,
            "at_clerk" => self.at_clerk,
            "more_than_own" => self.more_than_own,
            "owner_role" => self.owner_role,
            "owner_removed" => self.owner_removed,
            "not_confirmed" => self.not_confirmed,
            "rights_moved" => self.rights_moved,
            "role_in_use" => self.role_in_use,
            "name_taken" => self.name_taken,
            "slug_taken" => self.slug_taken,
            "invitation_settled" => self.invitation_settled,
            "invalid_token" => self.invalid_token,
            "invitation_not_found" => self.invitation_not_found,
            "already_accepted" => self.already_accepted,
            "invitation_expired" => self.invitation_expired,
            "invitation_cancelled" => self.invitation_cancelled,
            "email_mismatch" => self.email_mismatch,
            "own_workspace" => self.own_workspace,
            "no_key" => self.no_key,
            "key_refused" => self.key_refused,
            "key_not_for_number" => self.key_not_for_number,
            "number_unknown" => self.number_unknown,
            "provider_unreachable" => self.provider_unreachable,
            "number_taken" => self.number_taken,
            "choice_taken" => self.choice_taken,
            "field_taken" => self.field_taken,
            "too_many_fields" => self.too_many_fields,
            "stage_taken" => self.stage_taken,
            "tag_taken" => self.tag_taken,
            "too_many_stages" => self.too_many_stages,
            "too_many_tags" => self.too_many_tags,
            "too_few_stages" => self.too_few_stages,
            "macro_taken" => self.macro_taken,
            "too_many_macros" => self.too_many_macros,
            "shortcut_taken" => self.shortcut_taken,
            "too_many_quick_replies" => self.too_many_quick_replies,
            _ => return None,
        })
    }

    /// What a form calls its field.
    pub fn field(&self, field: &str) -> &'static str {
        match field {
            "email" => self.email,
            "role" => self.role,
            "time_zone" => self.time_zone,
            "phone_number_id" => self.phone_number_id,
            "api_key" => self.api_key,
            "webhook_secret" => self.webhook_secret,
            "business" => self.business,
            "reason" => self.reason,
            "from" => self.from,
            "to" => self.to,
            "person" => self.person,
            "shortcut" => self.shortcut,
            "choices" => self.field_choices,
            "macro" => self.macro_does,
            "text" => self.quick_reply_body,
            _ => self.name,
        }
    }

    /// What a permission allows, by its key.
    pub fn permission(&self, key: &str) -> Option<&'static str> {
        Some(match key {
            "leads:view_all" => self.p_view_all,
            "leads:view_team" => self.p_view_team,
            "contacts:see_numbers" => self.p_see_numbers,
            "conversations:reply" => self.p_reply,
            "conversations:assign" => self.p_assign,
            "leads:delete" => self.p_delete,
            "leads:export" => self.p_export,
            "team:invite" => self.p_invite,
            "team:remove" => self.p_remove,
            "team:change_role" => self.p_change_role,
            "team:manage_roles" => self.p_manage_roles,
            "workspace:settings" => self.p_settings,
            "workspace:audit" => self.p_audit,
            "tickets:assign" => self.p_tickets_assign,
            "tickets:transition" => self.p_tickets_transition,
            "tickets:skip_stage" => self.p_tickets_skip,
            "quick_replies:manage" => self.p_quick_replies,
            "labels:manage" => self.p_labels,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_filled_in_order() {
        assert_eq!(fill("{} dari {}", &["1", "3"]), "1 dari 3");
        assert_eq!(fill("tanpa celah", &["x"]), "tanpa celah");
        assert_eq!(fill("{} dan {}", &["{}"]), "{} dan ");
    }

    #[test]
    fn every_permission_has_words() {
        for permission in crate::workspace::Permission::ALL {
            // What other parts of the product add may be shown by its key until it has words.
            if let Some(words) = ID.permission(permission.key()) {
                assert!(!words.is_empty());
            }
        }
        assert!(ID.permission("team:invite").is_some());
    }
}
