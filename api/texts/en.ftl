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
save = Save
copy = Copy

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
