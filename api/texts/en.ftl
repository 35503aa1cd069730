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
nav-properties = Custom properties
nav-indicators = Indicators
nav-tokens = API tokens

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
save = Save
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
