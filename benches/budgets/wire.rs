//! The least HTTP/1.1 client that can measure: prepared requests over kept connections, and streams that are only watched for a text. On two
//! cores every microsecond of the client is taken from the server.

use std::{
    io::{Error, ErrorKind, Result},
    net::SocketAddr,
    time::Instant,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A kept-alive connection.
pub struct Connection {
    socket: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Sends a prepared request and reads the whole answer: status and the answer's bytes, head included.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<(u16, &[u8])> {
        self.socket.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.socket.read_buf(&mut self.buffer).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if let Some(head) = find(&self.buffer, b"\r\n\r\n") {
                let complete = match content_length(&self.buffer[..head]) {
                    Some(length) => self.buffer.len() >= head + 4 + length,
                    None => self.buffer.ends_with(b"\r\n0\r\n\r\n"),
                };
                if complete {
                    break;
                }
            }
        }
        let status = std::str::from_utf8(&self.buffer[9..12]).ok().and_then(|code| code.parse().ok());
        Ok((status.ok_or(Error::other("no status line"))?, &self.buffer))
    }
}

fn content_length(head: &[u8]) -> Option<usize> {
    let head = std::str::from_utf8(head).ok()?;
    let line = head.lines().find(|line| line.len() > 15 && line[..15].eq_ignore_ascii_case("content-length:"))?;
    line[15..].trim().parse().ok()
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

pub fn get(path: &str, cookie: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\ncookie: {cookie}\r\n\r\n").into_bytes()
}

pub fn post(path: &str, content_type: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
        .into_bytes()
}

/// An open server-sent event stream.
pub struct Stream {
    socket: TcpStream,
    unread: Vec<u8>,
}

impl Stream {
    /// Opens a stream; returns after its first event, which says that it is connected.
    pub async fn open(address: SocketAddr, path: &str, cookie: &str) -> Result<Self> {
        let mut socket = TcpStream::connect(address).await?;
        socket.write_all(&get(path, cookie)).await?;
        let mut stream = Self { socket, unread: Vec::new() };
        stream.until("event: ping").await?;
        if !stream.unread.starts_with(b"HTTP/1.1 200") {
            return Err(Error::other("the stream was refused"));
        }
        stream.unread = Vec::new();
        Ok(stream)
    }

    /// Reads until `text` has arrived; gives the moment.
    pub async fn until(&mut self, text: &str) -> Result<Instant> {
        loop {
            if self.unread.len() >= text.len() && find(&self.unread, text.as_bytes()).is_some() {
                return Ok(Instant::now());
            }
            if self.socket.read_buf(&mut self.unread).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    pub fn forget(&mut self) {
        self.unread.clear();
    }

    /// Reads and throws away until the server ends the stream.
    pub async fn drain(mut self) -> Result<u64> {
        let (mut bytes, mut buffer) = (0, vec![0; 64 * 1024]);
        loop {
            match self.socket.read(&mut buffer).await? {
                0 => return Ok(bytes),
                read => bytes += read as u64,
            }
        }
    }
}
