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
nav-imports = Imports

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

## Imports

imports-title = Imports
imports-none = Nothing was imported yet
imports-none-hint = Import a file of contacts: a CSV with an e-mail in every row.
imports-newest = Newest

import-file = File
import-state = State
import-rows = Rows
import-created = Created
import-updated = Updated
import-same = Unchanged
import-rejected = Rejected
import-warnings = Warnings
import-uploaded = Uploaded
import-by = By
import-pasted = Pasted text
import-nameless = An import
import-of = { $count ->
    [one] 1 row
   *[other] { $count } rows
}, { $size }, uploaded

import-new-title = Import users
import-choose = Choose a CSV file
import-limits = At most { $size } and { $rows } rows. Every row needs an e-mail, or an ID to match it by. Any encoding; comma, semicolon, tab or pipe between cells; gzip too.
import-drop = Or drop it here.
import-upload = Upload
import-too-large = The file is larger than { $size }. Split it, and upload the parts one by one.
import-cut = The connection was cut. Nothing was changed; try again.
import-sending = Uploading…
import-reading = Reading the file…
import-stop = Stop
import-paste = Switch to copy and paste CSV
import-paste-label = Rows of CSV
import-paste-hint = Cells copied from a spreadsheet are fine. Where the first line holds an address, it is a row: e-mail, first name, last name.
import-upload-pasted = Continue

import-discard = Discard
import-read-as = Read as { $encoding }, { $delimiter } between cells,
import-read-header = first row names the columns
import-read-no-header = first row is a user
import-encoding = Encoding
import-delimiter = Between cells
import-header = First row
import-header-yes = Names the columns
import-header-no = Is a user
import-read-again = Read again
import-encoding-doubt = The encoding is a guess. Take the one in which the letters below are right.
import-first-rows = First rows as they were read
import-samples-withheld = You may not see personal data, so no values are shown.
import-spoilt-where = { $count ->
    [one] One cell,
   *[other] { $count } cells, the first
} in line { $line }:
import-columns = Columns
import-columns-hint = Ticked columns are imported, all others are left out.
import-take-all = Take all columns
import-column-number = Column { $number }
import-target = Where { $column } goes
import-fields = Every user has
import-properties = Properties
import-new-property = New property…
import-reference = ID of the property
import-type = Type
import-order = Dates are written
import-order-iso = Year-month-day, as 2026-01-31
import-order-doubt = These dates can be read in two ways. Say which.
import-zone = Time zone of times without one
import-more = More
import-more-of = More about { $column }
import-empty = Empty cells clear the value
import-comma = Decimals stand behind a comma
import-grouped = Digits stand in groups of three
import-guarded = Take off the ' before = + - @
import-clear-token = Text that clears the value
import-options = Lists, duplicates and faults
import-list = Put everybody on the list
import-no-list = None
import-new-list = New list…
import-list-name = Name of the new list
import-mode = Which users
import-match-by = Rows find their users by
import-bad-cells = A cell that cannot be read
import-check = Check
import-checking = Checking every row…
import-unchecked = Not checked yet. Check first to see what would come of it.
import-would = { $created } users to create, { $updated } to update, { $unchanged } rows that change nothing, { $rejected } rejected.
import-start = Import { $count }
import-start-skip = Import { $count }, skip { $skipped }
import-all-the-same = Import all the same

import-rejects = Rejected rows
import-consequences = What follows by rules
import-differences = What changes
import-follows = { $what } { $name }: { $count ->
    [one] 1 user
   *[other] { $count } users
}
import-line = Line
import-column = Column
import-why = Why
import-user = User
import-changes = Changes
import-is-new = New
import-from-first = From the first
import-next = Next

import-progress = { $done } of { $rows } rows
import-progress-told = %done% of %rows% rows, %rejected% rejected
import-progress-left = %left% left
import-goes-on = It goes on when you close this page.
import-cancel = Stop the import
import-failed = The import failed:
import-see-users = See its users
import-rejected-csv = Download rejected rows
import-again = Import the file again
import-undo = Undo
import-finished = Finished
import-reverted = Undone
import-again-of = Made again of
import-undone = Undone
import-undo-title = Undo this import?
import-undo-what = Users it made are removed unless something happened to them since; values go back where they are still what it set. All else stays, with its reason.
import-removed = Users removed
import-restored = Users with values from before
import-left = Users off the list
import-kept = Left as they are
import-kept-csv = Download what stays, and why
import-undo-now = Undo the import
import-undo-not = Keep it

imported-draft = Draft
imported-mapped = Draft
imported-checked = Checked
imported-queued = Waiting
imported-running = Running
imported-completed = Done
imported-cancelled = Cancelled
imported-failed = Failed
imported-reverting = Being undone
imported-reverted = Undone

mode-both = Create new ones and update others
mode-create_only = Only create new ones
mode-update_only = Only update existing ones

bad-reject_row = rejects its row
bad-drop_cell = is left out

order-dmy = Day, month, year
order-mdy = Month, day, year
order-ymd = Year, month, day

delimiter-comma = comma
delimiter-semicolon = semicolon
delimiter-tab = tab
delimiter-pipe = pipe

spoilt-number_ruined = Long numbers lost their last digits in a spreadsheet.
spoilt-encoded_twice = Letters were broken before: the text was read in a wrong encoding and saved.

follows-segment_entered = Enter the segment
follows-segment_left = Leave the segment
follows-badge_gained = Gain the badge
follows-badge_lost = Lose the badge

notice-import-read = The file was read again.
notice-import-look-first = Checked. Look at the numbers, then import.
notice-import-cancelled = The import was stopped.
notice-import-undoing = The import is being undone.

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
