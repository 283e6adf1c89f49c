"""Hostile variants of real answers: of their bytes, of their JSON values, of their lines.

Everything is drawn from the ``Random`` that is handed in: one seed is one sequence of inputs.
"""

import json

MARK = "\ue000"
"""Stands where a raw token is put into a JSON document, which may then be no JSON at all."""

VALUES = [
    *(b"null", b"true", b"[]", b"{}", b'""', b"0", b"-0", b"-1", b"-2", b"1.5", b"-1.5", b"1e308"),
    *(b"-1e308", b"1e400", b"NaN", b"Infinity", b"-Infinity", b"1e-400", b"1E18", b"0.1e1"),
    *(str(2**power + more).encode() for power in (31, 32, 53, 62, 63, 64) for more in (-2, -1, 0)),
    *(str(-(2**power)).encode() for power in (31, 62, 63, 64)),
    *(b"9" * 25, b"9" * 400, b"-" + b"9" * 400, b"9" * 4400, b"9" * 60_000, b"0." + b"3" * 400),
    *(b'"\xff\xfe"', b'"\xed\xa0\x80"', rb'"\ud800"', rb'"\udc00\ud800"', rb'"\u0000"', b'"\0"'),
    *(rb'"\ud800x"', rb'"\u001b[2J"', b'"' + b"x" * 70_000 + b'"', b"[" * 2_000 + b"]" * 2_000),
    *(b'{"a":' * 1_500 + b"1" + b"}" * 1_500, b"[" * 50_000, b'{"\xff":1}', b"[null]", b"[[]]"),
    *(b'"9999-12-31T23:59:59.999999999Z"', b'"0001-01-01T00:00:00Z"', b'"0000-00-00T00:00:00Z"'),
    *(b'"0001-01-01T00:00:00+23:59"', b'"9999-12-31T23:59:59-23:59"', b'"2026-02-30T00:00:00Z"'),
    *(b'"999999999y"', b'"-1ns"', b'"1y999999999d"', b'"1e999s"', b'"2026-01-01T00:00:00"'),
    *(b'"http://[::1"', b'"a:99999999999999999999"', b'"1:-1"', b'"-partition-"', b'"%zz%ff"'),
    *(b'{"a":null}', b'{"a":1,"a":2}', b'[{"a":1},2,"x",null]', b'"$JS.ACK"', b"1" * 19),
]
"""Tokens that take the place of a value."""

NAMES = ["", "\x1b[2J", "x" * 300, "é", 'x"', "x\\", "a/b", "%2F%", "%"]
"""What takes the place of a name."""

TOKENS = [
    *(
        b"\0",
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
        b'"',
        b"\\",
        rb"\"",
        rb"\\",
        b"{",
        b"}",
        b"[",
        b"]",
    ),
    *(b",", b":", b"=", b" ", b"\n", b"\r\n", b"\t", b"#", b"# TYPE ", b"# EOF\n", b"NaN", b"+Inf"),
    *(b"1e400", b"-1", b"9" * 400, b"18446744073709551615", b"\x80", b"\x7f", b"\x93\xff"),
    *(b"\xc1", b"[[", b"}}"),
    *(
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xff" * 11,
        b"\x80" * 11,
        b"\x0b",
        b"\x0c",
    ),
    *(
        b"\x1f\x8b\x08",
        b"\x28\xb5\x2f\xfd",
        b"\x04\x22\x4d\x18",
        b"x\x9c",
        b"\xef\xbb\xbf",
        b"\0" * 9,
    ),
    *(b"MSG a 1 999999999\r\n", b"HMSG a 1 9 1\r\n", b"-partition-3", b"T", b"Z", b".", b"-", b"+"),
]
"""Pieces that are put between bytes."""


def mutated(seed, random):
    """One hostile variant of ``seed``, bytes."""
    way = random.random()
    if seed[:1] in (b"{", b"[") and way < 0.6:
        return _with_another_value(seed, random)
    if seed.count(b"\n") > 3 and way < 0.6:
        return _with_other_lines(seed, random)
    return _with_other_bytes(seed, random)


def _with_other_bytes(seed, random):
    body = bytearray(seed)
    for _ in range(random.choice((1, 1, 1, 2, 4, 16))):
        at = random.randrange(len(body) + 1)
        match random.randrange(7):
            case 0 if body:
                body[at - 1] = random.randrange(256)
            case 1 if body:
                body[at - 1] ^= 1 << random.randrange(8)
            case 2:
                del body[at : at + random.choice((1, 2, 8, 64))]
            case 3:
                body[at:at] = random.choice(TOKENS)
            case 4:
                piece = body[at : at + random.choice((1, 4, 32, 256))]
                body[at:at] = piece * random.choice((1, 2, 50))
            case 5:
                body[at:] = b""
            case _:
                body[at:at] = random.randbytes(random.choice((1, 4, 16)))
    return bytes(body)


def _with_another_value(seed, random):
    try:
        doc = json.loads(seed)
    except ValueError:
        return _with_other_bytes(seed, random)
    tokens = []
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        if not isinstance(doc, dict | list) or not doc:
            break
        holder, step = _somewhere(doc, random)
        _change(holder, step, tokens, random)
    body = json.dumps(doc, ensure_ascii=False).encode("utf-8", "surrogatepass")
    for number, token in enumerate(tokens):
        body = body.replace(f'"{MARK}{number}{MARK}"'.encode(), token)
    return body


def _somewhere(doc, random):
    """A place in ``doc``: a container and what it holds there."""
    holder = doc
    while True:
        step = (
            random.choice(list(holder))
            if isinstance(holder, dict)
            else random.randrange(len(holder))
        )
        inner = holder[step]
        if not isinstance(inner, dict | list) or not inner or random.random() < 0.15:
            return holder, step
        holder = inner


def _change(holder, step, tokens, random):
    match random.randrange(8):
        case 0:
            del holder[step]
        case 1 if isinstance(holder, dict):
            holder[random.choice(["", "\x1b[2J", "x" * 300, "é", 'x"', "x\\", "a/b", "%2F%"])] = (
                holder.pop(step)
            )
        case 2 if isinstance(holder, list):
            holder *= random.choice((2, 20))
        case _:
            mark = f"{MARK}{len(tokens)}{MARK}"
            tokens.append(random.choice(VALUES))
            holder[step] = mark


LINE_VALUES = [
    *(b"NaN", b"+Inf", b"-Inf", b"Inf", b"nan", b"1e308", b"-1e308", b"1e400", b"-1", b"-2", b"0"),
    *(b"9" * 400, b"18446744073709551615", b"9223372036854775808", b"0x10", b"1_000", b"", b"x"),
    *(b"1 1650000000000", b"1 -1", b'1 # {a="b"} 1 2', b"1\r", b"  7", b"7 ", b"7\t1", b"1e-400"),
]
LABEL_VALUES = [
    *(
        b'x\\"',
        b"x\\",
        b"x\\\\",
        b'x"',
        b"\xff",
        b"\\n",
        b"{",
        b"}",
        b'",topic="y',
        b"",
        b"a,b=c",
        b"#",
    ),
    *(b"\x1b[2J", b"x" * 2_000, "é€".encode(), b"-partition-3", b"\\", b'\\"', b'\\\\"', b"1e400"),
]


def _with_other_lines(seed, random):
    lines = seed.split(b"\n")
    for _ in range(random.choice((1, 1, 2, 5))):
        at = random.randrange(len(lines))
        match random.randrange(9):
            case 0:
                random.shuffle(lines)
            case 1:
                lines.insert(random.randrange(len(lines)), lines[at])
            case 2:
                del lines[at]
                lines = lines or [b""]
            case 3 | 4:
                lines[at] = lines[at].rpartition(b" ")[0] + b" " + random.choice(LINE_VALUES)
            case 5 | 6:
                head, quote, rest = lines[at].partition(b'"')
                _, quote, tail = rest.partition(b'"')
                lines[at] = head + b'"' + random.choice(LABEL_VALUES) + quote + tail
            case 7:
                lines = [line for line in lines if not line.startswith(b"# TYPE")] or [b""]
            case _:
                lines[at] += random.choice(TOKENS)
    return b"\n".join(lines)
