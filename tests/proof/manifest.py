"""What a file of an export holds, computed without any of the product's code: its digest, its rows, rows by type, columns.

    manifest.py FILE DELIMITER  ->  {"sha256": ..., "bytes": ..., "rows": ..., "columns": [...], "rows_by_type": {...}}
"""
import collections
import csv
import gzip
import hashlib
import io
import json
import sys

data = open(sys.argv[1], "rb").read()
text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""), delimiter=sys.argv[2]))
header, rows = rows[0], rows[1:]
assert all(len(row) == len(header) for row in rows)
types = header.index("event_type") if "event_type" in header else None
print(json.dumps({
    "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "rows": len(rows), "columns": header,
    "rows_by_type": {} if types is None else collections.Counter(row[types] for row in rows),
}))
