//! What a browser says of itself, in the few words that a list of sessions needs.

/// `Chrome · Android`. Unknown programs give an empty text: what they wrote is not repeated.
pub fn in_words(user_agent: &str) -> String {
    // Order matters: most browsers name others that they are like.
    let browser = first(
        user_agent,
        &[("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox")],
    )
    .or_else(|| first(user_agent, &[("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari")]));
    let system = first(
        user_agent,
        &[
            ("Android", "Android"),
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Windows", "Windows"),
            ("CrOS", "ChromeOS"),
            ("Mac OS X", "Mac"),
            ("Linux", "Linux"),
        ],
    );
    [browser, system].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn first(text: &str, marks: &[(&str, &'static str)]) -> Option<&'static str> {
    marks.iter().find_map(|(mark, name)| text.contains(mark).then_some(*name))
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn browsers_are_told_from_those_they_pretend_to_be() {
        let chrome =
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36";
        let edge =
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0";
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
        let firefox = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0";
        for (agent, words) in
            [(chrome, "Chrome · Android"), (edge, "Edge · Windows"), (safari, "Safari · iPhone"), (firefox, "Firefox · Mac")]
        {
            assert_eq!(in_words(agent), words);
        }
        assert_eq!(in_words("<script>alert(1)</script>"), "");
        assert_eq!(in_words(""), "");
    }
}
