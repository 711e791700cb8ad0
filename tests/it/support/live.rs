//! A browser's end of the live stream.

use futures::StreamExt;
use my21staff::inbox::model::LiveFrame;
use std::{collections::VecDeque, time::Duration};

/// One server-sent event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentEvent {
    pub id: Option<String>,
    pub name: Option<String>,
    pub data: String,
    /// Milliseconds to wait before coming back.
    pub retry: Option<u64>,
}

/// An open stream, read on demand.
pub struct LiveStream {
    bytes: std::pin::Pin<Box<dyn futures::Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>,
    buffer: Vec<u8>,
    ready: VecDeque<SentEvent>,
}

impl LiveStream {
    pub fn new(answer: reqwest::Response) -> Self {
        Self { bytes: Box::pin(answer.bytes_stream()), buffer: Vec::new(), ready: VecDeque::new() }
    }

    /// The next event of any kind; None when the stream ended.
    pub async fn event(&mut self) -> Option<SentEvent> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let bytes = self.bytes.next().await?.ok()?;
            self.buffer.extend_from_slice(&bytes);
            while let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let block = String::from_utf8(self.buffer.drain(..end + 2).collect()).expect("UTF-8");
                let mut event = SentEvent { id: None, name: None, data: String::new(), retry: None };
                let mut has_data = false;
                for line in block.lines() {
                    match line.split_once(':').map(|(field, value)| (field, value.strip_prefix(' ').unwrap_or(value))) {
                        Some(("id", value)) => event.id = Some(value.into()),
                        Some(("event", value)) => event.name = Some(value.into()),
                        Some(("retry", value)) => event.retry = value.parse().ok(),
                        Some(("data", value)) => {
                            has_data = true;
                            event.data.push_str(value);
                        }
                        _ => {}
                    }
                }
                // As browsers do: what has no data is no event, whatever its name.
                if has_data {
                    self.ready.push_back(event);
                }
            }
        }
    }

    /// The next frame, skipping pings; fails after ten seconds.
    pub async fn frame(&mut self) -> LiveFrame {
        let next = async {
            loop {
                let event = self.event().await.expect("the stream goes on");
                match event.name.as_deref() {
                    None if !event.data.is_empty() => {
                        let frame: LiveFrame = serde_json::from_str(&event.data).expect("a frame");
                        assert_eq!(event.id, Some(frame.seq.to_string()), "the id is the sequence number");
                        return frame;
                    }
                    None | Some("ping" | "here" | "draft") => {}
                    Some(other) => panic!("unexpected {other}"),
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), next).await.expect("a frame within ten seconds")
    }

    /// Frames until one satisfies `wanted`, that one included.
    pub async fn until(&mut self, wanted: impl Fn(&LiveFrame) -> bool) -> Vec<LiveFrame> {
        let mut frames = Vec::new();
        loop {
            frames.push(self.frame().await);
            if frames.last().is_some_and(&wanted) {
                return frames;
            }
        }
    }

    /// Whether nothing but pings comes for `time`.
    pub async fn is_silent_for(&mut self, time: Duration) -> bool {
        let noise = async {
            while let Some(event) = self.event().await {
                if event.name.as_deref() != Some("ping") && !event.data.is_empty() {
                    return;
                }
            }
        };
        tokio::time::timeout(time, noise).await.is_err()
    }

    /// Whether no frame of these kinds comes for `time`; others may.
    pub async fn hears_none_of(&mut self, kinds: &[&str], time: Duration) -> bool {
        let heard = async { while !kinds.contains(&self.frame().await.kind.as_str()) {} };
        // A frame that does not come within ten seconds is a failure of its own, which a test of silence must not meet.
        assert!(time < Duration::from_secs(10), "longer than a frame may take");
        tokio::time::timeout(time, heard).await.is_err()
    }

    /// The name and data of the event that ends the stream, which must come within ten seconds.
    pub async fn ending(&mut self) -> Option<SentEvent> {
        let end = async {
            let mut last = None;
            while let Some(event) = self.event().await {
                last = Some(event);
            }
            last
        };
        tokio::time::timeout(Duration::from_secs(12), end).await.expect("the stream ends")
    }
}
