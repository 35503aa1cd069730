#!/usr/bin/env bash
# What PostgreSQL needs for the jobs the benches measure, here and now, as durable as it is by default.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: postgres.sh import CSV
           Twice: COPY the contacts (the 11 columns of tests/harness/people.rs) into a staging table, validate
           them, insert or update users, write one history row for each user that is new or changed.
       postgres.sh events COUNT
           Fill a table with COUNT user events of 8 kinds over 730 days, then COPY to stdout as CSV:
           one kind (5 %) over 90 days three times, everything twice.
       postgres.sh commands SECONDS CLIENTS
           One conditional update and one insert in a transaction, by CLIENTS at once.

Prints lines of: name seconds rows bytes. "-" stands where there is none, the rate of commands where seconds
do. Works in a cluster of its own, in a fresh folder below TMPDIR and behind a unix socket only. Both are gone
at the end.
Exit codes: 0 done, 1 failed, 2 usage, 3 PostgreSQL is not installed.
TEXT
}

# Debian keeps the server's programs off the PATH, one folder for each version.
find_programs() {
    local found on_path
    on_path=$(pg_config --bindir 2>/dev/null || true)
    for found in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) "$on_path"; do
        if [ -x "$found/initdb" ] && [ -x "$found/pgbench" ]; then
            echo "$found"
            return
        fi
    done
    echo 'PostgreSQL is not installed (on Debian: apt-get install postgresql)' >&2
    exit 3
}

# The server refuses to run as root.
as_owner() {
    if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

start_cluster() {
    folder=$(mktemp -d)
    trap stop_cluster EXIT
    chmod 755 "$folder"
    owner=$(id -un)
    if [ "$(id -u)" = 0 ]; then
        owner=postgres
        chown postgres "$folder"
    fi
    cd "$folder"
    as_owner "$programs/initdb" -D "$folder/data" -U "$owner" -A trust >/dev/null
    local settings="-c listen_addresses='' -k $folder -c shared_buffers=1GB -c max_wal_size=4GB"
    as_owner "$programs/pg_ctl" -D "$folder/data" -w -o "$settings" -l "$folder/log" start >/dev/null
}

stop_cluster() {
    as_owner "$programs/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
    cd /
    rm -rf "$folder"
}

# Runs SQL, one argument a statement.
sql() {
    local statement arguments=()
    for statement in "$@"; do arguments+=(-c "$statement"); done
    "$programs/psql" -qXAt -v ON_ERROR_STOP=1 -h "$folder" -U "$owner" postgres "${arguments[@]}"
}

seconds_between() {
    awk -v from="$1" -v to="$2" 'BEGIN { printf "%.3f", to - from }'
}

measure_import() {
    local file=$1 round from to users
    sql 'create table users(
            id uuid primary key default gen_random_uuid(), email text unique not null, first_name text,
            last_name text, props jsonb, member_since timestamptz default now())' \
        'create table history(
            position bigint generated always as identity primary key, user_id uuid not null,
            kind smallint not null, recorded_at timestamptz not null default now(), data jsonb)' \
        'create index on history(kind, recorded_at)' \
        'create index on history(user_id, position)' \
        'create table staging(
            line bigint generated always as identity, email text, first_name text, last_name text,
            country text, city text, phone text, birth text, points text, newsletter text,
            signed_up text, notes text)'
    local columns='email,first_name,last_name,country,city,phone,birth,points,newsletter,signed_up,notes'
    local apply="
        with good as (
            select distinct on (lower(email)) lower(trim(email)) email, first_name, last_name,
                jsonb_strip_nulls(jsonb_build_object('country', country, 'city', city, 'phone', phone,
                    'birth', birth, 'points', points, 'newsletter', newsletter, 'signed_up', signed_up,
                    'notes', nullif(notes, ''))) props
            from staging
            where email ~ '^[^@[:space:]]+@[^@[:space:]]+\\.[^@[:space:]]+\$' and points ~ '^[0-9]+\$'
            order by lower(email), line desc
        ), up as (
            insert into users(email, first_name, last_name, props) select * from good
            on conflict (email) do update
            set first_name = excluded.first_name, last_name = excluded.last_name,
                props = users.props || excluded.props
            where (users.first_name, users.last_name, users.props)
                is distinct from (excluded.first_name, excluded.last_name, users.props || excluded.props)
            returning id, props
        )
        insert into history(user_id, kind, data) select id, 1, props from up"
    for round in first again; do
        sql 'truncate staging' 'checkpoint'
        from=$(date +%s.%N)
        sql "\\copy staging($columns) from '${file//\'/\'\'}' csv header" "$apply"
        to=$(date +%s.%N)
        users=$(sql 'select count(*) from users')
        echo "import_$round $(seconds_between "$from" "$to") $users $(stat -c %s "$file")"
    done
}

fill_events() {
    sql 'create table events(
            position bigint primary key, user_id uuid not null, kind smallint not null,
            recorded_at timestamptz not null, data text not null)' \
        "insert into events
         select i, md5((i::bigint * 7919 % 200000)::text)::uuid,
            case when i % 100 < 34 then 1 when i % 100 < 59 then 2 when i % 100 < 74 then 3
                when i % 100 < 84 then 4 when i % 100 < 89 then 5 when i % 100 < 94 then 6
                when i % 100 < 98 then 7 else 8 end,
            timestamptz '2024-01-01' + (i * (730 * 86400.0 / $1)) * interval '1 second',
            format('{\"challengeId\":\"challenge-%s\",\"score\":%s,\"durationMs\":%s,\"attempt\":%s}',
                i % 997, i % 1000, i % 123456, i % 5)
         from generate_series(1, $1) i" \
        'create index on events(kind, recorded_at)' \
        'vacuum analyze events' \
        'checkpoint'
}

# Times one COPY to stdout: NAME, and which events.
measure_copy() {
    local from to counted
    from=$(date +%s.%N)
    counted=$(sql "copy (select position, user_id, kind, recorded_at, data from events $2 order by position)
        to stdout csv" | wc -lc)
    to=$(date +%s.%N)
    echo "$1 $(seconds_between "$from" "$to") $counted"
}

measure_events() {
    local round slice="where kind = 5 and recorded_at >= '2024-09-01' and recorded_at < '2024-11-30'"
    fill_events "$1"
    for round in 1 2 3; do
        measure_copy "export_slice_$round" "$slice"
    done
    for round in 1 2; do
        measure_copy "export_all_$round" ''
    done
}

measure_commands() {
    sql 'create table streams(id int primary key, revision int not null)' \
        'insert into streams select i, 0 from generate_series(1, 200000) i' \
        'create table events(
            position bigint generated always as identity primary key, stream int not null,
            revision int not null, kind smallint not null, recorded_at timestamptz not null default now(),
            data text not null, unique(stream, revision))' \
        'vacuum analyze' \
        'checkpoint'
    cat >"$folder/command.sql" <<'SQL'
\set s random(1, 200000)
with up as (update streams set revision = revision + 1 where id = :s returning id, revision)
insert into events(stream, revision, kind, data)
select id, revision, 2, $q${"badgeId":"badge-0123","cohortId":"list-4567"}$q$ from up;
SQL
    "$programs/pgbench" -h "$folder" -U "$owner" -n -M prepared -c "$2" -j 2 -T "$1" \
        -f "$folder/command.sql" postgres 2>/dev/null |
        awk '/tps/ { print "commands_per_s", $3, "-", "-" }
            /latency average/ { print "latency_ms", $4, "-", "-" }'
}

case "${1:-} $#" in
    'import 2') file=$(realpath "$2") ;;
    'events 2' | 'commands 3') ;;
    *) usage >&2; exit 2 ;;
esac
programs=$(find_programs)
start_cluster
case $1 in
    import) measure_import "$file" ;;
    events) measure_events "$2" ;;
    commands) measure_commands "$2" "$3" ;;
esac
