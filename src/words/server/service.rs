//! When the team is there and what it promises. Gaps are `{}`, filled by [`super::fill`].

use crate::workspace::server::service::{LARGEST_CAPACITY, LONGEST_ANSWER, LONGEST_RESOLUTION};

words! { ServiceWords;
    title: "Jam kerja & janji", "Hours & promises";
    promises: "Janji kepada pelanggan", "What customers are promised";
    promises_text: "Dihitung dalam jam kerja. Sisa waktunya tampak di daftar percakapan, dan yang bertugas diberi tahu saat lewat. Kosongkan yang tidak dijanjikan.", "Counted in working hours. What is left shows in the list of conversations, and whoever is responsible is told when it has passed. Leave empty what is not promised.";
    first_answer: "Balasan pertama, paling lama (menit)", "First answer, at most (minutes)";
    first_answer_hint: "Sejak pelanggan menulis, atau sejak ARI menyerahkan kepada tim.", "Since the customer wrote, or since ARI handed over to the team.";
    next_answer: "Balasan berikutnya, paling lama (menit)", "Later answers, at most (minutes)";
    resolution: "Percakapan selesai, paling lama (jam)", "Conversation closed, at most (hours)";
    raise_late: "Yang terlambat menjadi prioritas tinggi", "What is overdue becomes high priority";
    giving: "Pembagian otomatis", "Automatic assignment";
    giving_text: "Percakapan tim yang menunggu dan belum ada pemiliknya diberikan kepada yang boleh membalas. Yang melepas percakapan tidak mendapatnya lagi.", "Conversations of the team that wait and belong to nobody are given to people who may answer. Whoever let one go does not get it again.";
    mode: "Cara membagi", "How";
    mode_off: "Tidak dibagikan", "Not given out";
    mode_round_robin: "Bergiliran", "In turn";
    mode_least_busy: "Kepada yang paling sedikit memegang", "To whoever has fewest";
    online_only: "Hanya kepada yang sedang membuka kotak masuk", "Only to who has the inbox open";
    capacity: "Paling banyak per orang (kosong: tanpa batas)", "At most per person (empty: no limit)";
    whom: "Kepada", "To";
    whom_all: "Semua yang boleh membalas", "Everybody who may answer";
    away_title: "Saya", "Me";
    away_no: "Saya ikut mendapat percakapan yang dibagikan.", "I take part when conversations are given out.";
    away_yes: "Saya sedang tidak mendapat percakapan yang dibagikan.", "I am not given any conversations for now.";
    go_away: "Jangan beri saya dulu", "Give me none for now";
    come_back: "Beri saya lagi", "Give me some again";
    hours: "Jam kerja", "Working hours";
    hours_text: "Beberapa rentang sehari dipisah koma: 08.00–12.00, 13.00–17.00. Kosong berarti libur. Kalau semua hari kosong, jam kerja dihitung siang dan malam.", "Several periods a day, with commas between: 08:00–12:00, 13:00–17:00. Empty means a day off. With every day empty, day and night count.";
    zone: "Menurut jam {}.", "By the clocks of {}.";
    weekdays: "Senin Selasa Rabu Kamis Jumat Sabtu Minggu", "Monday Tuesday Wednesday Thursday Friday Saturday Sunday";
    save: "Simpan", "Save";
    holidays: "Hari libur", "Holidays";
    holidays_text: "Pada hari-hari ini tidak ada jam kerja.", "These days have no working hours.";
    no_holidays: "Belum ada hari libur ke depan.", "No holidays ahead yet.";
    past: "Yang sudah lewat ({})", "Those that have passed ({})";
    remove: "Hapus", "Remove";
    day: "Tanggal", "Date";
    holiday: "Nama hari libur", "Name of the holiday";
    add: "Tambahkan", "Add";
    national: "Tambahkan libur nasional {}", "Add the public holidays of {}";
    incomplete: "Untuk {} tombol itu hanya tahu yang pasti dari kalender. Nyepi, Idulfitri dan lainnya ditetapkan pemerintah; tambahkan sendiri setelah diumumkan.", "For {} the button only knows those that follow from the calendar. Nyepi, Eid and others are set by the government; add them once they are announced.";
    removed: "Hari libur dihapus. Untuk mengembalikannya, tekan Tambahkan.", "The holiday was removed. To put it back, press Add.";
    bad_hours: "Jam kerja hari {} tidak terbaca. Tulis seperti 08.00–12.00, 13.00–17.00, tanpa tumpang tindih.", "The working hours of {} cannot be read. Write them like 08:00–12:00, 13:00–17:00, without overlaps.";
    bad_number: "Tulis angka bulat dari 1 sampai {}, atau kosongkan: {}.", "Write a whole number from 1 to {}, or leave it empty: {}.";
    bad_day: "Tanggal itu tidak ada.", "There is no such date.";
    too_long: "Jam kerja setahun tidak cukup untuk janji itu. Perpendek janjinya atau tambah jam kerja.", "A year of these working hours is not enough for that promise. Shorten it or add hours.";
    too_many: "Sudah ada 400 hari libur. Hapus yang sudah lewat.", "There are 400 holidays already. Remove those that have passed.";
}

impl ServiceWords {
    /// What a day of the week is called, Monday first.
    pub fn weekday(&self, day: usize) -> &'static str {
        self.weekdays.split(' ').nth(day).unwrap_or_default()
    }

    /// What was wrong with a field, if there is a sentence of its own for it.
    pub fn problem(&self, field: &str) -> Option<String> {
        let day = field.strip_prefix("week").and_then(|day| Some(self.weekday(day.parse().ok()?)));
        let number = |most: i32, name: &str| Some(super::fill(self.bad_number, &[&most.to_string(), name]));
        match (field, day) {
            (_, Some(day)) => Some(super::fill(self.bad_hours, &[day])),
            ("first_answer", _) => number(LONGEST_ANSWER, self.first_answer),
            ("next_answer", _) => number(LONGEST_ANSWER, self.next_answer),
            ("capacity", _) => number(LARGEST_CAPACITY, self.capacity),
            ("resolution", _) => number(LONGEST_RESOLUTION, self.resolution),
            ("day", _) => Some(self.bad_day.to_owned()),
            _ => None,
        }
    }
}
