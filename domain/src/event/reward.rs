//! Facts about what users receive, use, connect, and that they were there.

use super::Named;

/// See [`super::Event::PerkReceived`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerkReceived {
    /// Which perk.
    pub perk: Named,
    /// The challenge that gave it, where one did.
    pub challenge: Option<Named>,
    /// The user's address at that moment.
    pub email: Option<String>,
}

/// See [`super::Event::PerkUsed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerkUsed {
    /// Which perk.
    pub perk: Named,
    /// The user's address at that moment.
    pub email: Option<String>,
}

/// See [`super::Event::DigitalAssetReceived`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigitalAssetReceived {
    /// Which digital asset.
    pub digital_asset: Named,
    /// The challenge that gave it, where one did.
    pub challenge: Option<Named>,
    /// The user's address at that moment.
    pub email: Option<String>,
}

/// See [`super::Event::AppConnected`] and [`super::Event::AppDisconnected`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppMoved {
    /// Which app.
    pub app: Named,
    /// The user's address at that moment.
    pub email: Option<String>,
}

/// See [`super::Event::UserActive`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserActive {
    /// The hour, counted in hours since 1970, UTC.
    pub hour: i64,
    /// The user's address at that moment.
    pub email: Option<String>,
}
