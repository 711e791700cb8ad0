//! Where the bytes of files are kept, and what may be shown of them.

use crate::ids::{MediaId, WorkspaceId};
use anyhow::{Context, bail};
use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};
use object_store::{GetOptions, GetRange, ObjectStore, local::LocalFileSystem, path::Path};
use reqwest::Url;
use std::{fmt, ops::Range, path::PathBuf, sync::Arc};

/// As many bytes as [`safe_inline_type`] needs to judge a file.
const HEAD: u64 = 16;
/// Up to here bytes are read at once (a picture), beyond piece by piece, so that a film is never in memory whole.
const AT_ONCE: u64 = 1 << 20;

/// The files of all workspaces, each under `{workspace}/{id}`. Cheap to clone.
#[derive(Clone)]
pub struct MediaStore {
    store: Arc<dyn ObjectStore>,
}

impl fmt::Debug for MediaStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MediaStore({})", self.store)
    }
}

impl MediaStore {
    /// Opens a folder, given as a path or as `file:///…`, and makes it if need be.
    ///
    /// # Errors
    /// In words for whoever set `MEDIA_URL` or `DATA_DIR`: another scheme, or a folder that cannot be made.
    pub fn open(url_or_dir: &str) -> anyhow::Result<Self> {
        let folder = folder(url_or_dir)?;
        std::fs::create_dir_all(&folder).with_context(|| format!("the media folder {} cannot be made", folder.display()))?;
        let store =
            LocalFileSystem::new_with_prefix(&folder).with_context(|| format!("the media folder {} cannot be used", folder.display()))?;
        Ok(Self { store: Arc::new(store) })
    }

    /// Keeps a file; the same id again replaces it. Readers see the old bytes or the new, never a part.
    pub async fn put(&self, workspace: WorkspaceId, id: MediaId, bytes: Bytes) -> anyhow::Result<()> {
        self.store.put(&path(workspace, id), bytes.into()).await.context("a file could not be stored")?;
        Ok(())
    }

    /// Forgets a file; nothing if it was never stored.
    pub async fn delete(&self, workspace: WorkspaceId, id: MediaId) -> anyhow::Result<()> {
        match self.store.delete(&path(workspace, id)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error).context("a file could not be deleted"),
        }
    }

    /// The bytes of a file; none if it was never stored.
    pub async fn get(&self, workspace: WorkspaceId, id: MediaId) -> anyhow::Result<Option<Bytes>> {
        match self.store.get(&path(workspace, id)).await {
            Ok(found) => Ok(Some(found.bytes().await.context("a file could not be read")?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error).context("a file could not be read"),
        }
    }

    /// How many bytes a file has, and the first of them; none if it was never stored.
    pub async fn beginning(&self, workspace: WorkspaceId, id: MediaId) -> anyhow::Result<Option<(u64, Bytes)>> {
        let path = path(workspace, id);
        let size = match self.store.head(&path).await {
            Ok(found) => found.size,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error).context("a file could not be looked up"),
        };
        // An empty range is none.
        let head = match size {
            0 => Bytes::new(),
            _ => self.store.get_range(&path, 0..HEAD.min(size)).await.context("a file could not be read")?,
        };
        Ok(Some((size, head)))
    }

    /// A part of a file, which must lie within it and have at least one byte. What fails later ends the stream with an error.
    pub async fn part(
        &self,
        workspace: WorkspaceId,
        id: MediaId,
        part: Range<u64>,
    ) -> anyhow::Result<BoxStream<'static, object_store::Result<Bytes>>> {
        let path = path(workspace, id);
        if part.end - part.start <= AT_ONCE {
            let bytes = self.store.get_range(&path, part).await.context("a part of a file could not be read")?;
            return Ok(futures::stream::once(async { Ok(bytes) }).boxed());
        }
        let asked = GetOptions { range: Some(GetRange::Bounded(part)), ..GetOptions::default() };
        let found = self.store.get_opts(&path, asked).await.context("a part of a file could not be read")?;
        Ok(found.into_stream())
    }
}

fn folder(url_or_dir: &str) -> anyhow::Result<PathBuf> {
    let Some((scheme, _)) = url_or_dir.split_once("://") else {
        if url_or_dir.trim().is_empty() {
            bail!("no media folder is given");
        }
        return Ok(PathBuf::from(url_or_dir));
    };
    if !scheme.eq_ignore_ascii_case("file") {
        bail!("MEDIA_URL: {scheme}:// is not supported; give a folder as file:///path, or leave MEDIA_URL out to use DATA_DIR/media");
    }
    let path = Url::parse(url_or_dir).ok().and_then(|url| url.to_file_path().ok());
    path.context("MEDIA_URL: a file URL has three slashes and an absolute path, as in file:///var/lib/my21staff/media")
}

fn path(workspace: WorkspaceId, id: MediaId) -> Path {
    Path::from_iter([workspace.to_string(), id.to_string()])
}

/// The type under which a file may be shown inside our pages: one of WhatsApp's image, audio and video types or PDF, and only when the
/// bytes begin as that type does. None for everything else, which must be served as an attachment of `application/octet-stream`: a
/// stranger chose both the bytes and the claim.
pub fn safe_inline_type(bytes: &[u8], claimed: &str) -> Option<&'static str> {
    let claimed = claimed.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (kind, fits): (&'static str, fn(&[u8]) -> bool) = match claimed.as_str() {
        "image/jpeg" | "image/jpg" => ("image/jpeg", |bytes| bytes.starts_with(&[0xff, 0xd8, 0xff])),
        "image/png" => ("image/png", |bytes| bytes.starts_with(b"\x89PNG\r\n\x1a\n")),
        "image/gif" => ("image/gif", |bytes| bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a")),
        "image/webp" => ("image/webp", |bytes| bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")),
        "audio/ogg" | "audio/opus" => ("audio/ogg", |bytes| bytes.starts_with(b"OggS")),
        "audio/mpeg" | "audio/mp3" => ("audio/mpeg", is_mpeg_audio),
        "audio/aac" => ("audio/aac", is_aac),
        "audio/amr" => ("audio/amr", |bytes| bytes.starts_with(b"#!AMR\n") || bytes.starts_with(b"#!AMR-WB\n")),
        "audio/mp4" | "audio/m4a" | "audio/x-m4a" => ("audio/mp4", is_mp4),
        "video/mp4" => ("video/mp4", is_mp4),
        "video/3gpp" => ("video/3gpp", |bytes| is_mp4(bytes) && bytes.get(8..10) == Some(b"3g")),
        "application/pdf" => ("application/pdf", |bytes| bytes.starts_with(b"%PDF-")),
        _ => return None,
    };
    fits(bytes).then_some(kind)
}

/// An ID3 tag, or a frame: eleven bits set, then a version and a layer that exist (ISO/IEC 11172-3).
fn is_mpeg_audio(bytes: &[u8]) -> bool {
    match bytes {
        [b'I', b'D', b'3', ..] => true,
        [0xff, second, ..] => second & 0xe0 == 0xe0 && second & 0x18 != 0x08 && second & 0x06 != 0,
        _ => false,
    }
}

/// An ADTS frame (twelve bits set, layer 0) or ADIF (ISO/IEC 13818-7).
fn is_aac(bytes: &[u8]) -> bool {
    match bytes {
        [b'A', b'D', b'I', b'F', ..] => true,
        [0xff, second, ..] => second & 0xf6 == 0xf0,
        _ => false,
    }
}

/// A file-type box first, of a brand that holds sound or film: pictures (HEIF, AVIF) and QuickTime have the same box.
fn is_mp4(bytes: &[u8]) -> bool {
    let brand = bytes.get(8..12).unwrap_or_default();
    let other: [&[u8]; 9] = [b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis", b"qt  "];
    bytes.get(4..8) == Some(b"ftyp") && brand.len() == 4 && !other.contains(&brand)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    /// A folder of this test alone, gone afterwards.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            Self(std::env::temp_dir().join(format!("my21staff-{}", Uuid::new_v4())))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[tokio::test]
    async fn a_file_is_kept_under_its_workspace_and_found_by_it_alone() {
        let folder = Folder::new();
        let (ours, theirs, id) = (WorkspaceId(Uuid::from_u128(1)), WorkspaceId(Uuid::from_u128(2)), MediaId(Uuid::from_u128(3)));
        let store = MediaStore::open(&folder.0.join("media").display().to_string()).unwrap();
        assert_eq!(store.get(ours, id).await.unwrap(), None);
        store.put(ours, id, Bytes::from_static(b"first")).await.unwrap();
        store.put(ours, id, Bytes::from_static(b"second")).await.unwrap();
        assert_eq!(store.get(theirs, id).await.unwrap(), None);
        let reopened = MediaStore::open(&format!("file://{}/media", folder.0.display())).unwrap();
        assert_eq!(reopened.get(ours, id).await.unwrap().as_deref(), Some(&b"second"[..]));
        assert!(folder.0.join("media").join(ours.to_string()).join(id.to_string()).is_file());
        assert_eq!(reopened.beginning(ours, id).await.unwrap(), Some((6, Bytes::from_static(b"second"))));
        assert_eq!(reopened.beginning(theirs, id).await.unwrap(), None);
        reopened.delete(theirs, id).await.unwrap();
        assert!(reopened.get(ours, id).await.unwrap().is_some(), "another workspace's is another file");
        reopened.delete(ours, id).await.unwrap();
        reopened.delete(ours, id).await.unwrap();
        assert_eq!(reopened.get(ours, id).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_part_is_what_stands_there_however_long_it_is() {
        let folder = Folder::new();
        let (workspace, id) = (WorkspaceId(Uuid::from_u128(1)), MediaId(Uuid::from_u128(2)));
        let store = MediaStore::open(&folder.0.display().to_string()).unwrap();
        let bytes: Vec<u8> = (0..3 * AT_ONCE).map(|place| (place % 251) as u8).collect();
        store.put(workspace, id, bytes.clone().into()).await.unwrap();
        for part in [0..1, 5..17, 0..AT_ONCE, 1..AT_ONCE + 2, 7..3 * AT_ONCE, 3 * AT_ONCE - 1..3 * AT_ONCE] {
            let pieces: Vec<_> = store.part(workspace, id, part.clone()).await.unwrap().collect().await;
            let read: Vec<u8> = pieces.into_iter().flat_map(Result::unwrap).collect();
            assert!(read == bytes[part.start as usize..part.end as usize], "{part:?}");
        }
        store.put(workspace, id, Bytes::new()).await.unwrap();
        assert_eq!(store.beginning(workspace, id).await.unwrap(), Some((0, Bytes::new())));
    }

    #[test]
    fn a_place_that_cannot_be_used_is_told_in_words() {
        let words = |url: &str| MediaStore::open(url).expect_err(url).to_string();
        assert!(words("s3://bucket/x").contains("s3:// is not supported; give a folder as file:///path"));
        assert!(words("file://host/path").contains("three slashes"));
        assert!(words("").contains("no media folder"));
        let folder = Folder::new();
        std::fs::write(&folder.0, "a file").unwrap();
        assert!(words(&folder.0.display().to_string()).contains("cannot be"));
        std::fs::remove_file(&folder.0).unwrap();
    }

    #[test]
    fn whatsapps_types_are_shown_when_bytes_and_claim_agree() {
        let files: [(&[u8], &str, &str); 19] = [
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg", "image/jpeg"),
            (b"\xff\xd8\xff\xdb", "IMAGE/JPG ", "image/jpeg"),
            (b"\x89PNG\r\n\x1a\n\0\0", "image/png", "image/png"),
            (b"GIF89a..", "image/gif", "image/gif"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp", "image/webp"),
            (b"OggS\0\x02", "audio/ogg; codecs=opus", "audio/ogg"),
            (b"OggS\0\x02", "audio/opus", "audio/ogg"),
            (b"ID3\x03\0", "audio/mpeg", "audio/mpeg"),
            (b"\xff\xfb\x90\x64", "audio/mpeg", "audio/mpeg"),
            (b"\xff\xf1\x50\x80", "audio/aac", "audio/aac"),
            (b"\xff\xf9\x50\x80", "audio/aac", "audio/aac"),
            (b"#!AMR\n\x3c", "audio/amr", "audio/amr"),
            (b"#!AMR-WB\n\x3c", "audio/amr", "audio/amr"),
            (b"\0\0\0\x20ftypM4A \0\0", "audio/mp4", "audio/mp4"),
            (b"\0\0\0\x20ftypisom\0\0", "audio/x-m4a", "audio/mp4"),
            (b"\0\0\0\x18ftypmp42\0\0", "video/mp4", "video/mp4"),
            (b"\0\0\0\x18ftyp3gp4\0\0", "video/3gpp", "video/3gpp"),
            (b"\0\0\0\x18ftyp3gp5\0\0", "video/mp4", "video/mp4"),
            (b"%PDF-1.7\n", "application/pdf", "application/pdf"),
        ];
        for (bytes, claimed, shown) in files {
            assert_eq!(safe_inline_type(bytes, claimed), Some(shown), "{claimed}");
        }
    }

    #[test]
    fn everything_else_is_an_attachment() {
        let files: [(&[u8], &str); 20] = [
            (b"", "image/jpeg"),
            (b"\xff\xd8", "image/jpeg"),
            (b"<script>alert(1)</script>", "image/png"),
            (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml"),
            (b"<html>", "text/html"),
            (b"\x89PNG\r\n\x1a\n", "image/jpeg"),
            (b"\x89PNG\r\n\x1a\n", "text/html"),
            (b"\x89PNG\r\n\x1a\n", ""),
            (b"RIFF\x10\0\0\0WAVEfmt ", "image/webp"),
            (b"RIFF", "image/webp"),
            (b" %PDF-1.7", "application/pdf"),
            (b"MZ\x90\0", "application/pdf"),
            (b"\xff\xf1\x50\x80", "audio/mpeg"),
            (b"\xff\xfb\x90\x64", "audio/aac"),
            (b"\0\0\0\x18ftypheic", "video/mp4"),
            (b"\0\0\0\x18ftypavif", "audio/mp4"),
            (b"\0\0\0\x18ftypqt  ", "video/mp4"),
            (b"\0\0\0\x18ftypmp42", "video/3gpp"),
            (b"\0\0\0\x18ftyp", "video/mp4"),
            (b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ];
        for (bytes, claimed) in files {
            assert_eq!(safe_inline_type(bytes, claimed), None, "{claimed}");
        }
    }
}
