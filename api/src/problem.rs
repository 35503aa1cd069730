//! What a client is told when the answer is no: RFC 9457 problems. The only place where a status code is chosen.

use axum::http::{HeaderName, StatusCode};
use serde_json::{Map, Value, json};

mod answer;
mod from;
pub mod rows;

/// The code of a problem, beside its document.
pub const CODE_HEADER: HeaderName = HeaderName::from_static("cohort-problem");

macro_rules! problems {
    ($($kind:ident $status:literal $code:literal $title:literal $page:literal;)*) => {
        /// A kind of no. Its code is public and permanent, and `/problems/<code>` explains it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each is documented by its title and page below")]
        pub enum ProblemKind { $($kind,)* }

        impl ProblemKind {
            /// Every kind there is.
            pub const ALL: &'static [ProblemKind] = &[$(ProblemKind::$kind,)*];

            /// Stable name.
            pub fn code(self) -> &'static str { match self { $(ProblemKind::$kind => $code,)* } }
            /// HTTP status.
            pub fn status(self) -> StatusCode {
                let status: u16 = match self { $(ProblemKind::$kind => $status,)* };
                StatusCode::from_u16(status).expect("the table holds statuses")
            }
            /// One line for a person.
            pub fn title(self) -> &'static str { match self { $(ProblemKind::$kind => $title,)* } }
            /// What it means and what to do.
            pub fn page(self) -> &'static str { match self { $(ProblemKind::$kind => $page,)* } }
        }
    };
}

problems! {
    Unauthenticated 401 "unauthenticated" "A credential is needed"
        "The request carries no credential, or one that is unknown, revoked or over. Send `Authorization: Bearer <token>`. The first admin token is printed once at first start; `cohort token create` makes further ones. On pages, sign in again.";
    ScopeMissing 403 "scope_missing" "The credential may not do this"
        "The token lacks the scope that the route needs; the answer names it. Make a token that has it with `cohort token create --scope ...`; a team member has the scopes of their role, which an admin can change.";
    PersonalDataRequired 403 "personal_data_required" "This needs the right to see personal data"
        "Filtering, searching or sorting by a personal field would reveal it. Use a token with `personal:read`; a team member has that right where an admin who has it gave it.";
    CrossSiteRequest 403 "cross_site_request" "The request came from another site"
        "A session works from the pages of this service only. Programs send a token: `Authorization: Bearer <token>`. Behind a proxy that changes the Host header, let it pass the one the browser sent.";
    SignInNeedsHttps 403 "sign_in_needs_https" "Signing in needs HTTPS"
        "A password and a session are not sent where others can read them. Use HTTPS, or http://localhost on the machine itself. Behind a proxy that has HTTPS, start the service with `behind_proxy = true`, and let the proxy set X-Forwarded-Proto.";
    SignInFailed 422 "sign_in_failed" "The e-mail or the password is wrong"
        "Which of the two is not said. Where the password is forgotten, an admin makes a link to set a new one; where there is no admin, `cohort sign-in-link --data DIR` does.";
    TooManySignIns 429 "too_many_sign_ins" "Signing in has failed too often"
        "After ten failures within 15 minutes, for one address or from one place, nothing more is tried for a while. `Retry-After` says how long.";
    LinkInvalid 404 "link_invalid" "This link does not work any more"
        "A link works once and for 7 days, and a newer one replaces it. An admin makes another one; where there is none, `cohort sign-in-link --data DIR` does.";
    PasswordInvalid 422 "password_invalid" "This cannot be a password"
        "A password has 12 to 200 characters. Several words one after another are long and easy to keep in mind.";
    TeamMemberUnknown 404 "team_member_unknown" "There is no such team member"
        "No team member has this id, or they were removed. `GET /v1/team` lists them.";
    TeamMemberEmailTaken 409 "team_member_email_taken" "Another team member has this address"
        "No two team members sign in with one address. Take another, or remove that member first.";
    TooManyTeamMembers 422 "too_many_team_members" "There are too many team members"
        "The answer states the limit. Remove those who are no part of the team any more.";
    LastAdmin 409 "last_admin" "This is the last admin of the team"
        "Nobody could manage access from the pages any more. Make another member who has joined an admin first.";
    NoTeamMember 409 "no_team_member" "A token is no team member"
        "Name, zone, password and sessions are a team member's. Tokens have none of them.";
    RouteUnknown 404 "route_unknown" "There is nothing at this address"
        "No route has this path. `/docs` lists them all.";
    MethodNotAllowed 405 "method_not_allowed" "This address does not take this method"
        "The route exists, with another method. `/docs` lists them all.";
    ParameterUnknown 400 "parameter_unknown" "A query parameter is not known"
        "A parameter that means nothing here would silently be ignored, so it is refused. The answer names it and lists the known ones.";
    ParameterInvalid 400 "parameter_invalid" "A query parameter has an unusable value"
        "The answer names the parameter and says what it takes.";
    BodyInvalid 400 "body_invalid" "The body cannot be read"
        "The JSON body has a syntax error, an unknown field, or a field of the wrong type. The answer says where.";
    BodyTooLarge 413 "body_too_large" "The body is too large"
        "Bodies of commands are small; only imports take files.";
    IdInvalid 400 "id_invalid" "An id in the path has the wrong form"
        "User ids are UUIDs; ids of badges, challenges and steps are 1 to 64 characters of a-z, 0-9, _ and -.";
    MediaTypeUnsupported 415 "media_type_unsupported" "This content type is not taken"
        "Imports take `text/csv`, `text/plain` for pasted text, `application/octet-stream` or `application/gzip`, as it is or packed with gzip; commands take `application/json`.";
    PropertyUnknown 422 "property_unknown" "There is no such property"
        "A column names a property that does not exist. Give its `type` (text, number, boolean or date) to make it, or name one of `GET /v1/properties`.";
    ValueInvalid 422 "value_invalid" "This is no value of the property"
        "Each property has a type: text, number, boolean or date. The answer names the field and says what is read.";
    PropertyNotFound 404 "property_not_found" "There is no property with this id"
        "A property keeps its id when it is called otherwise. `GET /v1/properties` shows both; `POST /v1/properties` makes one.";
    PropertyInUse 409 "property_in_use" "Segments ask about this property"
        "The answer lists the segments whose conditions ask about it. Change those first.";
    PropertyTypeImmutable 409 "property_type_immutable" "A property keeps its type"
        "The answer says which type the property has. Take that, or make another property.";
    ReferenceIdReserved 422 "reference_id_reserved" "This name is one of ours"
        "Columns that every table has (email, member_since, first_name, ...) cannot be properties. Choose another name.";
    ReferenceIdTaken 409 "reference_id_taken" "This name is taken"
        "Another definition has it. Choose another, or use the one there is. Where a name made it, the answer says one that is free (`free_id`), to be sent as `id`.";
    ReferenceIdInvalid 422 "reference_id_invalid" "This cannot be the name of a property"
        "A reference id is 1 to 64 letters and digits in lower case (of any script), _ and -.";
    TooManyProperties 422 "too_many_properties" "There are too many properties"
        "The answer states the limit. Leave out columns that nobody needs.";
    ListUnknown 404 "list_unknown" "There is no such list"
        "No list has this id. `GET /v1/lists` shows them; `POST /v1/lists` makes one.";
    ViewUnknown 404 "view_unknown" "There is no such view"
        "No saved view of the table of users has this id. `GET /v1/views` shows those there are; `POST /v1/views` saves one.";
    ViewOutdated 422 "view_outdated" "This view cannot be used any more"
        "It asks for a property that was removed, or for something that was erased. Save it anew without that, or remove it.";
    TooManyViews 422 "too_many_views" "There are too many views"
        "The answer states the limit. Remove views that nobody opens.";
    SegmentUnknown 404 "segment_unknown" "There is no such segment"
        "No segment has this id. `GET /v1/segments` shows them; `POST /v1/segments` makes one.";
    SegmentCycle 422 "segment_cycle" "This would hang on itself"
        "Segments and badges may ask about each other, but not in a circle: nobody could say who is in. The answer names the circle.";
    ConditionInvalid 422 "condition_invalid" "A condition cannot be read"
        "The answer says which one, by its group and its place there, and what it takes.";
    ConditionTypeMismatch 422 "condition_type_mismatch" "A condition asks about values of another type"
        "Each operator is for values of one type: texts, numbers, booleans or dates. The answer names the property and the operator.";
    AudienceInUse 409 "audience_in_use" "Others hang on this"
        "The answer lists the segments, published badges and published challenges that ask about it. Give them other conditions or another audience, archive or end them, or take them away; then this can go. Drafts do not count: they are looked at when they are published.";
    AudienceGone 409 "audience_gone" "The audience is gone"
        "The list or segment that this badge or challenge follows was taken away since it was written; the answer names it. Give it another audience, or none (`PUT`), and publish it then.";
    EventUnknown 404 "event_unknown" "There is no such fact"
        "A fact about a user has a cursor of its own: its `position` in a user's history or in an export.";
    BadgeUnknown 404 "badge_unknown" "There is no such badge"
        "Nobody defined a badge with this id. `GET /v1/badges` shows them; `POST /v1/badges` makes one.";
    BadgeFollowsAudience 409 "badge_follows_audience" "The badge follows its audience"
        "Who is in the badge's list or segment holds it, and nobody else: it is neither awarded nor withdrawn by hand. Change who is in the audience, or take the audience from the badge.";
    BadgeNotPublished 409 "badge_not_published" "The badge is not published"
        "A draft is awarded to nobody yet, and what is archived to nobody any more. `POST /v1/badges/{id}/publish` publishes it.";
    LanguageInvalid 422 "language_invalid" "This is no code of a language"
        "What users read is kept by language, and a language is named by its code (a tag of BCP 47): two or three letters, perhaps with a script or a country after a hyphen. Use a code such as en or pt-BR.";
    VersionConflict 412 "version_conflict" "Somebody else was faster"
        "It is not as you have seen it any more. Look at it again and decide anew.";
    IfMatchMissing 428 "if_match_missing" "Say which version you change"
        "Send the ETag of what you have seen as `If-Match`, so that nobody's change is lost; `If-Match: *` changes whatever there is.";
    ListNotJoined 409 "list_not_joined" "The user is not on this list"
        "Only who is on a list can be taken off it. `GET /v1/users/{id}` shows on which lists a user is.";
    UserUnknown 404 "user_unknown" "There is no such user"
        "No user has this id. Users are made by importing them or with `POST /v1/users`; `GET /v1/users?search=` finds them by e-mail.";
    EmailInvalid 422 "email_invalid" "This is no e-mail"
        "It is no address that mail can be sent to, or has more than 254 bytes. Correct it; a row of an import can be imported again.";
    EmailTaken 409 "email_taken" "The address is another user's"
        "An address that a user has is nobody else's, and one that it had stays its own until somebody releases it. The answer names the user's id, with `personal:read`; so does the reason of a row. Take another address, or release a former one (`POST /v1/users/{id}/former-emails/release`). Where a row means that user, give it its external id first, with an import matched by e-mail.";
    EmailWasChanged 409 "email_was_changed" "A former address"
        "The user who had this address has another now. The answer names the user's id, with `personal:read`; so does the reason of a row. Where that user is meant, take the address that `GET /v1/users/{id}` shows, or match rows by an id and leave the e-mail out. Where somebody else is, release it first (`POST /v1/users/{id}/former-emails/release`): then it makes another user.";
    ExternalIdTaken 409 "external_id_taken" "The external id is another user's"
        "No two users have the same. The answer names the user's id, with `personal:read`; so does the reason of a row. Give another one, or take it from that user first (`PATCH /v1/users/{id}` with `\"external_id\": null`). One that an import takes from its user is free only after that import.";
    EmailIsCurrent 409 "email_is_current" "The user has this address now"
        "Only an address that a user had before is released. Give the user another one first (`PATCH /v1/users/{id}`), or remove the user.";
    FormerEmailUnknown 404 "former_email_unknown" "The user never had this address"
        "`GET /v1/users/{id}` lists the former addresses of a user, with `personal:read`.";
    ImportUnknown 404 "import_unknown" "There is no such import"
        "No import has this id. `GET /v1/imports` lists them.";
    BulkActionUnknown 404 "bulk_action_unknown" "There is no such bulk action"
        "No bulk action has this id. `GET /v1/bulk-actions` lists them.";
    BulkActionNotRevertible 409 "bulk_action_not_revertible" "The bulk action cannot be taken back"
        "Only one that has ended and changed somebody can be taken back, once; users that were removed do not come back. The answer says how far this one is.";
    BulkActionAlreadyEnded 409 "bulk_action_already_ended" "The bulk action has ended"
        "What has ended cannot be cancelled. The answer says how it ended.";
    BulkActionInterrupted 409 "bulk_action_interrupted" "The bulk action was cut off and is not at work"
        "Something kept it from going on; the service's log says what. It goes on at the next start of the service and can be cancelled then.";
    BulkActionChanged 409 "bulk_action_changed" "Somebody else was faster"
        "The bulk action was taken back in between. Look at it again.";
    TooManyUsers 422 "too_many_users" "Too many users are named one by one"
        "The answer states the limit. Say which users with a `filter`, or in several requests.";
    TokenUnknown 404 "token_unknown" "There is no such token"
        "No token has this id. `GET /v1/tokens` lists them.";
    BadgeNotHeld 409 "badge_not_held" "The user does not hold this badge"
        "Only a badge that is held can be withdrawn. `GET /v1/users/{id}` shows which are.";
    ChallengeNotJoined 409 "challenge_not_joined" "The user has not joined this challenge"
        "Steps and completion need a participant: join the challenge first.";
    ChallengeAlreadyCompleted 409 "challenge_already_completed" "The user has completed this challenge"
        "A completed challenge takes no further steps. Repeating a step that was completed is fine.";
    ChallengeUnknown 404 "challenge_unknown" "There is no such challenge"
        "Nobody defined a challenge with this id. `GET /v1/challenges` shows them; `POST /v1/challenges` makes one.";
    ChallengeNotPublished 409 "challenge_not_published" "The challenge is not published"
        "Users join a challenge and go on with it while it is published: not while it is a draft, and not once it has ended. `POST /v1/challenges/{id}/publish` publishes it.";
    ChallengeArchived 409 "challenge_archived" "The challenge is archived"
        "What is archived stays as it is, for good. Make another challenge.";
    RewardsExhausted 409 "rewards_exhausted" "All rewards are claimed"
        "The challenge gave all that it had to give and ended by itself. Raise the limit of a reward and publish it again to go on.";
    NotInAudience 409 "not_in_audience" "The user is not in the audience"
        "Only members of the challenge's list or segment join it. The answer names the audience; `GET /v1/users/{id}` shows where the user is.";
    StepUnknown 404 "step_unknown" "The challenge has no such step"
        "`GET /v1/challenges/{id}` shows its steps.";
    StepNotAvailable 409 "step_not_available" "The step waits for another"
        "The steps of this challenge are completed in their order. The answer names the one that is missing.";
    ChallengeCompletesItself 409 "challenge_completes_itself" "The last step completes the challenge"
        "A challenge with steps is completed when all of them are. Complete the missing steps.";
    PerkNotHeld 409 "perk_not_held" "The user has not received this perk"
        "Only a perk that was received can be used. `GET /v1/users/{id}` shows which were.";
    AppNotConnected 409 "app_not_connected" "The user has not connected this app"
        "Only a connected app can be disconnected. `GET /v1/users/{id}` shows which are.";
    OccurredAtInvalid 400 "occurred_at_invalid" "occurred_at cannot be used"
        "It is an instant such as 2026-01-31T09:00:00Z, not in the future: it says that something happened earlier than it is told.";
    TooManyConflicts 503 "too_many_conflicts" "Others kept changing the same user"
        "The command lost the race for this user's history several times. Nothing was recorded; send it again.";
    FileTooLarge 413 "file_too_large" "The file is too large"
        "The answer states the limit. Split the file, or raise `import_bytes_max`. Nothing was imported.";
    EmptyFile 422 "empty_file" "The file is empty"
        "There is not even a header line. Nothing was imported.";
    ImportNotOpen 409 "import_not_open" "The import is no draft any more"
        "Only a draft can be read in another way, mapped, checked and started; the answer says how far this one is. `POST /v1/imports/{id}/again` makes a new draft of its file.";
    ImportNotMapped 409 "import_not_mapped" "Nobody has said where the columns go"
        "`PUT /v1/imports/{id}/mapping` says it; the answer to the upload suggests how.";
    ImportNotChecked 409 "import_not_checked" "The import was not checked"
        "`POST /v1/imports/{id}/check` looks at every row; ask again when it has answered. A new mapping or reading makes an earlier check void.";
    ImportChanged 409 "import_changed" "Somebody else changed the import"
        "It was mapped, read, checked or started in between. Look at it again and decide anew.";
    ImportChangedSinceCheck 409 "import_changed_since_check" "What the check said does not hold any more"
        "Users that the file speaks of have changed since, or the definitions it needs. The answer says how many. Check again, or start with `accept_changes=true`.";
    FileChangedSinceCheck 409 "file_changed_since_check" "The file is not the one that was uploaded"
        "The file in the service's data folder is damaged or was replaced. Upload it again. Nothing was imported.";
    ImportNotRevertible 409 "import_not_revertible" "The import cannot be taken back"
        "Only an import that has ended with rows recorded can be taken back, once. The answer says how far this one is.";
    ImportAlreadyEnded 409 "import_already_ended" "The import has ended"
        "What has ended cannot be cancelled. The answer says how it ended.";
    ImportInterrupted 409 "import_interrupted" "The import was cut off and is not at work"
        "Something kept it from going on; the service's log says what. It goes on at the next start of the service and can be cancelled then.";
    ImportFileGone 410 "import_file_gone" "The file of this import is gone"
        "The report and the facts of the import stay. Import the file again to see its rejected rows.";
    NotText 422 "not_text" "The file is not CSV text"
        "The answer says what it looks like. A spreadsheet must be saved as CSV (UTF-8) first. Nothing was imported.";
    GzipDamaged 422 "gzip_damaged" "The packed file is damaged"
        "It begins as gzip does, but cannot be unpacked whole. Pack and send it again. Nothing was imported.";
    InvalidBytes 422 "invalid_bytes_at" "The file holds bytes that its encoding has not"
        "The answer names the line, the byte and the encoding. Either the file is damaged there, or it is in another encoding: say which with `encoding=`, or save it as \"CSV UTF-8\". Nothing was imported.";
    UnterminatedQuote 422 "unterminated_quote" "A quote never closes"
        "The answer names the line and byte where it opens. From there on, cells and rows cannot be told apart, so nothing was imported. Inside a quoted cell, a quote is written twice.";
    RecordTooLong 422 "record_too_long" "A row is too long"
        "The answer names the line and the limit. Often a quote that should not be there swallows the rows after it. Nothing was imported.";
    TooManyRows 422 "too_many_rows" "The file has too many rows"
        "The answer states the limit. Split the file, or raise `import_rows_max`. Nothing was imported.";
    TooManyColumns 422 "too_many_columns" "The file has too many columns"
        "The answer states the limit. Nothing was imported.";
    HeaderTooLong 422 "header_too_long" "A column's name is too long"
        "The answer names the column and the limit. Probably the first line is not a header. Nothing was imported.";
    EmailColumnMissing 422 "email_column_missing" "No column is the e-mail"
        "Every contact needs an e-mail: name the column Email (or E-mail, Email Address, Adresse e-mail, Courriel). The first line of the file must hold the names of the columns. Nothing was imported.";
    MatchColumnMissing 422 "match_column_missing" "No column says who the rows are about"
        "Rows are matched by an id, and no column holds it: give one the target `user_id`, or `field` with the reference id `external_id`; or match by e-mail. Nothing was imported.";
    MatchByMakesNobody 422 "match_by_makes_nobody" "A user's id cannot make a user"
        "Rows matched by `user_id` only change users there are. Take the mode `update_only` or `both`, or match by e-mail or by external id.";
    EmailMappedTwice 422 "email_mapped_twice" "More than one column is the e-mail"
        "It must be clear who a row is about. Remove one of the columns, or name the ones to take with `columns=`. Nothing was imported.";
    FieldMappedTwice 422 "field_mapped_twice" "Two columns are the same field"
        "Two columns would fill the same field with different values. Remove one, or name the ones to take with `columns=`. Nothing was imported.";
    ColumnUnknown 422 "column_unknown" "A column asked for does not exist"
        "The answer lists the columns there are. Nothing was done.";
    StartOrDryRun 400 "start_or_dry_run" "Import, or only look?"
        "`start=true` imports at once, `dry_run=true` only says what that would do, and without either the file becomes a draft. Not both.";
    TooManyImports 503 "too_many_imports" "Too many imports are waiting"
        "Imports and bulk actions run one after another and the queue is bounded. Nothing of this one was kept; send it again later.";
    UploadStalled 408 "upload_stalled" "The upload stopped"
        "No byte arrived for a while, so the upload was given up. Nothing was imported; send it again.";
    UploadCut 400 "upload_cut" "The upload did not arrive whole"
        "The connection broke, or the body does not match its declared length. Nothing was imported; send it again.";
    UnknownEventType 400 "unknown_event_type" "There is no such event type"
        "Types are written `BadgeGained` or `cohort.badge.gained`. The answer lists the known ones; so does `GET /v1/event-types`.";
    UnknownZone 400 "unknown_zone" "There is no such time zone"
        "Zones are IANA names such as Europe/Paris or UTC.";
    ToAndThrough 400 "to_and_through" "The end is named twice"
        "`to` excludes its moment, `through` includes its day. Give one of them.";
    TimeUnreadable 400 "time_unreadable" "A time cannot be read"
        "Times are days (2026-01-31) or instants (2026-01-31T09:00:00Z or with an offset such as +01:00). `through` takes days only.";
    LocalTimeDoesNotExist 400 "local_time_does_not_exist" "This time does not exist in the zone"
        "Clocks were put forward over it. Give an offset, or another time.";
    LocalTimeAmbiguous 400 "local_time_ambiguous" "This time happens twice in the zone"
        "Clocks were put back over it. Add the offset you mean, such as +02:00.";
    AsOfInFuture 400 "as_of_in_future" "That moment is not over"
        "`as_of` names a past moment: a day that is over, an instant, or a cursor. The table as it is now is had without it.";
    RangeInverted 400 "range_inverted" "The range ends before it begins"
        "`from` is the first moment inside, `to` the first after it (excluded), `through` the last day included.";
    RangeTooLong 400 "range_too_long" "The range has too many days"
        "What is counted day by day is counted for so many days at once as the answer says. Ask for shorter ranges, one after another.";
    CursorInvalid 400 "cursor_invalid" "This is no cursor"
        "Cursors are opaque: use them exactly as an answer gave them.";
    CursorOfAnotherLog 409 "cursor_of_another_log" "The cursor belongs to another log"
        "It was given by another instance, or by one whose data was replaced. Start again from the beginning.";
    CursorOfAnotherQuery 400 "cursor_of_another_query" "The cursor belongs to another query"
        "A page goes on in the order and with the filters of the page before. Give the same ones again, or begin without a cursor.";
    PositionNotReached 409 "position_not_reached" "The log has not reached this position"
        "The cursor is ahead of this log: perhaps it was restored from an older backup.";
    IdempotencyKeyReused 422 "idempotency_key_reused" "The Idempotency-Key was used for something else"
        "A key names one request for 24 hours. The same key with another body, method or address is a mistake: use a new key.";
    IdempotencyKeyInFlight 409 "idempotency_key_in_flight" "The first request with this key is still running"
        "Wait for it and send the request again to get its answer.";
    IdempotencyKeyInvalid 400 "idempotency_key_invalid" "The Idempotency-Key has the wrong form"
        "A key is 1 to 255 visible ASCII characters.";
    ProjectionBehind 503 "projection_behind" "The tables have not caught up"
        "The tables are built from the log and did not reach the position asked for in time. Try again; `/readyz` shows how far they are.";
    PoliciesBehind 503 "policies_behind" "What follows is not recorded yet"
        "Segments and badges are still being brought up with the facts. Try again; `/metrics` shows how far they are.";
    TooManyStreams 503 "too_many_streams" "Too many streams are open"
        "The number of streams at once is bounded. Close one, or ask for the import or bulk action itself now and then.";
    TooManyExports 503 "too_many_exports" "Too many exports are running"
        "The number of exports at once is bounded. Try again when one has ended.";
    ExportUnknown 404 "export_unknown" "There is no such export"
        "No export of yours has this id. `GET /v1/exports` lists those you asked for; a token with `admin` sees all.";
    XlsxCannotHold 422 "xlsx_cannot_hold" "A spreadsheet cannot hold it"
        "A cell of a spreadsheet has at most 32,767 characters, and nothing is cut in silence. The answer to a streamed export says which column and row has more. Leave that column out with `columns=`, or take CSV or NDJSON, which hold everything. Nothing was exported.";
    ExportNotCompleted 409 "export_not_completed" "The export has no file yet, or never will"
        "Only an export that is completed has a file and a manifest. `GET /v1/exports/{id}` says how far it is, `wait=true` waits for it; one that runs is stopped with `/cancel`.";
    ExportAlreadyEnded 409 "export_already_ended" "The export has ended"
        "What has ended cannot be cancelled; the answer says how it ended. `DELETE` takes the file of one that is completed back.";
    ExportFileGone 410 "export_file_gone" "The file of this export is gone"
        "Its time had come, or somebody took it back. Its history and its manifest stay; ask for the export again.";
    RangeNotSatisfiable 416 "range_not_satisfiable" "The file has no such bytes"
        "The answer says how many bytes the file has. Ask for a range that begins before its end, or for all of it.";
    LastAdminToken 409 "last_admin_token" "This is the last token that can manage access"
        "Revoking it would lock everybody out. Make another admin token first.";
    LogStopped 503 "log_stopped" "The log has stopped writing"
        "The disk failed while writing. What was acknowledged is safe; nothing more is written until somebody has looked at the disk and restarted the service. `/readyz` says what happened.";
    DiskFull 507 "disk_full" "The disk is full"
        "Nothing of this request was recorded. Make room and send it again.";
    ShuttingDown 503 "shutting_down" "The service is stopping"
        "What was acknowledged is safe. A started import goes on after the restart. Try again.";
    Internal 500 "internal" "Something went wrong here"
        "The cause is in the service's log, under the request id of this answer.";
}

/// What a client is told.
#[derive(Debug, Clone)]
pub struct Problem {
    kind: ProblemKind,
    detail: String,
    more: Map<String, Value>,
}

impl Problem {
    /// A problem with a sentence about this very request.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Problem {
        Problem { kind, detail: detail.into(), more: Map::new() }
    }

    /// Adds a member that programs can read.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Problem {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// A parameter with an unusable value.
    pub fn parameter(name: &str, takes: &str) -> Problem {
        Problem::new(ProblemKind::ParameterInvalid, format!("{name} takes {takes}"))
            .with("parameter", name)
    }

    /// Something only the service's log may know. The cause is logged here, once.
    pub fn internal(cause: impl std::fmt::Display) -> Problem {
        tracing::error!(%cause, "a request failed");
        Problem::new(ProblemKind::Internal, "the cause is in the service's log")
    }

    /// Its kind.
    pub fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// The sentence about this request.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The document.
    pub fn document(&self) -> Value {
        let mut document = json!({
            "type": format!("/problems/{}", self.kind.code()),
            "title": self.kind.title(),
            "status": self.kind.status().as_u16(),
            "code": self.kind.code(),
            "detail": self.detail,
        });
        if let Value::Object(members) = &mut document {
            members.extend(self.more.clone());
        }
        document
    }
}

#[cfg(test)]
mod tests;
