//! What mails say. A paragraph is plain text: whoever renders it escapes it.

/// One language.
pub struct MailWords {
    pub greeting: fn(&str) -> String,
    /// What stands under every mail.
    pub footer: &'static str,
    /// Above the address of the button, for programs that show no buttons.
    pub link_by_hand: &'static str,
    /// A role's name in the middle of a sentence. A role that the workspace made itself keeps its own name.
    pub role: fn(&str) -> Option<&'static str>,

    // the page of sent and failed mails
    pub page_title: &'static str,
    pub page_text: &'static str,
    pub page_empty_title: &'static str,
    pub page_empty_text: &'static str,
    pub page_resend: &'static str,
    pub page_resent: &'static str,
    pub page_not_failed: &'static str,
    pub page_why: fn(&str) -> String,
    pub state: fn(&str) -> &'static str,

    pub verify_subject: &'static str,
    pub verify_text: &'static str,
    pub verify_button: &'static str,
    pub verify_unwanted: &'static str,

    pub known_subject: &'static str,
    pub known_text: &'static str,
    pub known_button: &'static str,
    pub known_unwanted: &'static str,

    pub reset_subject: &'static str,
    pub reset_text: &'static str,
    pub reset_button: &'static str,
    pub reset_unwanted: &'static str,

    pub changed_subject: &'static str,
    pub changed_text: &'static str,
    pub changed_unwanted: &'static str,
    pub changed_button: &'static str,

    pub temporary_subject: fn(&str) -> String,
    pub temporary_text: fn(&str) -> String,
    pub temporary_password: fn(&str) -> String,
    pub temporary_button: &'static str,

    pub invitation_subject: fn(&str, &str) -> String,
    pub invitation_text: fn(&str, &str, &str) -> String,
    pub invitation_button: &'static str,
    pub invitation_days: fn(i64) -> String,

    pub role_subject: fn(&str) -> String,
    pub role_text: fn(&str, &str, &str) -> String,

    pub removed_subject: fn(&str) -> String,
    pub removed_text: fn(&str, &str) -> String,

    /// Of a workspace; and each line with how many.
    pub digest_subject: fn(&str) -> String,
    pub digest_text: fn(&str) -> String,
    pub digest_late: fn(&str) -> String,
    pub digest_waiting: fn(&str) -> String,
    pub digest_unread: fn(&str) -> String,
    pub digest_nobodys: fn(&str) -> String,
    pub digest_mentions: fn(&str) -> String,
    pub digest_tasks: fn(&str) -> String,
    pub digest_button: &'static str,
    pub digest_why: &'static str,

    pub owner_subject: fn(&str) -> String,
    pub owner_text: fn(&str, &str) -> String,
}

pub(super) static ID: MailWords = MailWords {
    greeting: |name| format!("Halo {name},"),
    footer: "Email ini dikirim otomatis oleh my21staff. Mohon tidak membalas email ini.",
    link_by_hand: "Jika tombolnya tidak berfungsi, salin alamat ini ke peramban Anda:",
    role: |role| match role {
        "owner" => Some("pemilik"),
        "admin" => Some("admin"),
        "member" => Some("anggota"),
        _ => None,
    },

    page_title: "Email terkirim",
    page_text: "Undangan dan pemberitahuan dari ruang kerja ini, terbaru di atas.",
    page_empty_title: "Belum ada email",
    page_empty_text: "Email muncul di sini setelah Anda mengundang seseorang atau mengubah perannya.",
    page_resend: "Kirim ulang",
    page_resent: "Email sedang dikirim ulang.",
    page_not_failed: "Email ini sedang dikirim atau sudah terkirim.",
    page_why: |reason| format!("Penyebab: {reason}"),
    state: |state| match state {
        "sent" => "Terkirim",
        "failed" => "Gagal",
        _ => "Menunggu",
    },

    verify_subject: "Konfirmasi alamat email Anda",
    verify_text: "Terima kasih sudah mendaftar di my21staff. Tekan tombol di bawah untuk mengonfirmasi alamat email ini dan mengaktifkan akun Anda. Tautannya berlaku 24 jam.",
    verify_button: "Konfirmasi email",
    verify_unwanted: "Jika Anda tidak mendaftar, abaikan saja email ini. Tanpa konfirmasi, akunnya tidak aktif.",

    known_subject: "Anda sudah punya akun",
    known_text: "Ada yang mencoba mendaftar di my21staff dengan alamat email ini. Alamat ini sudah punya akun, jadi tidak ada yang berubah. Anda bisa langsung masuk; jika lupa kata sandi, mintalah yang baru di halaman masuk.",
    known_button: "Masuk",
    known_unwanted: "Jika bukan Anda, abaikan saja email ini.",

    reset_subject: "Atur ulang kata sandi",
    reset_text: "Kami menerima permintaan untuk mengatur ulang kata sandi akun my21staff Anda. Tautan di bawah berlaku 1 jam dan hanya bisa dipakai sekali.",
    reset_button: "Buat kata sandi baru",
    reset_unwanted: "Jika Anda tidak memintanya, abaikan saja email ini. Kata sandi Anda tidak berubah.",

    changed_subject: "Pengamanan akun Anda berubah",
    changed_text: "Kata sandi atau cara masuk akun my21staff Anda baru saja diubah, dan sesi di perangkat lain sudah diakhiri.",
    changed_unwanted: "Jika bukan Anda yang mengubahnya, segera buat kata sandi baru.",
    changed_button: "Buat kata sandi baru",

    temporary_subject: |workspace| format!("Akun Anda untuk {workspace}"),
    temporary_text: |workspace| {
        format!(
            "Akun my21staff Anda untuk ruang kerja {workspace} sudah siap. Masuklah dengan kata sandi sementara di bawah; setelah itu Anda diminta menggantinya."
        )
    },
    temporary_password: |password| format!("Kata sandi sementara: {password}"),
    temporary_button: "Masuk",

    invitation_subject: |inviter, workspace| format!("{inviter} mengundang Anda ke {workspace}"),
    invitation_text: |inviter, workspace, role| {
        format!("{inviter} mengundang Anda bergabung ke ruang kerja {workspace} di my21staff sebagai {role}.")
    },
    invitation_button: "Terima undangan",
    invitation_days: |days| format!("Undangan ini berlaku {days} hari. Jika Anda tidak mengenal pengundangnya, abaikan saja email ini."),

    role_subject: |workspace| format!("Peran Anda di {workspace} berubah"),
    role_text: |by, workspace, role| {
        format!("{by} mengubah peran Anda di ruang kerja {workspace} menjadi {role}. Perubahan ini langsung berlaku.")
    },

    removed_subject: |workspace| format!("Anda tidak lagi menjadi anggota {workspace}"),
    removed_text: |by, workspace| {
        format!(
            "{by} mengeluarkan Anda dari ruang kerja {workspace}. Anda tidak bisa lagi membukanya. Jika ini keliru, hubungi pemilik ruang kerja tersebut."
        )
    },

    digest_subject: |workspace| format!("Yang menunggu Anda di {workspace}"),
    digest_text: |workspace| format!("Yang menunggu Anda di ruang kerja {workspace}:"),
    digest_late: |count| format!("• {count} percakapan Anda melewati janji waktunya"),
    digest_waiting: |count| format!("• {count} pelanggan Anda menunggu balasan"),
    digest_unread: |count| format!("• {count} percakapan Anda belum dibaca"),
    digest_nobodys: |count| format!("• {count} pelanggan tanpa pemilik menunggu balasan"),
    digest_mentions: |count| format!("• {count} catatan menyebut Anda"),
    digest_tasks: |count| format!("• {count} tugas Anda jatuh tempo sampai akhir hari ini"),
    digest_button: "Buka kotak masuk",
    digest_why: "Anda menerima email ini karena memintanya di Pengaturan → Pemberitahuan.",

    owner_subject: |workspace| format!("Anda sekarang pemilik {workspace}"),
    owner_text: |by, workspace| {
        format!(
            "{by} menyerahkan kepemilikan ruang kerja {workspace} kepada Anda. Mulai sekarang Anda yang mengatur tim, peran, dan sambungan WhatsApp-nya."
        )
    },
};

pub(super) static EN: MailWords = MailWords {
    greeting: |name| format!("Hello {name},"),
    footer: "This mail was sent automatically by my21staff. Please do not answer it.",
    link_by_hand: "If the button does not work, copy this address into your browser:",
    role: |role| match role {
        "owner" => Some("owner"),
        "admin" => Some("admin"),
        "member" => Some("member"),
        _ => None,
    },

    page_title: "Sent mail",
    page_text: "Invitations and notices from this workspace, newest first.",
    page_empty_title: "No mail yet",
    page_empty_text: "Mails appear here once you invite somebody or change a role.",
    page_resend: "Send again",
    page_resent: "The mail is being sent again.",
    page_not_failed: "This mail is on its way, or was sent.",
    page_why: |reason| format!("Reason: {reason}"),
    state: |state| match state {
        "sent" => "Sent",
        "failed" => "Failed",
        _ => "Waiting",
    },

    verify_subject: "Confirm your email address",
    verify_text: "Thank you for signing up at my21staff. Press the button below to confirm this address and open your account. The link is good for 24 hours.",
    verify_button: "Confirm email",
    verify_unwanted: "If you did not sign up, ignore this mail. Without confirmation the account stays closed.",

    known_subject: "You already have an account",
    known_text: "Somebody tried to sign up at my21staff with this address. It has an account already, so nothing was changed. You can simply sign in; if you forgot the password, ask for a new one on the sign-in page.",
    known_button: "Sign in",
    known_unwanted: "If it was not you, ignore this mail.",

    reset_subject: "Reset your password",
    reset_text: "We were asked to reset the password of your my21staff account. The link below is good for 1 hour and works once.",
    reset_button: "Choose a new password",
    reset_unwanted: "If you did not ask for it, ignore this mail. Your password stays as it is.",

    changed_subject: "The security of your account has changed",
    changed_text: "The password of your my21staff account, or another way to sign in, was changed just now, and sessions on other devices were ended.",
    changed_unwanted: "If it was not you, choose a new password at once.",
    changed_button: "Choose a new password",

    temporary_subject: |workspace| format!("Your account for {workspace}"),
    temporary_text: |workspace| {
        format!(
            "Your my21staff account for the workspace {workspace} is ready. Sign in with the temporary password below; you will then be asked to replace it."
        )
    },
    temporary_password: |password| format!("Temporary password: {password}"),
    temporary_button: "Sign in",

    invitation_subject: |inviter, workspace| format!("{inviter} invites you to {workspace}"),
    invitation_text: |inviter, workspace, role| format!("{inviter} invites you to join the workspace {workspace} at my21staff as {role}."),
    invitation_button: "Accept the invitation",
    invitation_days: |days| format!("The invitation is good for {days} days. If you do not know who sent it, ignore this mail."),

    role_subject: |workspace| format!("Your role in {workspace} has changed"),
    role_text: |by, workspace, role| format!("{by} changed your role in the workspace {workspace} to {role}. It applies from now on."),

    removed_subject: |workspace| format!("You are no longer a member of {workspace}"),
    removed_text: |by, workspace| {
        format!(
            "{by} removed you from the workspace {workspace}. You can no longer open it. If this is a mistake, speak to the owner of that workspace."
        )
    },

    digest_subject: |workspace| format!("What waits for you in {workspace}"),
    digest_text: |workspace| format!("What waits for you in the workspace {workspace}:"),
    digest_late: |count| format!("• conversations of yours past a promised time: {count}"),
    digest_waiting: |count| format!("• customers of yours who wait for an answer: {count}"),
    digest_unread: |count| format!("• conversations of yours with something unread: {count}"),
    digest_nobodys: |count| format!("• customers of nobody’s who wait for an answer: {count}"),
    digest_mentions: |count| format!("• notes that name you: {count}"),
    digest_tasks: |count| format!("• tasks of yours that are due by the end of today: {count}"),
    digest_button: "Open the inbox",
    digest_why: "You get this mail because you asked for it in Settings → Notifications.",

    owner_subject: |workspace| format!("You now own {workspace}"),
    owner_text: |by, workspace| {
        format!(
            "{by} handed the ownership of the workspace {workspace} to you. From now on you look after its team, its roles and its WhatsApp connection."
        )
    },
};
