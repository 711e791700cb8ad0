// The words that the tests look for, as people read them (src/words). A test that finds a control by its name also proves that it has one.

export type Locale = "id" | "en";

export const WORDS = {
  id: {
    conversations: "Daftar percakapan",
    thread: "Pesan",
    compose: "Tulis balasan",
    send: "Kirim",
    takeOverAndSend: "Ambil alih dan kirim",
    takeOver: "Ambil alih",
    handBack: "Kembalikan ke ARI",
    tookOver: "mengambil percakapan ini",
    connected: "Tersambung",
    read: "dibaca",
    account: /^Akun/,
    signOut: "Keluar",
    light: "Terang",
    dark: "Gelap",
    back: /^Kembali ke daftar/,
    demoAs: (role: string) => new RegExp(`^Masuk sebagai ${role}`),
    unread: (count: number) => `${count} belum dibaca`,
  },
  en: {
    conversations: "Conversations",
    thread: "Messages",
    compose: "Write a reply",
    send: "Send",
    takeOverAndSend: "Take over and send",
    takeOver: "Take over",
    handBack: "Hand back to ARI",
    tookOver: "took this conversation",
    connected: "Connected",
    read: "read",
    account: /^Account/,
    signOut: "Sign out",
    light: "Light",
    dark: "Dark",
    back: /^Back to the list/,
    demoAs: (role: string) => new RegExp(`^Sign in as ${role}`),
    unread: (count: number) => `${count} unread`,
  },
} as const;
