//! The landing page and the way in.

/// One language.
pub struct FrontDoor {
    pub tagline: &'static str,
    pub tagline_first: &'static str,
    pub tagline_second: &'static str,
    pub example_question: &'static str,
    pub example_answer: &'static str,
    pub example_handover: &'static str,
    pub example_reply: &'static str,
    pub sign_in: &'static str,
    pub sign_in_title: &'static str,
    pub sign_in_subtitle: &'static str,
    pub email: &'static str,
    pub password: &'static str,
    pub demo_title: &'static str,
    pub demo_as: fn(&str, &str) -> String,
}

pub(super) static ID: FrontDoor = FrontDoor {
    tagline: "Kotak masuk WhatsApp bersama: ARI menjawab lebih dulu, tim mengambil alih kapan saja.",
    tagline_first: "Pelanggan dibalas.",
    tagline_second: "Tim tetap tenang.",
    example_question: "Kak, batik parangnya masih ada ukuran L?",
    example_answer: "Masih ada 4 potong, kak. Rp 289.000, bisa kirim besok pagi dari Solo.",
    example_handover: "ARI menyerahkan ke Sekar karena pelanggan minta transfer",
    example_reply: "Siap, ini nomor rekeningnya ya, Kak Wening.",
    sign_in: "Masuk",
    sign_in_title: "Masuk ke ruang kerja",
    sign_in_subtitle: "Satu kotak masuk untuk seluruh tim.",
    email: "Email",
    password: "Kata sandi",
    demo_title: "Coba demo tanpa daftar",
    demo_as: |role, workspace| format!("Masuk sebagai {role} · {workspace}"),
};

pub(super) static EN: FrontDoor = FrontDoor {
    tagline: "A shared WhatsApp inbox: ARI answers first, your team takes over at any time.",
    tagline_first: "Customers answered.",
    tagline_second: "A calm team.",
    example_question: "Do you still have the parang batik in size L?",
    example_answer: "4 pieces left. Rp 289,000, we can ship from Solo tomorrow morning.",
    example_handover: "ARI handed over to Sekar: the customer asked to pay by transfer",
    example_reply: "Sure, here is the account number, Wening.",
    sign_in: "Sign in",
    sign_in_title: "Sign in to your workspace",
    sign_in_subtitle: "One inbox for the whole team.",
    email: "Email",
    password: "Password",
    demo_title: "Try the demo without signing up",
    demo_as: |role, workspace| format!("Sign in as {role} · {workspace}"),
};
