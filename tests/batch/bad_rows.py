"""Rows that cannot be sent, with the code and the path of the reason."""

from __future__ import annotations

import datetime as dt
import decimal
import io
import re
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

SECRET = "Mandragora"
"""A word in each bad row that no reason may hold."""


@dataclass(frozen=True)
class Bad:
    """One kind of bad row: its name, its content, and the code and path of its first problem."""

    name: str
    content: Any
    code: str
    path: str = ""


_DEEP = b'{"id":"Mandragora","message":' + b"[" * 300 + b"]" * 300 + b"}"

JSONL = [
    Bad("the high half of a surrogate pair", rb'{"id":"1","message":"Mandragora \ud83d"}', "half_surrogate", "message"),
    Bad("the low half of a surrogate pair", rb'{"id":"1","message":"Mandragora \ude00"}', "half_surrogate", "message"),
    Bad("a pair in the wrong order", rb'{"id":"1","message":"\ude00\ud83d Mandragora"}', "half_surrogate", "message"),
    Bad("half a pair in a list", rb'{"id":"1","message":["Mandragora","\ud83d"]}', "half_surrogate", "message[1]"),
    Bad(
        "half a pair in an object",
        rb'{"context":{"a":["Mandragora",{"b":"\ud83d"}]}}',
        "half_surrogate",
        "context.a[1].b",
    ),
    Bad("half a pair in a nested key", rb'{"context":{"\ud83d":"Mandragora"}}', "half_surrogate", "context"),
    Bad("half a pair in a column's name", rb'{"\ud83d":"Mandragora"}', "half_surrogate", r"\ud83d"),
    Bad("NUL", rb'{"message":"Mandragora\u0000"}', "control_character", "message"),
    Bad("the escape character", rb'{"message":"\u001b[31mMandragora"}', "control_character", "message"),
    Bad("backspace", rb'{"message":"Mandragora\b"}', "control_character", "message"),
    Bad("form feed", rb'{"message":"Mandragora\f"}', "control_character", "message"),
    Bad("delete", b'{"message":"Mandragora\x7f"}', "control_character", "message"),
    Bad("a raw control character", b'{"message":"Mandragora\x01"}', "control_character", "message"),
    Bad("a raw NUL", b'{"message":"Mandragora\x00"}', "control_character", "message"),
    Bad("a control character in a list", rb'{"message":["Mandragora\u0001"]}', "control_character", "message[0]"),
    Bad("a control character in a column's name", rb'{"a\u0001":"Mandragora"}', "control_character", r"a\x01"),
    Bad("Infinity", b'{"id":"Mandragora","message":Infinity}', "not_finite", "message"),
    Bad("-Infinity", b'{"id":"Mandragora","message":-Infinity}', "not_finite", "message"),
    Bad("a number too large for a float", b'{"id":"Mandragora","message":1e400}', "not_finite", "message"),
    Bad("a nested infinite number", b'{"context":{"Mandragoras":[0,-1e999]}}', "not_finite", "context.Mandragoras[1]"),
    Bad("a number of too many digits", b'{"id":"Mandragora","n":' + b"1" * 5000 + b"}", "invalid_json"),
    Bad("Latin-1", b'{"message":"Mandragora caf\xe9"}', "invalid_utf8", "message"),
    Bad("a byte that never begins a character", b'{"message":"\xffMandragora"}', "invalid_utf8", "message"),
    Bad("an overlong character", b'{"message":"Mandragora\xc0\xaf"}', "invalid_utf8", "message"),
    Bad("a cut character", b'{"message":"Mandragora\xe2\x82"}', "invalid_utf8", "message"),
    Bad("a surrogate pair in UTF-8", b'{"message":"Mandragora\xed\xa0\xbd\xed\xb8\x80"}', "invalid_utf8", "message"),
    Bad("a column's name that is not UTF-8", b'{"caf\xe9":"Mandragora"}', "invalid_utf8", r"caf\udce9"),
    Bad("an invalid byte in an object", b'{"context":{"a":"Mandragora\xff"}}', "invalid_utf8", "context.a"),
    Bad("no closing brace", b'{"message":"Mandragora"', "invalid_json"),
    Bad("no opening brace", b'"message":"Mandragora"}', "invalid_json"),
    Bad("a trailing comma", b'{"message":"Mandragora",}', "invalid_json"),
    Bad("single quotes", b"{'message':'Mandragora'}", "invalid_json"),
    Bad("a key without quotes", b'{message:"Mandragora"}', "invalid_json"),
    Bad("a comment", b'{"message":"Mandragora"} // no', "invalid_json"),
    Bad("two objects", b'{"message":"Mandragora"}{"message":"b"}', "invalid_json"),
    Bad("a comma after the object", b'{"message":"Mandragora"},', "invalid_json"),
    Bad("None of Python", b'{"id":"Mandragora","message":None}', "invalid_json"),
    Bad("True of Python", b'{"id":"Mandragora","message":True}', "invalid_json"),
    Bad("undefined", b'{"id":"Mandragora","message":undefined}', "invalid_json"),
    Bad("a hexadecimal number", b'{"id":"Mandragora","message":0x1F}', "invalid_json"),
    Bad("a leading zero", b'{"id":"Mandragora","message":007}', "invalid_json"),
    Bad("a leading plus", b'{"id":"Mandragora","message":+1}', "invalid_json"),
    Bad("no value", b'{"id":"Mandragora","message":}', "invalid_json"),
    Bad("no colon", b'{"id" "Mandragora"}', "invalid_json"),
    Bad("no comma", b'{"id":"Mandragora" "message":"a"}', "invalid_json"),
    Bad("an open text", b'{"message":"Mandragora}', "invalid_json"),
    Bad("an unknown escape", rb'{"message":"\xMandragora"}', "invalid_json"),
    Bad("a short escape", rb'{"message":"\u12Mandragora"}', "invalid_json"),
    Bad("bare text", b"Mandragora", "invalid_json"),
    Bad("a record of CSV", b"1,Mandragora", "invalid_json"),
    Bad("an array", b'["Mandragora"]', "not_an_object"),
    Bad("a text", b'"Mandragora"', "not_an_object"),
    Bad("a number", b"5", "not_an_object"),
    Bad("a boolean", b"true", "not_an_object"),
    Bad("null", b"null", "not_an_object"),
    Bad("an object in an array", b'[{"message":"Mandragora"}]', "not_an_object"),
    Bad("too many levels", _DEEP, "too_deep", "message" + "[0]" * 200),
]

CSV_HEADER = b"id,message,context"
CSV = [
    Bad("a cell too few", b"1,Mandragora", "cell_count"),
    Bad("one cell", b"Mandragora", "cell_count"),
    Bad("a cell too many", b"1,Mandragora,,", "cell_count"),
    Bad("a comma that is not quoted", b"1,Hello, Mandragora,", "cell_count"),
    Bad("text after a quote", b'1,"Mandragora" said,', "malformed_csv"),
    Bad("quotes that are not doubled", b'1,"he said "Mandragora" twice",', "malformed_csv"),
    Bad("a quote that stays open", b'1,"Mandragora,', "malformed_csv"),
    Bad("a quote in a cell without quotes", b'1,5" Mandragora,', "malformed_csv"),
    Bad("a quoted word in a cell without quotes", b'1,the "Mandragora" root,', "malformed_csv"),
    Bad("a quote after a space", b'1, "Mandragora",', "malformed_csv"),
    Bad("a quote at the end of a cell without quotes", b'1,Mandragora",', "malformed_csv"),
    Bad("a carriage return in a cell without quotes", b"1,Mandra\rgora,", "malformed_csv"),
    Bad("Latin-1", b"1,Mandragora caf\xe9,", "invalid_utf8", "message"),
    Bad("half of a character", b"1,Mandragora \xe2\x82,", "invalid_utf8", "message"),
    Bad("an invalid byte in a quoted cell", b'1,"Mandragora\n\xff",', "invalid_utf8", "message"),
    Bad("an id that is not UTF-8", b"Mandragora\xff,a,", "invalid_utf8", "id"),
    Bad("NUL", b"1,Mandragora\x00,", "control_character", "message" if sys.version_info >= (3, 11) else ""),
    Bad("the escape character", b"1,\x1b[0mMandragora,", "control_character", "message"),
    Bad("vertical tab", b"1,Mandragora\x0b,", "control_character", "message"),
    Bad("delete", b"Mandragora\x7f,a,", "control_character", "id"),
    Bad("an object that stays open", b'1,a,"{""Mandragora"": 1"', "invalid_json", "context"),
    Bad("an object of Python", b"1,a,{'Mandragora': 1}", "invalid_json", "context"),
    Bad("a list that stays open", b'1,a,"[""Mandragora"""', "invalid_json", "context"),
    Bad("an infinite number in JSON", b'1,Mandragora,"{""a"": 1e999}"', "not_finite", "context.a"),
    Bad("half a surrogate pair in JSON", rb'1,Mandragora,"{""a"": ""\ud83d""}"', "half_surrogate", "context.a"),
    Bad("a control character in JSON", rb'1,Mandragora,"{""a"": ""\u0000""}"', "control_character", "context.a"),
    Bad(
        "too many levels of JSON",
        b'Mandragora,a,"' + b"[" * 300 + b"]" * 300 + b'"',
        "too_deep",
        "context" + "[0]" * 200,
    ),
]

ARROW = [
    Bad("binary", pa.array([b"Mandragora"]), "bytes", "cell"),
    Bad("large binary", pa.array([b"Mandragora"], pa.large_binary()), "bytes", "cell"),
    Bad("binary of a fixed size", pa.array([b"Mandragora"], pa.binary(10)), "bytes", "cell"),
    Bad("binary in a list", pa.array([["", b"Mandragora"]], pa.list_(pa.binary())), "bytes", "cell[0]"),
    Bad("binary in a struct", pa.array([{"a": b"Mandragora"}]), "bytes", "cell.a"),
    Bad("binary in a map", pa.array([[("a", b"Mandragora")]], pa.map_(pa.string(), pa.binary())), "bytes", "cell.a"),
    Bad("binary in a dictionary", pa.array([b"Mandragora"]).dictionary_encode(), "bytes", "cell"),
    Bad("text that is not UTF-8", pa.array([b"Mandragora\xff"]).view(pa.string()), "invalid_utf8", "cell"),
    Bad(
        "large text that is not UTF-8",
        pa.array([b"\xffMandragora"], pa.large_binary()).view(pa.large_string()),
        "invalid_utf8",
        "cell",
    ),
    Bad("an infinite float", pa.array([float("inf")]), "not_finite", "cell"),
    Bad("a negative infinite float", pa.array([float("-inf")], pa.float32()), "not_finite", "cell"),
    Bad("an infinite half float", pa.array([np.float16("inf")], pa.float16()), "not_finite", "cell"),
    Bad("an infinite float in a list", pa.array([[1.0, float("inf")]]), "not_finite", "cell[1]"),
    Bad("an infinite float in a struct", pa.array([{"a": {"b": float("inf")}}]), "not_finite", "cell.a.b"),
    Bad("an instant after the year 9999", pa.array([2**60], pa.timestamp("us")), "not_json", "cell"),
    Bad("an instant before the year 1", pa.array([-(2**60)], pa.timestamp("us", "UTC")), "not_json", "cell"),
    Bad("a day after the year 9999", pa.array([2**30], pa.date32()), "not_json", "cell"),
    Bad("NUL", pa.array(["Mandragora\0"]), "control_character", "cell"),
    Bad("a control character in a list", pa.array([["Mandragora\x1b"]]), "control_character", "cell[0]"),
    Bad(
        "a control character in the name of a struct's field",
        pa.array([{"a\x01": "Mandragora"}]),
        "control_character",
        "cell",
    ),
]

PYTHON = [
    Bad("bytes", b"Mandragora", "bytes", "cell"),
    Bad("a bytearray", bytearray(b"Mandragora"), "bytes", "cell"),
    Bad("a memoryview", memoryview(b"Mandragora"), "bytes", "cell"),
    Bad("bytes of numpy", np.bytes_(b"Mandragora"), "bytes", "cell"),
    Bad("bytes in an array of numpy", np.array([b"Mandragora"]), "bytes", "cell[0]"),
    Bad("half a surrogate pair", "Mandragora \ud83d", "half_surrogate", "cell"),
    Bad("half a surrogate pair of numpy", np.str_("Mandragora \ud83d"), "half_surrogate", "cell"),
    Bad("infinity", float("inf"), "not_finite", "cell"),
    Bad("infinity of numpy", np.float32("-inf"), "not_finite", "cell"),
    Bad("infinity in an array", np.array([[1.0, np.inf]]), "not_finite", "cell[0][1]"),
    Bad("an infinite Decimal", decimal.Decimal("-Infinity"), "not_finite", "cell"),
    Bad("a complex number", 1 + 2j, "not_json", "cell"),
    Bad("a complex number of numpy", np.complex128(1j), "not_json", "cell"),
    Bad("an instant of numpy after the year 9999", np.datetime64("20000-01-01"), "not_json", "cell"),
    Bad("a period of pandas", pd.Period("2024-01"), "not_json", "cell"),
    Bad("an interval of pandas", pd.Interval(0, 1), "not_json", "cell"),
    Bad("a function", len, "not_json", "cell"),
    Bad("an object", object(), "not_json", "cell"),
    Bad("an iterator", iter(["Mandragora"]), "not_json", "cell"),
    Bad("a file", io.BytesIO(b"Mandragora"), "not_json", "cell"),
    Bad("an exception", ValueError("Mandragora"), "not_json", "cell"),
    Bad("a match", re.match("M", "Mandragora"), "not_json", "cell"),
    Bad("a time zone", dt.timezone.utc, "not_json", "cell"),
    Bad("a range of time in an object", {"a": [slice(0, 1)]}, "not_json", "cell.a[0]"),
    Bad("a key that is not text", {("Mandragora", 1): 1, object(): 2}, "not_json", "cell"),
]
