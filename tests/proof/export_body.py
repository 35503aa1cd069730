"""Fetches an export as a plain HTTP/1.1 client and says what came: nothing of the product's code decides here.

    export_body.py HOST:PORT PATH TOKEN [BYTES]  ->  {"headers": {...}, "trailers": {...}, "sha256": ..., "rows": ..., "whole": ...}
"""
import base64
import csv
import gzip
import hashlib
import io
import json
import socket
import sys


def fetch(address, path, token):
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port))) as connection:
        request = (
            f"GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n"
            "TE: trailers\r\nConnection: close\r\n\r\n"
        )
        connection.sendall(request.encode())
        answer = b""
        while piece := connection.recv(1 << 16):
            answer += piece
    return answer


def fields(lines):
    pairs = (line.split(b":", 1) for line in lines if line)
    return {name.decode().lower(): value.strip().decode() for name, value in pairs}


def unchunk(rest):
    """The body, its trailers, and whether the last chunk came."""
    body = b""
    while rest:
        size, rest = rest.split(b"\r\n", 1)
        length = int(size, 16)
        if length == 0:
            return body, fields(rest.split(b"\r\n")), True
        body, rest = body + rest[:length], rest[length + 2 :]
    return body, {}, False


def main():
    head, rest = fetch(*sys.argv[1:4]).split(b"\r\n\r\n", 1)
    headers = fields(head.split(b"\r\n")[1:])
    if headers.get("transfer-encoding") == "chunked":
        body, trailers, whole = unchunk(rest)
    else:
        body, trailers, whole = rest, {}, len(rest) == int(headers["content-length"])
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    text = gzip.decompress(body) if headers["content-type"] == "application/gzip" else body
    if ".ndjson" in sys.argv[2]:
        rows = len([json.loads(line) for line in text.decode().splitlines()])
    else:
        rows = len(list(csv.reader(io.StringIO(text.decode(), newline="")))) - 1
    print(json.dumps({
        "status": int(head.split()[1]), "headers": headers, "trailers": trailers, "whole": whole,
        "digest": f"sha-256=:{digest}:", "sha256": hashlib.sha256(body).hexdigest(), "rows": rows,
        "text": hashlib.sha256(text).hexdigest(), "length": len(text),
        "first": hashlib.sha256(text[: int(sys.argv[4])]).hexdigest() if len(sys.argv) > 4 else None,
    }))


main()
