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
