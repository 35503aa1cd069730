"""Reads a file as somebody else's program does, and says what it found: texts, row by row, the header first.

    readers.py csv|pandas|duckdb|openpyxl|ssconvert FILE [DELIMITER]  ->  [[...], ...]

A cell that a spreadsheet takes for something else than text is told as {"number": ...}, {"date": ...}, {"bool": ...} or
{"formula": ...}.
"""
import csv
import datetime
import gzip
import json
import re
import subprocess
import sys
import tempfile


def opened(path):
    if path.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return open(path, encoding="utf-8-sig", newline="")


def by_csv(path, delimiter):
    with opened(path) as file:
        return list(csv.reader(file, delimiter=delimiter, strict=True))


def told(value):
    """A value of JSON as the CSV has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def by_pandas(path, delimiter):
    import pandas

    if ".ndjson" in path:
        frame = pandas.read_json(path, lines=True, dtype=False)
        frame = frame.astype(object).where(frame.notna(), None)
    elif path.endswith(".xlsx"):
        frame = pandas.read_excel(path, dtype=object, keep_default_na=False)
        return [list(frame.columns)] + [[cell(v) for v in row] for row in frame.values.tolist()]
    else:
        frame = pandas.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", sep=delimiter)
    return [list(frame.columns)] + [[told(v) for v in row] for row in frame.values.tolist()]


def by_duckdb(path, delimiter):
    import duckdb

    if ".ndjson" in path:
        with opened(path) as file:
            names = json.loads(file.readline())
        columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
        source = f"read_json('{path}', format='newline_delimited', columns={{{columns}}})"
    else:
        source = f"read_csv('{path}', all_varchar=true, header=true, delim='{delimiter}', quote='\"', escape='\"', strict_mode=true)"
    found = duckdb.sql(f"SELECT * FROM {source}")
    rows = found.fetchall()
    return [found.columns] + [[told(v) for v in row] for row in rows]


def cell(value):
    if value is None or isinstance(value, float) and value != value:
        return ""
    if isinstance(value, bool):
        return {"bool": value}
    if isinstance(value, (int, float)):
        return {"number": float(value)}
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return {"date": value.isoformat(timespec="milliseconds") if not isinstance(value, datetime.date) or isinstance(value, datetime.datetime) else value.isoformat()}
    return unescaped(value)


def unescaped(text):
    """What XML cannot hold stands as _xHHHH_ in a workbook (ECMA-376, 22.9.2.19); openpyxl leaves that to its caller."""
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


def by_openpyxl(path, _):
    import openpyxl

    rows = []
    for sheet in openpyxl.load_workbook(path).worksheets:
        for number, row in enumerate(sheet.iter_rows()):
            if number == 0 and rows:
                continue
            rows.append([{"formula": c.value} if c.data_type == "f" else cell(c.value) for c in row])
    return rows


def by_ssconvert(path, delimiter):
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/out.xlsx"
        command = ["ssconvert", path, out]
        if not path.endswith(".xlsx"):
            command[1:1] = ["--import-encoding=UTF-8", "--import-type=Gnumeric_stf:stf_csvtab"]
        subprocess.run(command, check=True, capture_output=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
        return by_openpyxl(out, delimiter)


def main():
    reader, path = sys.argv[1:3]
    delimiter = sys.argv[3] if len(sys.argv) > 3 else ","
    print(json.dumps(globals()[f"by_{reader}"](path, delimiter)))


main()
