//! Texts of people in a page's title.

/// A text that may stand in a `<Title>`. The framework writes titles into the page as they are, so a name with a tag in it could end the title and
/// go on as the page. The mark that opens a tag is replaced by one that looks like it, the same on both sides.
pub fn in_title(text: &str) -> String {
    text.replace('<', "‹")
}

#[cfg(test)]
mod tests {
    use super::in_title;

    #[test]
    fn a_name_cannot_end_the_title() {
        assert_eq!(in_title("</title><script>x</script>"), "‹/title>‹script>x‹/script>");
        assert_eq!(in_title("Bu Wening & anak"), "Bu Wening & anak");
    }
}
