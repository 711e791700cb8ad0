//! The inbox as a page, as the server writes it.

use crate::support::*;

/// What only the browser's one thread may drop, a page of the server drops on any: that ended answers in the middle, here and there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_page_comes_whole_whichever_threads_make_it() {
    let app = TestApp::start().await;
    app.customer_says("6281200000001", "Halo").await;
    let path = format!("/demo/inbox/{}", app.only_conversation().await.0);
    let owner = app.owner().await;
    for _ in 0..40 {
        let pages = (0..8).map(|_| async { owner.get(&path).await.text().await.expect("the answer ends as it should") });
        for page in futures::future::join_all(pages).await {
            assert!(page.contains("</html>"), "{} bytes", page.len());
        }
    }
}

#[tokio::test]
async fn only_what_just_came_fades_in() {
    let (_app, clock, owner, id) = on_friday("6281234567890").await;
    let fades = async || owner.get(&format!("/demo/inbox/{id}")).await.text().await.expect("a page").matches("data-fresh").count();
    assert_eq!(fades().await, 1);
    clock.set(clock.millis() + 60_000);
    assert_eq!(fades().await, 0, "what stood there stands there at once");
}
