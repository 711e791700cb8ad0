//! The sentences about notes with which something is to be done, where they stand in the inbox. Their page has more (`server::tasks`).

/// One language. See [`super::Words`].
pub struct ToDoWords {
    pub title: &'static str,
    /// How many of one's own are due.
    pub badge: fn(i64) -> String,
    /// The label of the time by which.
    pub due: &'static str,
    pub due_at: fn(&str) -> String,
    pub late: fn(&str) -> String,
    pub was_done: fn(&str) -> String,
    pub finish: &'static str,
    pub wrong_time: &'static str,
    /// Who, and how the note begins.
    done: fn(&str, &str) -> String,
    reopened: fn(&str, &str) -> String,
    dropped: fn(&str, &str) -> String,
}

impl ToDoWords {
    /// The line that tells what somebody did about a note.
    pub(super) fn line(&self, kind: &str, who: &str, note: &str) -> String {
        match kind {
            "task_done" => (self.done)(who, note),
            "task_reopened" => (self.reopened)(who, note),
            _ => (self.dropped)(who, note),
        }
    }
}

pub(super) static ID: ToDoWords = ToDoWords {
    title: "Tugas",
    badge: |count| format!("{count} tugas jatuh tempo"),
    due: "Tenggat",
    due_at: |when| format!("Tenggat {when}"),
    late: |when| format!("Terlewat: {when}"),
    was_done: |when| format!("Selesai {when}"),
    finish: "Selesaikan",
    wrong_time: "Pilih waktu yang akan datang, paling lama setahun lagi.",
    reopened: |who, note| format!("{who} membuka lagi tugas “{note}”"),
    dropped: |who, note| format!("{who} menghapus tenggat “{note}”"),
    done: |who, note| format!("{who} menyelesaikan tugas “{note}”"),
};

pub(super) static EN: ToDoWords = ToDoWords {
    title: "Tasks",
    badge: |count| if count == 1 { "1 task is due".to_owned() } else { format!("{count} tasks are due") },
    due: "Due",
    due_at: |when| format!("Due {when}"),
    late: |when| format!("Overdue: {when}"),
    was_done: |when| format!("Done {when}"),
    finish: "Mark as done",
    wrong_time: "Choose a time ahead, at most a year from now.",
    reopened: |who, note| format!("{who} opened the task “{note}” again"),
    dropped: |who, note| format!("{who} took the time off “{note}”"),
    done: |who, note| format!("{who} finished the task “{note}”"),
};
