# Every word that pages show. A key is asked for as `t.say("key")` in a template or `Texts.say("key")` in a page; groups such
# as `operator-` are asked for with what the API calls a thing: `t.named("operator", name)`.

## Around every page

language = en
product = Cohort
skip = Skip to the content
menu = Menu
sections = Sections
account = Account
account-signed-in = Signed in as
problem-page = What this means and what to do
close = Close
choose = Choose…
add = Add
search = Search
previous = Previous page
next = Next page
pages = Pages
withheld = withheld
withheld-why = You may not see personal data. Ask who manages access for the right to see it.

nav-users = Users
nav-exports = Exports

## Users

users-title = Users
users-import = + Import users
users-export = Export as CSV
users-search = E-mail, name or external ID
users-found = { $count ->
    [one] 1 user
   *[other] { $count } users
}
users-none = There are no users yet
users-none-hint = Import a file of contacts, or make the first user by hand.
users-none-match = No user matches these filters
users-open = Open

tile-users = Users
tile-daily = Active today
tile-weekly = Active in 7 days
tile-monthly = Active in 30 days
tile-users-chart = From { $before } users on { $from } to { $after } on { $to }

filter-add = Add filter
filter-remove = Remove the filter { $filter }
filter-more = The first { $count } are listed.
filter-property = Property
filter-operator = Condition
filter-value = Value
filter-value-hint = Nothing for conditions that need no value; two values with a comma between them; dates as 2026-01-31.
filters-at-work = Filters
filters-clear = Remove all filters

filter-list = List
filter-segment = Segment
filter-badge = Badge
filter-challenge = Challenge
filter-app = App
filter-import = Import
filter-search = Search
filter-user = User

## What the API calls columns, types, operators

column-email = E-mail
column-member_since = Member since
column-last_active_at = Last active
column-challenges_completed = Challenges completed
column-digital_assets = Digital assets
column-perks_used = Perks used
column-user_id = User ID
column-first_name = First name
column-last_name = Last name
column-lang = Language
column-external_id = External ID

type-any = Any value
type-text = Text
type-number = Number
type-boolean = Yes or no
type-date = Date

boolean-true = Yes
boolean-false = No

operator-is_set = is there
operator-is_not_set = is not there
operator-is = is
operator-is_not = is not
operator-contains = contains
operator-does_not_contain = does not contain
operator-starts_with = starts with
operator-ends_with = ends with
operator-is_one_of = is one of
operator-equals = equals
operator-does_not_equal = does not equal
operator-less_than = is less than
operator-at_most = is at most
operator-more_than = is more than
operator-at_least = is at least
operator-between = is between
operator-is_true = is yes
operator-is_false = is no
operator-on = is on
operator-before = is before
operator-after = is after
operator-between_days = is between
operator-in_the_last_days = is in the last days
operator-more_than_days_ago = is more days ago than
operator-in_the_next_days = is in the next days

## Exports

exports-title = Exports
exports-yours = You see the exports that you asked for. Who manages access sees all of them.
exports-shown = Which exports are shown
exports-all = All
exports-kept = With a file
exports-at-once = Handed out at once
exports-none = There are no exports here yet
exports-none-hint = Export users or their events; each export is listed here with who asked for it and what was in it.
exports-newest = Newest exports
exports-but = Not { $type }
exports-columns-only = Columns: { $columns }
exports-moment = { $day } { $month } { $year } { $time }
exports-range-both = { $from } to { $to }, { $zone }
exports-range-from = from { $from }, { $zone }
exports-range-to = until { $to }, { $zone }
exports-count-users = { $count ->
    [one] 1 user, { $size }
   *[other] { $count } users, { $size }
}
exports-count-events = { $count ->
    [one] 1 event, about { $size }
   *[other] { $count } events, about { $size }
}
exports-replayed = Going back to that moment: { $facts } of { $of } facts
exports-written-of = { $rows } of { $of } rows, { $size }
exports-written = { $rows } rows, { $size }

export-new = Export
export-what = What
export-users = Export users
export-user-events = Export user events
export-columns = With the columns of your table: { $columns }
export-filters-users = Only users with
export-filters-events = Only events with
export-as-of = As of
export-as-of-hint = Leave empty for the table as it is now. A day alone means its end.
export-as-of-day = Day
export-as-of-time = Time
export-which = Which events
export-all-events = All events
export-some-events = Specific events
export-find-type = Find an event
export-types-all = Select all
export-types-none = Select none
export-when = When
export-span = Time
export-from = First day
export-through = Last day
export-zone = Time zone of these days and times
export-about = Only events about one list, badge, challenge or import
export-about-hint = What is chosen here has to hold together.
export-about-any = Any
export-format = Format
export-safe = Keep spreadsheets from taking text for formulas
export-bom = Mark the file as Unicode, so that Excel shows every letter
export-delimiter = Between cells
export-reason = Reason (kept with the export)
export-count-hint = Count how much it would be before you export.
export-count = Count
export-start = Export
export-leave = Cancel
export-personal-withheld = You may not see personal data: cells that name a person will be empty in the file.
export-look-again = Look again
export-cancel = Cancel the export
export-fetch = Download { $file }
export-file-withheld = The file holds personal data, which you may not see.
export-file = File
export-manifest = Manifest
export-take-back = Take the file back
export-take-back-title = Take the file back?
export-take-back-why = Nobody can download it any more. What it was, and who had it, stays in the history.
export-made-withheld = Cells that name a person are empty in it.
export-asked-for = Asked for
export-rows = Rows
export-size = Size
export-by = By
export-at = Asked at
export-state = State
export-reason-given = Reason
export-finished = Ended at
export-expires = File kept until
export-downloads = Downloads
export-again = Ask for the same again

notice-export-cancelled = The export is cancelled.
notice-export-taken-back = The file is taken back.

exportcontent-users = Users
exportcontent-user_events = User events
exportcontent-person = A person's file
exporttitle-users = Export of users
exporttitle-user_events = Export of user events
exporttitle-person = Export of a person
exportall-users = All users
exportall-user_events = All events
exportall-person = One user
exportformat-csv = CSV
exportformat-xlsx = Excel (XLSX)
exportformat-ndjson = NDJSON, for programs
exportbasis-recorded = By when it was recorded
exportbasis-occurred = By when it happened
exportstate-queued = Waiting
exportstate-running = Being made
exportstate-completed = Completed
exportstate-cancelled = Cancelled
exportstate-failed = Failed
exportstate-expired = Expired
exportstate-revoked = Taken back
exportsaid-queued = The export waits for its turn.
exportsaid-running = The export is being handed out.
exportsaid-completed = The export is complete.
exportsaid-cancelled = The export was cancelled. Nothing of it was kept.
exportsaid-failed = The export failed. Nothing of it was kept.
exportsaid-expired = The time of its file is over: the file is gone. Its manifest stays.
exportsaid-revoked = Its file was taken back. Its manifest stays.
exporttrouble-client_gone = Whoever fetched it went away before its end.
exporttrouble-client_stalled = Whoever fetched it took nothing for too long.
exporttrouble-service_stopped = The service stopped meanwhile. Ask for it again.
exporttrouble-disk_full = There was no room on the disk.
exporttrouble-read_failed = The facts could not be read.
exporttrouble-write_failed = The file could not be written.
exporttrouble-xlsx_cannot_hold = A cell is longer than a spreadsheet can hold. Choose CSV.

span-any = Anytime
span-custom = Custom range
span-today = Today
span-7 = Last 7 days
span-30 = Last 30 days
span-90 = Last 90 days
span-month = This month

delimiter-comma = Comma
delimiter-semicolon = Semicolon
delimiter-tab = Tab

size-bytes = { $count ->
    [one] 1 byte
   *[other] { $count } bytes
}
size-kb = { $size } kB
size-mb = { $size } MB
size-gb = { $size } GB
left-seconds = { $count ->
    [one] about 1 second left
   *[other] about { $count } seconds left
}
left-minutes = { $count ->
    [one] about 1 minute left
   *[other] about { $count } minutes left
}

month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
