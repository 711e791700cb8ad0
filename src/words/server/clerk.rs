//! The pages around Clerk's components.

/// One language.
pub struct ClerkWords {
    pub sign_in_title: &'static str,
    pub sign_up_title: &'static str,
    pub loading: &'static str,
    pub needs_script: &'static str,
    /// Clerk's script did not come, or the session it has is not accepted here.
    pub trouble: &'static str,
    pub try_again: &'static str,
    pub refreshing_title: &'static str,
    pub refreshing_text: &'static str,
    pub sign_in_again: &'static str,
    pub organization_title: &'static str,
    pub organization_text: &'static str,
    pub on_its_way_title: &'static str,
    pub on_its_way_text: &'static str,
    pub your_workspaces: &'static str,
    pub account: &'static str,
    pub sign_out: &'static str,
}

pub(super) static ID: ClerkWords = ClerkWords {
    sign_in_title: "Masuk",
    sign_up_title: "Daftar",
    loading: "Memuat…",
    needs_script: "Halaman ini memerlukan JavaScript. Aktifkan JavaScript di peramban Anda, lalu muat ulang halaman.",
    trouble: "Halaman masuk belum bisa dimuat. Periksa koneksi internet Anda, lalu coba lagi. Jika tetap gagal, hubungi pengelola ruang kerja.",
    try_again: "Coba lagi",
    refreshing_title: "Sebentar ya",
    refreshing_text: "Sesi Anda sedang diperbarui. Tulisan yang belum terkirim tetap tersimpan.",
    sign_in_again: "Masuk lagi",
    organization_title: "Pilih organisasi",
    organization_text: "Setiap organisasi punya ruang kerja sendiri. Pilih salah satu, atau buat yang baru.",
    on_its_way_title: "Ruang kerja sedang disiapkan",
    on_its_way_text: "Biasanya hanya beberapa detik. Halaman ini memuat ulang sendiri.",
    your_workspaces: "Ruang kerja Anda",
    account: "Akun",
    sign_out: "Keluar",
};

pub(super) static EN: ClerkWords = ClerkWords {
    sign_in_title: "Sign in",
    sign_up_title: "Sign up",
    loading: "Loading…",
    needs_script: "This page needs JavaScript. Switch it on in your browser, then load the page again.",
    trouble: "The sign-in form could not be loaded. Check your internet connection and try again. If it still fails, ask whoever runs your workspace.",
    try_again: "Try again",
    refreshing_title: "One moment",
    refreshing_text: "Your session is being renewed. What you have not sent yet is kept.",
    sign_in_again: "Sign in again",
    organization_title: "Choose an organization",
    organization_text: "Each organization has a workspace of its own. Choose one, or create a new one.",
    on_its_way_title: "Your workspace is being prepared",
    on_its_way_text: "This usually takes a few seconds. The page reloads by itself.",
    your_workspaces: "Your workspaces",
    account: "Account",
    sign_out: "Sign out",
};
