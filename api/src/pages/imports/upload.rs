//! A form with a file in it, as it comes. What reads forms takes all that is there into memory before it looks for the next
//! field: so what comes before the file is counted, and refused where it is more than a form needs.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{FromRequest, Multipart, Request};
use futures_util::{Stream, StreamExt};

/// What a form may have before its file, in bytes.
const BEFORE_BYTES_MAX: usize = 64 * 1024;

/// A form that is being read.
#[derive(Debug)]
pub struct Upload {
    form: Multipart,
    before: Arc<Before>,
}

/// What came before the file.
#[derive(Debug, Default)]
pub struct Before {
    bytes: AtomicUsize,
    /// All that came was looked at, and the file is not in it.
    looked: AtomicBool,
    over: AtomicBool,
}

impl Before {
    /// Here the file begins: from here on, whoever takes it counts.
    pub fn ends(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Whether more came than there may be.
    pub fn is_too_much(&self) -> bool {
        !self.over.load(Ordering::Relaxed) && self.bytes.load(Ordering::Relaxed) > BEFORE_BYTES_MAX
    }
}

impl Upload {
    /// The form of a request. Nothing of it is read yet.
    ///
    /// # Errors
    /// Where it is no form with files.
    pub async fn of(request: Request) -> Result<Upload, MultipartRejection> {
        let before = Arc::<Before>::default();
        let counted =
            |body: Body| Counted { body: body.into_data_stream(), before: before.clone() };
        let request = request.map(|body| Body::from_stream(counted(body)));
        Ok(Upload { form: Multipart::from_request(request, &()).await?, before })
    }

    /// What came before the file, as far as it is known.
    pub fn before(&self) -> Arc<Before> {
        self.before.clone()
    }

    /// The next field; what was not taken of the last one is passed over.
    ///
    /// # Errors
    /// Where the form breaks off, or too much of it comes before the file.
    pub async fn next_field(&mut self) -> Result<Option<Field<'_>>, MultipartError> {
        self.before.looked.store(false, Ordering::Relaxed);
        self.form.next_field().await
    }
}

/// A body, counted.
struct Counted {
    body: BodyDataStream,
    before: Arc<Before>,
}

impl Stream for Counted {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.before.is_too_much() {
            if self.before.looked.swap(true, Ordering::Relaxed) {
                let why = axum::Error::new("too much comes before the file");
                return Poll::Ready(Some(Err(why)));
            }
            task.waker().wake_by_ref(); // whoever reads is to look at what there is first
            return Poll::Pending;
        }
        let next = ready!(self.body.poll_next_unpin(task));
        if let Some(Ok(piece)) = &next {
            self.before.bytes.fetch_add(piece.len(), Ordering::Relaxed);
        }
        Poll::Ready(next)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;

    use super::*;

    /// The names of the fields up to the file of a form that is all there at once, in such pieces.
    async fn fields(form: String, piece: usize) -> Result<Vec<String>, MultipartError> {
        let pieces: Vec<_> = form.as_bytes().chunks(piece).map(Bytes::copy_from_slice).collect();
        let body = Body::from_stream(stream::iter(pieces.into_iter().map(Ok::<_, Infallible>)));
        let kind = "multipart/form-data; boundary=line";
        let request = Request::builder().header("content-type", kind).body(body).unwrap();
        let mut upload = Upload::of(request).await.unwrap();
        let (before, mut names) = (upload.before(), Vec::new());
        while let Some(field) = upload.next_field().await? {
            names.push(field.name().unwrap_or_default().to_owned());
            if field.name() == Some("file") {
                before.ends();
            }
        }
        Ok(names)
    }

    fn field(name: &str, bytes: usize) -> String {
        let head = format!("--line\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        format!("{head}{}\r\n", "x".repeat(bytes))
    }

    #[tokio::test]
    async fn what_was_not_looked_at_yet_is_not_too_much() {
        for piece in [1_000, BEFORE_BYTES_MAX - 1, 10 * BEFORE_BYTES_MAX] {
            let form =
                field("a", 1) + &field("b", 10) + &field("file", 3 * BEFORE_BYTES_MAX) + "--line--";
            assert_eq!(fields(form, piece).await.unwrap(), ["a", "b", "file"], "{piece}");
            let much = field("a", 2 * BEFORE_BYTES_MAX) + &field("file", 1) + "--line--";
            let read = fields(much, piece).await;
            assert!(
                read.is_err() == (piece < BEFORE_BYTES_MAX),
                "all of it came with the first piece"
            );
        }
    }
}
