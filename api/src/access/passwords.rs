//! Passwords: hashed with Argon2id, a few at once, and compared in the same time whether there is one or not.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::problem::Problem;

/// Passwords that are hashed at once; others wait. Each takes 19 MiB.
const AT_ONCE: usize = 2;
/// What is compared with where there is no password, so that it takes as long: of no password, since a salt of zeros is
/// never drawn.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Whose turn it is.
#[derive(Debug)]
pub struct Passwords(Semaphore);

impl Default for Passwords {
    fn default() -> Passwords {
        Passwords(Semaphore::new(AT_ONCE))
    }
}

impl Passwords {
    /// The hash of a password, with what it needs to be compared.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub async fn hash(&self, password: String) -> Result<String, Problem> {
        let _turn = self.0.acquire().await.map_err(Problem::internal)?;
        tokio::task::spawn_blocking(move || hash(&password)).await.map_err(Problem::internal)?
    }

    /// Whether it is the password of a hash. Without a hash it never is.
    ///
    /// # Errors
    /// When the hash is none.
    pub async fn fits(&self, password: String, kept: Option<String>) -> Result<bool, Problem> {
        let _turn = self.0.acquire().await.map_err(Problem::internal)?;
        let compare = move || {
            let exists = kept.is_some();
            fits(&password, kept.as_deref().unwrap_or(NOBODYS)).map(|fits| fits && exists)
        };
        tokio::task::spawn_blocking(compare).await.map_err(Problem::internal)?
    }
}

fn hash(password: &str) -> Result<String, Problem> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(Problem::internal)
}

fn fits(password: &str, kept: &str) -> Result<bool, Problem> {
    let kept = PasswordHash::new(kept).map_err(Problem::internal)?;
    Ok(Argon2::default().verify_password(password.as_bytes(), &kept).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_hash_alone_and_nobodys_takes_the_same_work() {
        let kept = hash("correct horse").unwrap();
        assert!(fits("correct horse", &kept).unwrap() && !fits("battery staple", &kept).unwrap());
        assert!(!fits("correct horse", NOBODYS).unwrap());
        let work = |hash: &str| hash.rsplitn(3, '$').last().map(str::to_owned);
        assert_eq!(work(&kept), work(NOBODYS));
        assert_eq!(kept.len(), NOBODYS.len());
    }
}
