#!/usr/bin/env python3
"""What a user-events slice must hold, computed without any of the product's code.

usage: slice.py USERS_CSV ACTIONS_NDJSON IMPORTED_AT TYPES FROM THROUGH ZONE

USERS_CSV is the file that was imported, once, into an empty service at the instant IMPORTED_AT. ACTIONS_NDJSON has one
line per request that was sent after that, in order: {"at": instant, "method": ..., "email": ..., "path": ...}.
Prints one JSON array a row: [time, type, email, badge, challenge, step, import_row].
"""
import csv, json, re, sys
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

users_csv, actions, imported_at, types, first, last, zone = sys.argv[1:8]
types = set(types.split(","))
zone = ZoneInfo(zone)


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def midnight(day):
    return datetime.combine(day, time(), zone).astimezone(timezone.utc)


begin = midnight(date.fromisoformat(first))
end = midnight(date.fromisoformat(last) + timedelta(days=1))
facts, known = [], {}


def fact(at, kind, email, badge="", challenge="", step="", row=""):
    facts.append((at, kind, email, badge, challenge, step, row))


with open(users_csv, encoding="utf-8-sig", newline="") as file:
    rows = csv.reader(file)
    header = next(rows)
    for number, cells in enumerate(rows, 1):
        email = cells[0].strip()
        if len(cells) != len(header) or not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
            continue
        key = email.lower()
        assert key not in known, "the generator repeats no address"
        known[key] = {"email": email, "badges": set(), "joined": set(), "steps": set(), "done": set()}
        fact(instant(imported_at), "cohort.user.imported", email, row=str(number))

for line in open(actions, encoding="utf-8"):
    action = json.loads(line)
    person, parts, at = known[action["email"].lower()], action["path"].split("/"), instant(action["at"])
    email = person["email"]
    if parts[0] == "badges":
        held = parts[1] in person["badges"]
        if action["method"] == "POST" and not held:
            person["badges"].add(parts[1])
            fact(at, "cohort.badge.gained", email, badge=parts[1])
        elif action["method"] == "DELETE" and held:
            person["badges"].remove(parts[1])
            fact(at, "cohort.badge.lost", email, badge=parts[1])
    else:
        challenge = parts[1]
        joined, done = challenge in person["joined"], challenge in person["done"]
        if parts[2] == "join" and not joined:
            person["joined"].add(challenge)
            fact(at, "cohort.challenge.joined", email, challenge=challenge)
        elif parts[2] == "steps" and joined and not done and (challenge, parts[3]) not in person["steps"]:
            person["steps"].add((challenge, parts[3]))
            fact(at, "cohort.challenge.step_completed", email, challenge=challenge, step=parts[3])
        elif parts[2] == "complete" and joined and not done:
            person["done"].add(challenge)
            fact(at, "cohort.challenge.completed", email, challenge=challenge)

for at, kind, *rest in facts:
    if kind in types and begin <= at < end:
        print(json.dumps([at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), kind, *rest], ensure_ascii=False))
