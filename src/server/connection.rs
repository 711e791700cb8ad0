//! Connections, and how one that only listens is kept cheaply.
//!
//! HTTP's machinery keeps some 28 kB for each connection: buffers to read and write with, whatever is read or written. A page that is open all day needs none of that
//! after its request. So a long answer ([`streamed`]) is begun like any other, with all headers that the layers around add; and when its head is out, the socket is
//! taken from that machinery, which ends, and given to a task that writes the rest: the events, each as a chunk of the same answer
//! ([RFC 9112, 7.1](https://www.rfc-editor.org/rfc/rfc9112#name-chunked-transfer-coding)). Nobody outside can tell the difference.

use axum::{
    body::Body,
    extract::{ConnectInfo, Request, connect_info::Connected},
    http::{HeaderMap, HeaderValue, Method, Version, header},
    response::{IntoResponse, Response},
    serve::{IncomingStream, Listener},
};
use bytes::Bytes;
use futures::{Stream, StreamExt, task::AtomicWaker};
use std::{
    convert::Infallible,
    future::poll_fn,
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// What a client may say while it listens, in bytes: something that it asked without waiting, and no flood.
const MOST_SAID: usize = 16 * 1024;

/// What is listened on.
pub struct Connections(pub TcpListener);

impl Listener for Connections {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (socket, address) = Listener::accept(&mut self.0).await;
        // What is written goes out, not when the browser has acknowledged what came before.
        let _ = socket.set_nodelay(true);
        (Connection { socket: Some(socket), line: Arc::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// The other end, as handlers know it: `ConnectInfo<Peer>`.
#[derive(Clone)]
pub struct Peer {
    pub address: SocketAddr,
    line: Arc<Line>,
}

impl Connected<IncomingStream<'_, Connections>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Connections>) -> Self {
        Self { address: *stream.remote_addr(), line: stream.io().line.clone() }
    }
}

/// Between a connection and the answer that wants its socket.
#[derive(Default)]
struct Line {
    /// The head of a long answer was handed over to be written.
    asked: AtomicBool,
    /// The socket, once that is out.
    given: Mutex<Option<TcpStream>>,
    /// Who waits for it.
    waiting: AtomicWaker,
    /// It was taken, and the answer is over as far as HTTP's machinery knows.
    over: AtomicBool,
}

impl Line {
    fn given(&self) -> Option<TcpStream> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A socket that can be taken away. Whoever used it before then reads nothing any more, and writes into nothing.
pub struct Connection {
    socket: Option<TcpStream>,
    line: Arc<Line>,
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        match &mut this.socket {
            Some(socket) => Pin::new(socket).poll_read(context, buffer),
            None if this.line.over.load(Ordering::SeqCst) => Poll::Ready(Ok(())),
            // An end would count as giving the answer up. Whoever takes the socket lets the body end, and this be asked again.
            None => Poll::Pending,
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.socket {
            Some(socket) => Pin::new(socket).poll_write(context, bytes),
            None => Poll::Ready(Ok(bytes.len())),
        }
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, parts: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match &mut self.socket {
            Some(socket) => Pin::new(socket).poll_write_vectored(context, parts),
            None => Poll::Ready(Ok(parts.iter().map(|part| part.len()).sum())),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Called when all that there was to write has been.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some(socket) = &mut this.socket else { return Poll::Ready(Ok(())) };
        ready!(Pin::new(socket).poll_flush(context))?;
        if this.line.asked.load(Ordering::SeqCst) {
            *this.line.given.lock().unwrap_or_else(PoisonError::into_inner) = this.socket.take();
            this.line.waiting.wake();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Some(socket) => Pin::new(socket).poll_shutdown(context),
            None => Poll::Ready(Ok(())),
        }
    }
}

/// Where a long answer goes.
pub struct Way {
    line: Option<Arc<Line>>,
}

impl Way {
    /// The socket of this request, where it is known and the answer has a body that can be chunked on it; else as any answer goes.
    pub fn of(request: &Request) -> Self {
        let peer = request.extensions().get::<ConnectInfo<Peer>>();
        let fits = request.version() == Version::HTTP_11 && request.method() == Method::GET;
        Self { line: peer.filter(|_| fits).map(|peer| peer.0.line.clone()) }
    }
}

/// An answer that goes on for as long as `parts` does. It holds `open` until it is over.
pub fn streamed(
    way: Way,
    mut headers: HeaderMap,
    parts: impl Stream<Item = Bytes> + Send + 'static,
    open: watch::Receiver<()>,
) -> Response {
    let Some(line) = way.line else {
        let parts = parts.map(move |part| {
            let _ = &open;
            Ok::<_, Infallible>(part)
        });
        return (headers, Body::from_stream(parts)).into_response();
    };
    // Nothing else comes on this connection.
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    (headers, Body::from_stream(Taking { line, rest: Some((Box::pin(parts), open)) })).into_response()
}

/// The body of a long answer, as far as HTTP's machinery sees it: nothing comes, and when the socket is gone it is over.
struct Taking<S> {
    line: Arc<Line>,
    rest: Option<(Pin<Box<S>>, watch::Receiver<()>)>,
}

impl<S: Stream<Item = Bytes> + Send + 'static> Stream for Taking<S> {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.line.waiting.register(context.waker());
        match self.line.given() {
            Some(socket) => {
                if let Some((parts, open)) = self.rest.take() {
                    tokio::spawn(write(socket, parts, open));
                }
                self.line.over.store(true, Ordering::SeqCst);
                Poll::Ready(None)
            }
            None => {
                // The head goes out next.
                self.line.asked.store(true, Ordering::SeqCst);
                Poll::Pending
            }
        }
    }
}

/// Writes the parts until they or the other end are gone.
async fn write<S: Stream<Item = Bytes>>(socket: TcpStream, mut parts: Pin<Box<S>>, _open: watch::Receiver<()>) {
    let all = async {
        while let Some(part) = parts.next().await {
            // An empty chunk would be the end.
            if !part.is_empty() {
                send(&socket, [format!("{:x}\r\n", part.len()).as_bytes(), &part, b"\r\n"]).await?;
            }
        }
        send(&socket, [b"0\r\n\r\n", b"", b""]).await
    };
    tokio::select! {
        // An error says that there is nobody to write to any more.
        _ = all => {}
        () = gone(&socket) => {}
    }
}

async fn send(socket: &TcpStream, mut parts: [&[u8]; 3]) -> io::Result<()> {
    while parts.iter().any(|part| !part.is_empty()) {
        socket.writable().await?;
        let mut written = match socket.try_write_vectored(&parts.map(IoSlice::new)) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        };
        for part in &mut parts {
            let whole = written.min(part.len());
            *part = &part[whole..];
            written -= whole;
        }
    }
    Ok(())
}

/// Waits until the other end has closed, or says so much that it is none that listens. What it says is no request any more.
async fn gone(socket: &TcpStream) {
    let mut nothing = [0; 64];
    let mut left = MOST_SAID;
    // Not by `readable`: a poll takes its turn with other tasks, and who polls is woken in place of HTTP's machinery, which would be kept for that.
    while poll_fn(|context| socket.poll_read_ready(context)).await.is_ok() {
        match socket.try_read(&mut nothing) {
            Ok(read) if read == 0 || read > left => return,
            Ok(read) => left -= read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}
