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
refused-body_invalid = This cannot be kept as it is
refused-parameter_invalid = This cannot be asked for as it is
refused-parameter_unknown = The address asks for something that is not known
refused-id_invalid = This is no ID of anything here
close = Close
choose = Choose…
look-again = Look again
add = Add
save = Save
cancel = Cancel
since = since
until = until
never = never
no-value = No value
number-hint = Digits, with a point before decimals.
search = Search
previous = Previous page
next = Next page
pages = Pages
withheld = withheld
missing-what = It may have been called otherwise, ended or taken away, or the address was mistyped. The sections lead to all there is.
missing-id = Nothing has the ID “{ $id }”.
missing-to = Go to { $section }
withheld-why = You may not see personal data. Ask who manages access for the right to see it.

nav-users = Users
nav-properties = Custom properties
nav-indicators = Indicators
nav-events = Events
nav-tokens = API tokens
nav-imports = Imports
nav-exports = Exports
nav-segments = Segments

## What each no means

problems-title = When the answer is no
problems-what = Every no has a name and a page that says what it means and what to do. These pages are for people and for whoever writes programs.
problems-answers = Answers
problems-rows = Rows of imports
problems-no = What is said
problems-code = Code
problems-status = Answered with
problems-of-row = Said of a row of an import, in its report

## Users

users-title = Users
users-import = + Import users
users-export = Export as CSV
users-new = New user
users-shown = Manage user properties
users-search = E-mail, name or external ID
users-found = { $count ->
    [one] 1 user
   *[other] { $count } users
}
users-none = There are no users yet
users-none-hint = Import a file of contacts, or make the first user by hand.
users-none-match = No user matches these filters
users-open = Open

users-tick = Tick { $name }
users-tick-all = Tick all on this page
users-many-ticked = With the ticked users…
users-many-all = { $count ->
    [one] With the 1 user that matches…
   *[other] With all { $count } users that match…
}

tile-users = Users
tile-daily = Active today
tile-weekly = Active in 7 days
tile-monthly = Active in 30 days
tile-users-chart = From { $before } users on { $from } to { $after } on { $to }

filter-add = Add filter
filter-remove = Remove the filter { $filter }
filter-more = The first { $count } are listed.
filter-view = View
views = Views
views-none = No view is saved yet. A view is the columns, the order and the filters of this table under a name, for the whole team.
view-name = Save what the table shows now as
view-hint = Its columns, order and filters, for everybody in the team.
view-save = Save the view
view-of-everybody = Everybody: it has no filter
view-remove = Remove
view-remove-named = Remove the view { $name }
notice-view-saved = The view is saved.
notice-view-name-taken = There is a view of this name: choose another name, or save over that one.
view-over = Save over it
view-over-named = Save what the table shows now over the view { $name }
view-remove-sure = Remove it for the whole team
notice-view-removed = The view is removed.
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
filter-from = From
filter-through = Through
filter-to = Before
filter-since = After
filter-perk = Perk
filter-digital_asset = Digital asset

## Manage user properties

shown-title = Manage user properties
shown-from-mine = These columns are your own choice.
shown-from-team = These columns are the team's choice.
shown-from-all = Nobody has chosen columns yet: all are shown.
shown-find = Find a property
shown-up = Move { $name } up
shown-down = Move { $name } down
shown-moved = moved
shown-mine = Save for me
shown-team = Save as the team's default
shown-none = Back to the team's choice
notice-columns-kept = The columns are saved.

## One user

user-pages = Pages about this user
user-overview = Overview
user-called = Name
user-properties = Properties
user-activity = Activity
user-file = Everything about this person as a file
user-remove = Delete user
user-former = Former e-mail
user-lists = Lists and segments
user-no-lists = On no list and in no segment.
user-leave = Remove
user-leave-list = Remove from the list { $name }
user-join = Add to a list
user-badges = Badges
user-no-badges = Holds no badge.
user-withdraw = Withdraw
user-withdraw-badge = Withdraw the badge { $name }
user-award = Award a badge
user-award-button = Award
user-challenges = Challenges
user-no-challenges = Has joined no challenge.
user-take-part = Join a challenge
user-take-part-button = Join
user-no-joinable = There is no published challenge that this user could still join.
user-record-step = Record step: { $step } ({ $action })
user-of-challenge = of { $name }
user-challenge-for = It is for: { $audience }.
joinno-not_in_audience = This user is not in the audience of the challenge, so they cannot join it.
joinno-challenge_not_published = Users join a challenge and go on with it only while it is published, and now it is not.
joinno-rewards_exhausted = All its rewards are claimed, so it has ended: nobody joins it or goes on with it.
joinno-challenge_already_completed = This user has completed the challenge already.
joinno-challenge_not_joined = This user has not joined the challenge: let them join it first.
joinno-step_not_available = The steps of this challenge are completed in their order, and another comes first.
joinno-step_unknown = The challenge has no such step any more.
joinno-challenge_unknown = There is no such challenge.
user-completed = completed
user-joined = joined
user-steps = steps:
user-rewards = rewards:
user-perks = Perks and digital assets
user-no-perks = Has received none.
user-perk = received { $received } ×, used { $used } ×
user-asset = Digital asset
user-apps = Apps
user-history = How each value came to be
user-no-history = No value has ever changed.
user-history-more = Earlier changes
user-values-hint = Only what you change is recorded. A field left empty has no value.
notice-user-joined = The user is on the list.
notice-user-left = The user is not on the list any more.
notice-user-awarded = The user holds the badge.
notice-user-withdrawn = The user does not hold the badge any more.
notice-user-takes-part = The user has joined the challenge.
notice-user-step = The step is recorded.
notice-user-changed = The changes are saved.
notice-user-same = Nothing was changed.
notice-user-made = The user is there.
notice-user-removed = The user is deleted.

new-user-title = New user
new-user-lists = Put on lists
new-user-make = Create user

removal-title = Delete this user?
removal-text = { $name } will be removed.
removal-leaves = The user leaves every list and segment and loses every badge at once.
removal-past = Past events stay in the history.
removal-again = The same e-mail address can become a new user later.

gone-title = This user is deleted
gone-text = There is no such user any more.
gone-since = The last event is from

activity-search = Search in labels, names and values
activity-type = Event type
activity-all = All types
activity-none = Nothing matches
activity-when = When
activity-what = What happened
activity-details = Details
activity-because = Because
activity-why = Why?
causes-title = Why this happened
causes-because = because:

origin-person = by a team member
origin-api = by hand, over the API
origin-import = of an import
origin-revert = of something taken back
origin-policy = of a rule
origin-bulk = of a bulk action

thing-challenge = challenge
thing-step = step
thing-badge = badge
thing-perk = perk
thing-digital_asset = digital asset
thing-app = app
thing-list = list
thing-segment = segment
thing-audience = audience
told-hour = in the hour from
told-new-user = a new user
told-known-user = a user who was there
told-name = name
told-value = value
told-file = file
told-row = of row { $row } of an import
told-import = See the import
told-bulk = See the bulk action
told-system = by the service itself

why-fact = of what became known of the user
why-clock = of time that passed
why-definition = of how its conditions were defined then
why-user_deleted = of the user who was deleted
why-import_reverted = of an import that was taken back
why-entered_audience = of an audience that the user entered
why-left_audience = of an audience that the user left
why-owners_changed = of how the badge was defined or published then
why-badge_archived = of a badge that was archived
why-list_deleted = of a list that was deleted
why-bulk_action_reverted = of a bulk action that was taken back

## Events

events-title = Events
events-export = Export these events
events-filter = Filter events
events-user = User
events-user-hint = E-mail address or user ID
events-user-hint-id = User ID
events-from = From
events-through = Through
events-zone = Time zone of these days
events-types = { $count ->
    [0] All types of event
    [one] 1 type of event
   *[other] { $count } types of event
}
events-show = Show
events-who = User
events-newer = Newer
events-older = Older
events-none = Nothing has happened yet
events-none-hint = As soon as there are users, whatever happens to them is here.
events-none-match = No event matches these filters
events-none-so-far = Nothing so far
events-none-so-far-hint = Among the newest events none matches. Older ones have not been looked at yet.
events-no-such-user = There is no user with this e-mail address or user ID now. Who was deleted is found by user ID; whose name is known, by search on the Users page.

## Many users at once

many-title = Many users at once
many-head = { $count ->
    [0] No user is chosen
    [one] With 1 user
   *[other] With { $count } users
}
many-what = What should be done?
many-choose-what = Choose what should be done.
many-choose-which = Choose with which list, badge or property.
many-value = New value; empty takes the value away
many-look = See what it would do
many-would = { $count ->
    [0] Nobody would be changed. Nothing has been done yet.
    [one] 1 user would be changed. Nothing has been done yet.
   *[other] { $count } users would be changed. Nothing has been done yet.
}
many-matched = Users it is about
many-changed = Changed
many-unchanged = As wanted already
many-refused = Refused
many-final = Deleting cannot be undone: what is known of these users goes, and they leave every list, segment and badge.
many-first = The first { $count }
many-values = Values that would be changed
many-old = Now
many-new = Then
many-else = Choose something else
many-begin = { $count ->
    [one] Do it to 1 user
   *[other] Do it to { $count } users
}

deed-join_list = Add to the list
deed-leave_list = Remove from the list
deed-gain_badge = Award the badge
deed-lose_badge = Withdraw the badge
deed-set_property = Set the property
deed-clear_property = Take away the value of
deed-delete = Delete

bulk-title = Bulk action
bulk-all = Bulk actions
bulk-none = Nothing was done to many users at once yet
bulk-none-hint = Tick users in the table, or filter it, and choose what to do with them.
bulk-newest = Newest bulk actions
bulk-what = What was done
bulk-state = State
bulk-by = By
bulk-progress = Users done
bulk-cancel = Stop
bulk-undo = Undo
bulk-started = Started
bulk-finished = Ended
bulk-chosen = Users chosen
bulk-by-filter = by these filters
bulk-everybody = everybody, without a filter
bulk-one-by-one = { $count ->
    [one] one user
   *[other] { $count } users, one by one
}
bulk-back = Taken back
bulk-restored = As they were before
bulk-as-before = Nothing to take back
bulk-kept = Stay as they are
undo-title = Undo this bulk action?
undo-text = Users who were changed by others since stay as they are, and are listed with the reason.
seconds-left = about {"{"}seconds{"}"} seconds left
notice-bulk-begun = It has begun. You may leave this page.
notice-bulk-cancelled = It stops after the users at hand. What was recorded stays.
notice-bulk-undone = It is being taken back.

state-queued = Waits for its turn
state-running = At work
state-completed = Done
state-cancelled = Stopped
state-failed = Failed
state-reverting = Being taken back
state-reverted = Taken back

kept-list_changed = the list was joined or left by others since
kept-list_gone = the list is gone
kept-badge_changed = the badge was gained or lost by others since
kept-badge_follows_audience = the badge follows its audience now
kept-badge_not_published = the badge is not published any more
kept-value_changed = the value was changed by others since
kept-property_gone = the property is gone
kept-user_gone = the user is gone
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
import-undo-what = Users it made are removed unless something happened to them since; values go back where they are still what it set. All else stays, with its reason. Properties and lists that it made stay, without these values and members.
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

## Challenges

nav-challenges = Challenges
challenges-title = Challenges
challenges-what = Steps that users complete, one after another or in any order, and what they receive for it.
challenges-none = There are no challenges yet
challenges-none-hint = Make the first one with New challenge: it is a draft that nobody can join until it is published.
challenges-none-look = Whoever may define things makes the first one.
challenges-archived = { $count ->
    [one] 1 archived challenge
   *[other] { $count } archived challenges
}
challenge-new = New challenge
challenge-create = Make the challenge
challenge-edit = Edit
challenge-edit-title = Edit { $name }
challenge-save = Save the challenge
challenge-edit-published = This challenge is published: what you save holds at once. Where less is asked than before, who has done that much has completed it.
challenge-conflict = Somebody changed this challenge while you wrote. What you typed is still here; saving again replaces what they did.
challenge-conflict-see = See it as it is now, in another tab
challenge-about = What it is
challenge-name = Name
challenge-name-hint = As the team reads it, and as facts about it say.
challenge-id = ID
challenge-id-hint = Names it for programs, for ever: a-z, 0-9, _ and -. Leave it empty, and one is made of the name.
challenge-state = State
challenge-state-draft = Draft
challenge-state-published = Published
challenge-state-ended = Ended
challenge-state-archived = Archived
challenge-ended-why-by_hand = It was ended by hand. It can be published again.
challenge-ended-why-rewards_exhausted = All that it had to give is claimed. Raise a limit and publish it again to go on.
challenge-audience = Who may join
challenge-of-all = Everyone
challenge-of-list = The list { $name }
challenge-of-segment = The segment { $name }
challenge-lists = Lists
challenge-segments = Segments
challenge-joining = Joining
challenge-joining-opt-in = Users join before they complete steps
challenge-joining-first-step = The first step joins
challenge-opt-in = Users have to join first
challenge-opt-in-hint = Otherwise the first step that they complete joins them.
challenge-order = Order
challenge-order-kept = Each step waits for the one before it
challenge-order-any = In any order
challenge-in-order = Each step waits for the one before it
challenge-steps = Steps
challenge-steps-hint = What has to be done; what has to happen is the name of an action, as share_photo. The last step that a user completes completes the challenge.
challenge-no-steps = It has no steps: a program says who has completed it.
challenge-step-title = Step
challenge-step-id-hint = Empty: made of the step's name.
challenge-new-step = New step
challenge-add-step = Add a step
challenge-action = What has to happen
challenge-rewards = Rewards
challenge-rewards-hint = Whoever completes the challenge receives these, first come first served.
challenge-no-rewards = Nothing is given on completion.
challenge-reward-kind = Kind
challenge-reward-name = Name of the reward
challenge-reward-id-hint = What programs call it. Empty: made of the name.
challenge-reward-limit = How many there are
challenge-reward-limit-hint = Empty: as many as it takes.
challenge-new-reward = New reward
challenge-add-reward = Add a reward
challenge-texts = What users read
challenge-texts-hint = By language; apps show it.
challenge-text-lang = Language
challenge-text-lang-hint = As en or pt-BR.
challenge-text-title = Title
challenge-text-description = Description
challenge-text-opt-in = Words of the button that joins
challenge-new-text = New language
challenge-add-text = Add a language
challenge-visual = Picture
challenge-visual-hint = Its address.
challenge-remove-row = Take away { $name }
challenge-what = What it is
challenge-version = Version
challenge-made-at = Made
challenge-changed = Changed
challenge-funnel = How far everybody is
challenge-funnel-hint = From left to right: who joined, who completed each step, who completed all of it. Grey is who came to a step.
challenge-stage-words = { $stage }: { $count }
challenge-participants = { $count ->
    [one] The 1 user who takes part
   *[other] The { $count } users who take part
}
challenge-nobody = Nobody takes part yet
challenge-nobody-yet = Open a user's page to let them join it there, under Challenges. Apps let users join over the API.
challenge-nobody-draft = Nobody can join a draft: publish it.
challenge-nobody-over = Nobody joined it while it was published.
challenge-reached = Came to it
challenge-share = Of those who joined
challenge-given = { $count } given
challenge-given-of = { $count } given, limit { $limit }
challenge-publish = Publish
challenge-publish-sure = Publish this challenge?
challenge-publish-who = Who may join: { $audience }.
challenge-publish-opt-in = Nobody takes part by that alone: users join first.
challenge-publish-first-step = Nobody takes part by that alone: the first step that users complete joins them.
challenge-publish-no-steps = It has no steps: a program says who has completed it.
challenge-publish-reward = Each who completes it receives { $name }.
challenge-publish-limited = { $count ->
    [one] The first who completes it receives { $name }.
   *[other] The first { $count } who complete it receive { $name }.
}
challenge-would-complete = { $count ->
    [one] 1 user has done all that it asks, and completes it at once.
   *[other] { $count } users have done all that it asks, and complete it at once.
}
challenge-may-join = { $count ->
    [one] That is 1 user now.
   *[other] That is { $count } users now.
}
challenge-may-join-unknown = Everybody is still being looked at for this segment, so nobody knows how many that is.
challenge-may-join-gone = It was taken away: choose another audience, or none, before you publish.
challenge-end = End
challenge-end-sure = End this challenge?
challenge-end-what = Nobody joins it or goes on with it any more.
challenge-end-underway = { $count ->
    [0] Nobody is on the way.
    [one] 1 user has joined it, has not completed it, and stops where they are.
   *[other] { $count } users have joined it, have not completed it, and stop where they are.
}
challenge-end-rewards = What was completed in time is still rewarded.
challenge-end-again = It can be published again.
challenge-archive = Archive
challenge-archive-sure = Archive this challenge?
challenge-archive-what = It is put away for good: it can neither be changed nor published again.
challenge-archive-stays = Who completed it, and what they received, stays.
notice-challenge-made = The challenge is made. It is a draft: nobody can join it until it is published.
notice-challenge-saved = The challenge is saved.
notice-challenge-published = The challenge is published.
notice-challenge-ended = The challenge is ended.
notice-challenge-archived = The challenge is archived.
reward-perk = Perk
reward-digital_asset = Digital asset

## Custom properties

properties-title = Custom properties
properties-what = What is known of users beside their names and addresses. A new property is on every user at once, and empty.
properties-none = There are no custom properties yet
properties-none-hint = Make one here, or import a file: each of its columns can become one.
property-new = New property
property-name = Name
property-name-hint = As the team reads it. Without one, the reference ID is shown.
property-reference = Reference ID
property-reference-hint = Names it in files, filters and the API: small letters, digits, _ and -.
property-type = Type
property-type-hint = The type can never be changed.
property-create = Make the property
property-remove = Delete property
property-remove-sure = Delete this property?
property-remove-what = The values of { $name } are not shown any more, in no table and no export of users. What was recorded stays recorded. A new property of the same name begins empty.
notice-property-made = The property was made.
notice-property-renamed = The property was saved.
notice-property-removed = The property was deleted.

## API tokens

tokens-title = API tokens
tokens-what = Programs show a token to be let in. Give each only the rights it needs.
token-new = New token
token-name = Name
token-name-hint = What it is for: the web shop, a nightly export.
token-scopes = Rights
token-create = Make the token
token-made = The token was made
token-made-once = Copy it now: it is shown this once, and nobody can show it again.
token-secret = Secret of { $id }
token-created = Made
token-used = Last used
token-never = Never
token-state = State
token-is-revoked = Revoked
token-revoke = Revoke
token-revoke-sure = Revoke this token?
token-revoke-what = Whatever program uses it is refused from this moment on. This cannot be taken back.
copy = Copy
copied = Copied
notice-token-revoked = The token was revoked.

scope-users-read = Look at users
scope-users-write = Act for users
scope-imports-write = Import users
scope-exports-create = Export
scope-events-read = Read events
scope-definitions-write = Define
scope-personal-read = See personal data
scope-admin = Everything
scopehint-users-read = users:read
scopehint-users-write = users:write: make, change and remove them; badges, challenges, perks, lists
scopehint-imports-write = imports:write
scopehint-exports-create = exports:create
scopehint-events-read = events:read
scopehint-definitions-write = definitions:write: properties, lists, segments, badges, challenges
scopehint-personal-read = personal:read: addresses, names and values; all else works without it
scopehint-admin = admin: all of these, and access itself

## Indicators

indicators-title = Indicators
indicators-range = Range
indicators-days = { $count } days
indicators-from = From
indicators-through = Through
indicators-show = Show
indicators-zone = Days of { $zone }, by when things were recorded.
indicators-none = No day of this range has begun
indicators-none-hint = Choose days up to today.
indicators-numbers = In numbers
indicators-challenges = Challenges
indicators-badges = Badges
indicators-events = Events
indicator-users = Users
indicator-made = Came
indicator-removed = Were removed
indicator-gained = Gained
indicator-lost = Lost
indicator-held = Held
indicator-joined = Joined
indicator-completed = Completed
indicator-percent = { $count } %
indicator-stage = Stage
indicator-how-many = How many
indicator-type = Type
indicator-course = Course
indicator-day = Day
indicator-words = { $title }: { $before } at first ({ $from }), { $after } at last ({ $to })
## Signing in, and one's own account

sign-in-title = Sign in
sign-in-email = E-mail
sign-in-password = Password
sign-in-button = Sign in
sign-in-help = Password forgotten? An admin of the team makes a link to set a new one.
sign-out = Sign out
sign-out-everywhere = Sign out everywhere
join-title = Set your password
join-first = You join as the first admin of the team: say with which e-mail you will sign in.
join-invited = You were invited to the team. With this password you will sign in.
join-again = Set a new password. You are signed out everywhere else.
join-password = New password
join-password-hint = At least 12 characters. Several words one after another are good.
join-button = Set the password and sign in
me-title = Your account
me-who = Who you are
me-id = ID
me-shown = Name and zone
me-zone = Time zone
me-zone-hint = You are shown times in { $zone }. Zones are written Europe/Paris; nothing: the zone of the service.
me-password = Password
me-password-hint = With another password you are signed out everywhere else.
me-current = Current password
me-new = New password
me-password-button = Change the password
me-sessions = Where you are signed in
session-browser = Browser
session-begun = Signed in
session-seen = Last seen
session-current = This one
session-end = Sign out there
session-unknown = It does not say

## The team

nav-team = Team
team-title = Team
team-name = Name
team-role = Role
team-personal = Personal data of users
team-personal-give = Sees personal data of users
team-state = State
team-invite = Invite somebody
team-invite-hint = No mail is sent: you get a link to give them.
team-invite-button = Invite
team-change = Change
team-change-title = Change { $name }
team-link = New link
team-remove = Remove
team-remove-title = Remove { $name }?
team-remove-what = They are signed out at once. What they did stays in the history.
team-remove-button = Remove from the team
team-none = Nobody has joined the team yet
team-none-hint = Invite somebody, or open the link that the first start of the service printed.
link-title = A link for { $name }
link-once = It is shown this once. With it a password is set; it works once, until
link-label = Link

role-viewer = Viewer: looks and exports
role-editor = Editor: also acts for users, imports, defines
role-admin = Admin: everything, and access
member-invited = Invited
member-joined = Joined
member-removed = Removed
seen-yes = Yes
seen-no = No

notice-member-changed = The member is changed.
notice-member-removed = The member is removed.
notice-account-changed = Your account is changed.
notice-password-changed = Your password is changed. You are signed out everywhere else.
notice-session-ended = Signed out there.
## Settings

nav-settings = Settings
settings-title = Settings
settings-service = This service
settings-version = Version
settings-facts = Facts in the log
settings-position = Position
settings-log-id = ID of the log
settings-following = How current everything is
settings-tables = Tables
settings-policies = What follows by rules
settings-current = Current
settings-behind = { $count ->
    [one] 1 fact behind
   *[other] { $count } facts behind
}
settings-up-to = { $count ->
    [one] up to fact 1
   *[other] up to fact { $count }
}
settings-unreadable = Unreadable facts
settings-unreadable-what = No version of this program that is known here explains them: a newer one wrote them.
settings-check = Tables are compared with the log by
settings-disk = On the disk
settings-disk-total = { $size } in { $folder }
settings-for = What for
settings-size = Size
data-log = Log
data-tables = Tables, which can be built again
data-work = Sessions, keys and other work
data-imports = Files of imports
data-exports = Files of exports
data-rest = All else
settings-kept = How long files are kept
kept-imports = { $count ->
    [one] An imported file: 1 day after its import has ended.
   *[other] An imported file: { $count } days after its import has ended.
}
kept-drafts = { $count ->
    [one] A draft that nobody started: 1 day.
   *[other] A draft that nobody started: { $count } days.
}
kept-exports = { $count ->
    [one] The file of an export: 1 day.
   *[other] The file of an export: { $count } days.
}
settings-kept-facts = Facts are kept for good.
settings-all = All settings
settings-how = Settings are read at the start: change one by a flag of cohort serve, a variable of the environment or a line of the configuration file, and start anew. Of these, the first that says something holds.
settings-file = The configuration file is { $file }.
settings-no-file = No configuration file is named: --config or COHORT_CONFIG names one.
settings-what = Setting
settings-value = Value
settings-from = From
settings-change = Changed by
settings-secret = Not shown
settings-source-flag = Flag
settings-source-environment = Environment
settings-source-file = File
settings-source-default = Default
setting-data = Folder that holds everything
setting-listen = Address and port to listen on
setting-store = Engine of the log
setting-zone = Zone of bare dates, and of who has chosen none
setting-instance_key = Key with which user ids are derived: 64 hex digits; by default the file instance.key in the data folder
setting-import_bytes_max = Largest import file, in bytes
setting-import_rows_max = Most rows of an import
setting-import_batch_rows = Rows of an import that are recorded together: more is faster, and a cancel waits for them; 1 to 10,000
setting-import_files_days = Days an imported file is kept after its import has ended
setting-import_drafts_days = Days a draft that nobody started is kept
setting-exports_days = Days the file of an export is kept
setting-stall_seconds = Seconds after which a client that takes nothing of its answer is cut off; 1 to 86,400
setting-strict_definitions = Whether badges and challenges that nobody defined are refused
setting-behind_proxy = Whether a proxy in front says how and from where it was reached
setting-log_format = Form of the service's log: text or json
setting-accept-clock = Start although the last fact is later than the clock
setting-COHORT_ADMIN_TOKEN = First admin token of a new log; by default it is made and printed once
setting-RUST_LOG = What is logged, on standard error

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
exports-order-up = By { $column }, ascending
exports-order-down = By { $column }, descending
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
export-order = Order of rows
export-order-hint = The order of your table. Without it, rows are by when users became members.
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
export-count-past = Users as of a past moment are counted when you press Count: the log is replayed up to there first.
export-count-hint = Count how much it would be before you export.
export-count = Count
export-start = Export
export-leave = Cancel
export-personal-withheld = You may not see personal data: cells that name a person will be empty in the file.
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
span-last_month = Last month


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


## Lists, segments, badges

definition-name = Name
definition-id = ID
definition-id-wanted = ID (optional)
definition-id-hint = Names it in files, filters and the API, for ever: small letters, digits, _ and -. Without one, it is made of the name.
definition-version = Version
definition-made = Made
definition-changed = Changed
definition-followers = What hangs on it
definition-draft = Draft
definition-published = Published
definition-ended = Ended
definition-archived = Archived
followers-none = Nothing
follower-badge = Badge
follower-challenge = Challenge
follower-segment = Segment
consequence-badge = who is in gains it, who is out loses it
consequence-challenge = who is in may join it
consequence-segment = it is looked at anew
remove-in-use = It cannot be removed while these hang on it:

## Segments

segments-title = Segments
segments-what = A segment holds whoever fulfils its conditions, now: users enter and leave by themselves.
segments-none = There are no segments yet
segments-none-hint = Make one: say what its users have in common, and see how many they are.
segment-new = New segment
segment-users = Users in it
segment-counting = being counted
segment-counting-hint = Everybody is being looked at for these conditions. This takes a moment.
segment-now = As it is now
segment-conditions = Conditions
segment-conditions-hint = Who fulfils every condition of one group is in. Groups are alternatives.
segment-group = Group { $number }: all of these
segment-to-group = to group { $number }
segment-condition = Condition { $number } of group { $group }
segment-or = or
segment-add = Add condition
segment-add-group = Add group
segment-remove-row = Remove
segment-apply = Apply
segment-count = Count
segment-as-json = Write as JSON
segment-builder = Back to the builder
segment-json = Conditions as JSON
segment-json-hint = As the API takes them. The builder shows them where it can.
segment-would = { $count ->
    [0] Nobody would be in.
    [one] 1 user would be in.
   *[other] { $count } users would be in.
}
segment-are = { $count ->
    [0] Nobody is in now.
    [one] 1 user is in now.
   *[other] { $count } users are in now.
}
segment-sample = Among them:
segment-incomplete = Fill in every condition to count who would be in.
segment-uncounted = Count to see how many would be in.
segment-lacking = { $count ->
    [one] A condition is not filled in
   *[other] { $count } conditions are not filled in
}
segment-lacking-where = Nothing was saved. Look at: { $places }.
segment-blank-json = A condition in which nothing is chosen cannot be written as JSON.
segment-create = Make the segment
segment-save-hint = It holds as soon as it is saved: users enter and leave it, and what hangs on it follows.
segment-save-sure = Save all the same
segment-enter = { $count ->
    [0] Nobody enters.
    [one] 1 user enters.
   *[other] { $count } users enter.
}
segment-leave = { $count ->
    [0] Nobody leaves.
    [one] 1 user leaves.
   *[other] { $count } users leave.
}
segment-moves-unknown = Everybody is still being looked at for the conditions that were saved last, so nobody knows yet who enters and who leaves.
segment-sure = Other conditions change more than this segment.
segment-sure-followers = These follow at once:
segment-newer = Somebody else saved it meanwhile. It asks now:
segment-remove = Delete segment
segment-remove-sure = Delete this segment?
segment-remove-what = { $count ->
    [0] Nobody is in it.
    [one] 1 user leaves it at once.
   *[other] { $count } users leave it at once.
} What happened stays in the history.
segment-remove-all = Everybody leaves it at once. What happened stays in the history.
notice-segment-made = The segment is made. Who fulfils its conditions enters it by itself.
notice-segment-changed = The segment is saved. Who enters and leaves does so within moments.
notice-segment-removed = The segment was deleted.

subjects-belongs = Belongs to
subjects-fields = Every user has
subjects-properties = Custom properties
subjects-happened = What happened
subject-list = On the list
subject-segment = In the segment
subject-badge = Holds the badge
subject-app = Has connected the app

lacks-subject = Choose what this condition looks at, or remove it.
lacks-list = Say which list is meant.
lacks-segment = Say which segment is meant.
lacks-badge = Say which badge is meant.
lacks-app = Say which app is meant.
lacks-text = Type what the value is compared with.
lacks-values = Type at least one value, each in a line of its own.
lacks-number = Type the number that the value is compared with.
lacks-day = Choose the day that the value is compared with.
lacks-range = Fill in where the range begins and where it ends.
lacks-days = Type how many days.

condition-subject = What is asked
condition-operator = Condition
condition-value = Value
condition-values = Values, one in each line
condition-from = From
condition-to = To
condition-days = Days
condition-list = List
condition-segment = Segment
condition-badge = Badge
condition-challenge = Challenge
condition-list_id = ID of the list
condition-segment_id = ID of the segment
condition-badge_id = ID of the badge
condition-challenge_id = ID of the challenge
condition-perk_id = ID of the perk
condition-digital_asset_id = ID of the digital asset
condition-app_id = ID of the app
condition-any = Any
condition-choose = Choose…
condition-at_least = At least (times)
condition-at_most = At most (times)
condition-within_days = Within days
condition-not = Not
condition-turned = not: { $what }
condition-words-least = { $count ->
    [one] at least once
   *[other] at least { $count } times
}
condition-words-most = { $count ->
    [one] at most once
   *[other] at most { $count } times
}
condition-words-within = { $count ->
    [one] within 1 day
   *[other] within { $count } days
}

## Badges

nav-badges = Badges
definition-state = State
badges-title = Badges
badges-what = A badge is held by who is on a list or in a segment, as long as they are, or is awarded by hand.
badges-none = There are no badges yet
badges-none-hint = Make one: say what it is called and whose members hold it. Nobody gains it before it is published.
badge-new = New badge
badge-name-hint = As the team reads it. What users read stands below.
badge-follows = Held by
badge-follows-hint = Who enters a list or segment gains it, who leaves loses it again. By hand, the team and programs award and withdraw it.
badge-by-hand = Awarded by hand
badge-holders = Holders
badge-counting = being counted
badge-history = Export who gained and lost it
badge-unsaved = Save your changes first: what is published is the badge as it is saved.
badge-visibility = Who learns that it exists
badge-visual = Picture
badge-visual-hint = Where it is: an address of the web.
badge-texts = What users read
badge-texts-hint = In as many languages as you like. A language that is left empty is not kept.
badge-text = Language { $number }
badge-lang = Language, such as en or pt-BR
badge-language = Add a language
badge-create = Make the badge
badge-create-hint = It begins as a draft, which nobody holds.
badge-publish = Publish
badge-publish-sure = Publish this badge?
badge-publish-by-hand = Nobody gains it by itself. From now on it can be awarded by hand.
badge-would = { $count ->
    [0] Nobody is there who would hold it now ({ $whom }). Whoever comes gains it, and loses it by leaving.
    [one] 1 user holds it then ({ $whom }). Whoever comes gains it, and loses it by leaving.
   *[other] { $count } users hold it then ({ $whom }). Whoever comes gains it, and loses it by leaving.
}
badge-would-all = Everybody there holds it then ({ $whom }). Whoever comes gains it, and loses it by leaving.
badge-archive = Archive
badge-archive-sure = Archive this badge?
badge-archive-what = { $count ->
    [0] Nobody holds it. What happened stays in the history, and it can be published again.
    [one] 1 user loses it at once. What happened stays in the history, and it can be published again.
   *[other] { $count } users lose it at once. What happened stays in the history, and it can be published again.
}
badge-archive-all = Whoever holds it loses it at once. What happened stays in the history, and it can be published again.
badge-archive-followers = These ask about it, and find that nobody holds it:
badge-sure = { $count ->
    [0] Nobody holds it now. Saving this changes who does at once.
    [one] 1 user holds it now. Saving this changes who does at once.
   *[other] { $count } users hold it now. Saving this changes who does at once.
}
badge-sure-counting = It is still being counted who holds it now. Saving this changes who does at once.
badge-sure-by-hand = Who holds it keeps it. From then on it is awarded and withdrawn by hand.
badgetext-title = Title
badgetext-description = Description
badgetext-locked_description = For those who do not hold it
visibility-everyone = Everyone
visibility-owners = Only who holds it
follows-list = Who is on the list
follows-segment = Who is in the segment
follows-lists = Who is on a list
follows-segments = Who is in a segment
notice-badge-made = The badge is made: a draft, which nobody holds yet.
notice-badge-changed = The badge is saved.
notice-badge-published = The badge is published. Who should hold it gains it within moments.
notice-badge-archived = The badge is archived. Its holders lose it within moments.

## Lists

nav-lists = Lists
lists-title = Lists
lists-what = A list holds whom somebody put on it: by hand, with a file, or a program. Badges, challenges and segments can be about it.
lists-none = There are no lists yet
lists-none-hint = Make one here, or import a file and put everybody in it on a new list.
list-new = New list
list-create = Make the list
list-users = Users on it
list-empty = Nobody is on it yet. Tick users in their table and put them on it, or import a file.
list-remove = Delete list
list-remove-sure = Delete this list?
list-remove-what = { $count ->
    [0] Nobody is on it.
    [one] 1 user leaves it at once.
   *[other] { $count } users leave it at once.
} What happened stays in the history. No other list can ever have its ID.
notice-list-made = The list is made.
notice-list-renamed = The list is saved.
notice-list-removed = The list was deleted.
