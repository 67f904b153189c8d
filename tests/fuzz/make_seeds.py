#!/usr/bin/env python3
"""Writes the seeds of tests/fuzz/corpus, and the dictionary of settings, from the descriptions below.

usage: tests/fuzz/make_seeds.py

Files it did not write (findings, named found_*) are left alone. How each target reads its input stands in its source.
"""

import base64
import re
import zlib
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]


def split(*sizes):
    """How to cut what follows: "0" is one piece, else piece sizes that are used over and over (0: all that is left)."""
    return bytes([len(sizes)]) + bytes(sizes) if sizes else b"0"


# --- HTTP ------------------------------------------------------------------------------------------------------------

KEY = base64.b64encode(b"the sample nonce").decode()


def request(*fields, line="GET /ws HTTP/1.1", host=True):
    lines = [line, *(["Host: example.com"] if host else []), *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1")


UPGRADE = [
    "Upgrade: websocket",
    "Connection: keep-alive, Upgrade",
    f"Sec-WebSocket-Key: {KEY}",
    "Sec-WebSocket-Version: 13",
]
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits; server_max_window_bits=10, x-other;a=\"b\""


def http_request():
    whole, bytewise, pairs = split(), split(1), split(2, 3, 5)
    seeds = {
        "upgrade": whole + request(*UPGRADE),
        "upgrade_byte_by_byte": bytewise + request(*UPGRADE),
        "upgrade_of_a_browser": pairs
        + request(
            *UPGRADE,
            "Origin: https://app.example.com",
            "Sec-WebSocket-Protocol: chat, switchboard.v1.json",
            DEFLATE,
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64)",
            "Cookie: a=b; c=\"d\"",
        ),
        "upgrade_and_a_frame": split(40) + request(*UPGRADE) + b"\x89\x80\x00\x00\x00\x00",
        "upgrade_of_version_8": whole + request(*UPGRADE[:3], "Sec-WebSocket-Version: 8"),
        "upgrade_with_two_keys": whole + request(*UPGRADE, UPGRADE[2]),
        "upgrade_with_a_short_key": whole + request(*UPGRADE[:2], "Sec-WebSocket-Key: AAAA", UPGRADE[3]),
        "post": whole + request(*UPGRADE, line="POST /ws HTTP/1.1"),
        "page": whole + request("If-None-Match: \"abc\"", line="GET /demo/app.js?x=1 HTTP/1.1"),
        "head_of_page": whole + request(line="HEAD / HTTP/1.1"),
        "http_1_0_without_host": whole + request(line="GET / HTTP/1.0", host=False),
        "http_1_1_without_host": whole + request(host=False),
        "two_hosts": whole + request("Host: other"),
        "http_2_preface": whole + b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "http_3_0": whole + request(line="GET / HTTP/3.0"),
        "tls_client_hello": split(1) + bytes.fromhex("16030100c8010000c40303"),
        "body_of_zero_bytes": whole + request("Content-Length: 0"),
        "body": whole + request("Content-Length: 5") + b"hello",
        "two_lengths": whole + request("Content-Length: 0", "Content-Length: 5") + b"hello",
        "length_list": whole + request("Content-Length: 0, 5"),
        "length_with_sign": whole + request("Content-Length: +0"),
        "chunked": whole + request("Transfer-Encoding: chunked") + b"0\r\n\r\n",
        "chunked_and_length": whole + request("Content-Length: 4", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
        "transfer_encoding_disguised": whole + request("Transfer-Encoding : chunked"),
        "folded_line": whole + request("X: a\r\n b"),
        "bare_line_feed": whole + request(*UPGRADE).replace(b"\r\n", b"\n"),
        "bare_carriage_return": whole + request("X: a\rb"),
        "nul_in_value": whole + request("X: a\0b"),
        "space_before_colon": whole + request("X : a"),
        "empty_name": whole + request(": a"),
        "latin_1_value": whole + request("X: caf\xe9"),
        "absolute_target": whole + request(line="GET http://example.com/ws HTTP/1.1"),
        "absolute_target_without_path": whole + request(line="GET https://example.com?x HTTP/1.1"),
        "absolute_target_with_a_user": whole + request(line="GET http://u@example.com/ HTTP/1.1"),
        "asterisk_target": whole + request(line="OPTIONS * HTTP/1.1"),
        "space_in_target": whole + request(line="GET /a b HTTP/1.1"),
        "many_fields": split(100) + request(*[f"X{i}: {i}" for i in range(60)]),
        "long_line": whole + b"GET /" + b"a" * 300,
        "forwarded": whole + request("X-Forwarded-For: 203.0.113.7:80, [2001:db9::1]:443", "X-Forwarded-For: 10.1.2.3"),
        "forwarded_by_proxies_alone": pairs + request("X-Forwarded-For: 10.0.0.1,10.0.0.2"),
        "forwarded_for_nobody": whole + request("X-Forwarded-For: unknown, 10.0.0.1"),
        "unfinished": split(7) + request(*UPGRADE)[:-2],
    }
    sizes = {"long_line": b"\x02", "many_fields": b"\x03"}
    return {name: sizes.get(name, b"\x00") + seed for name, seed in seeds.items()}


def http_connection():
    whole, bytewise, pairs = split(), split(1), split(2, 3, 5)
    get = request(line="GET /x HTTP/1.1")

    def post(body, *fields, line="POST /p HTTP/1.1"):
        return request(*fields, line=line) + body

    chunked = "Transfer-Encoding: chunked"
    seeds = {
        "get": whole + get,
        "three_at_once": whole + get * 3,
        "head_and_get": pairs + request(line="HEAD / HTTP/1.1") + get,
        "length": bytewise + post(b"hello", "Content-Length: 5") + get,
        "length_too_large": whole + post(b"x" * 30, "Content-Length: 2000"),
        "chunks": pairs + post(b"5\r\nhello\r\nA;a=\"b\"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", chunked) + get,
        "chunks_without_end": whole + post(b"1\r\nx\r\n1\r\ny\r\n", chunked),
        "chunks_malformed": bytewise + post(b"0x1\r\nx\r\n0\r\n\r\n", chunked),
        "chunks_and_length": whole + post(b"0\r\n\r\n", chunked, "Content-Length: 5"),
        "chunks_not_last": whole + post(b"0\r\n\r\n", "Transfer-Encoding: chunked, gzip"),
        "expect": split(80) + post(b"hi", "Expect: 100-continue", "Content-Length: 2") + get,
        "expect_other": whole + request("Expect: x"),
        "close": whole + request("Connection: close") + get,
        "http_1_0": whole + request(line="GET / HTTP/1.0") + get,
        "options": whole + request(line="OPTIONS * HTTP/1.1") + get,
        "many": whole + get * 30,
    }
    return {name: b"\x00" + seed for name, seed in seeds.items()}


# --- PROXY header ----------------------------------------------------------------------------------------------------


def proxy_v2(command, family, block, length=None, version=2):
    head = b"\r\n\r\n\0\r\nQUIT\n" + bytes([version << 4 | command, family])
    return head + (len(block) if length is None else length).to_bytes(2, "big") + block


def proxy_header():
    ipv4 = bytes([192, 0, 2, 1, 192, 0, 2, 2]) + bytes.fromhex("dead01bb")
    ipv6 = bytes.fromhex("20010db8" + "00" * 11 + "01") * 2 + bytes.fromhex("dead01bb")
    crc = b"\x03\x00\x04abcd"
    seeds = {
        "v1_ipv4": b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\nGET / HTTP/1.1\r\n",
        "v1_ipv6": b"PROXY TCP6 2001:db8::1 ::1 56324 443\r\n",
        "v1_mapped_ipv4": b"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n",
        "v1_unknown": b"PROXY UNKNOWN\r\n",
        "v1_unknown_with_more": b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n",
        "v1_of_107_bytes": b"PROXY UNKNOWN " + b"f" * 91 + b"\r\nX",
        "v1_too_long": b"PROXY UNKNOWN " + b"f" * 92 + b"\r\nX",
        "v1_port_out_of_range": b"PROXY TCP4 192.0.2.1 192.0.2.2 65536 443\r\n",
        "v1_port_with_zero": b"PROXY TCP4 192.0.2.1 192.0.2.2 01 443\r\n",
        "v1_other_family": b"PROXY TCP4 ::1 192.0.2.2 1 443\r\n",
        "v1_no_address": b"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n",
        "v1_two_spaces": b"PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n",
        "v1_line_feed": b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n",
        "v1_udp": b"PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n",
        "v2_ipv4": proxy_v2(1, 0x11, ipv4) + b"GET /",
        "v2_ipv4_and_more": proxy_v2(1, 0x11, ipv4 + crc) + b"\x16\x03\x01",
        "v2_ipv6": proxy_v2(1, 0x21, ipv6),
        "v2_no_address": proxy_v2(1, 0x21, bytes(36)),
        "v2_local": proxy_v2(0, 0x00, b"") + b"GET /",
        "v2_local_with_addresses": proxy_v2(0, 0x11, ipv4),
        "v2_unspecified": proxy_v2(1, 0x00, b"xyz"),
        "v2_udp": proxy_v2(1, 0x12, ipv4),
        "v2_unix": proxy_v2(1, 0x31, b"/run/a".ljust(108, b"\0") * 2),
        "v2_too_short": proxy_v2(1, 0x11, ipv4[:-1]) + b"X",
        "v2_large": proxy_v2(1, 0x11, ipv4 + bytes(2_020)),
        "v2_too_large": proxy_v2(1, 0x11, ipv4, length=2_033),
        "v2_of_version_3": proxy_v2(1, 0x11, ipv4, version=3),
        "v2_unknown_command": proxy_v2(2, 0x11, ipv4),
        "v2_unknown_family": proxy_v2(1, 0x41, ipv4),
        "v2_unfinished": proxy_v2(1, 0x11, ipv4)[:-3],
        "none": b"GET / HTTP/1.1\r\n\r\n",
    }
    pieces = [split(1), split(), split(7, 3)]
    return {name: pieces[i % 3] + seed for i, (name, seed) in enumerate(seeds.items())}


# --- frames ----------------------------------------------------------------------------------------------------------

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA


def frame(first_byte, payload=b"", mask=b"\x37\xfa\x21\x3d", length_bytes=None, declared=None):
    length = len(payload) if declared is None else declared
    if length_bytes is None:
        length_bytes = 0 if length < 126 else 2 if length < 65536 else 8
    head = bytes([first_byte, 0x80 | (length if length_bytes == 0 else 126 if length_bytes == 2 else 127)])
    head += length.to_bytes(length_bytes, "big") if length_bytes else b""
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def whole(opcode, payload=b""):
    return frame(0x80 | opcode, payload)


def deflated(payload, window_bits=15):
    """A message's payload as RFC 7692 section 7.2.1 has it."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -window_bits)
    data = stream.compress(payload) + stream.flush(zlib.Z_SYNC_FLUSH)
    return data.removesuffix(b"\x00\x00\xff\xff")


def frames():
    euro = "pay 5 €, or 😀".encode()
    seeds = {
        "text": whole(TEXT, b"Hello"),
        "empty_text": whole(TEXT),
        "binary": whole(BINARY, bytes(range(200))),
        "length_16": whole(TEXT, b"a" * 126),
        "length_64_declared": frame(0x82, b"bb", length_bytes=8, declared=70_000),
        "length_64_top_bit": frame(0x82, b"", length_bytes=8, declared=1 << 63),
        "length_not_shortest": frame(0x81, b"abc", length_bytes=2),
        "fragments": frame(TEXT, b"Hel") + frame(0x00, b"") + frame(0x80, b"lo"),
        "fragments_with_ping": frame(TEXT, euro[:7]) + whole(PING, b"p") + frame(0x80, euro[7:]),
        "fragments_without_end": b"".join([frame(TEXT, b"a")] + [frame(0x00, b"b")] * 20),
        "fragmented_ping": frame(PING, b"a"),
        "continuation_of_nothing": frame(0x80, b"a"),
        "text_inside_text": frame(TEXT, b"a") + whole(TEXT, b"b"),
        "ping_pong": whole(PING, b"x" * 125) + whole(PONG),
        "ping_too_long": frame(0x89, b"x" * 126),
        "close_empty": whole(CLOSE),
        "close_1000": whole(CLOSE, b"\x03\xe8bye") + whole(TEXT, b"ignored"),
        "close_one_byte": whole(CLOSE, b"\x03"),
        "close_1005": whole(CLOSE, b"\x03\xed"),
        "close_reason_not_utf8": whole(CLOSE, b"\x03\xe8\xff"),
        "not_utf8": whole(TEXT, b"a\xff"),
        "surrogate": frame(TEXT, b"\xed") + frame(0x80, b"\xa0\x80"),
        "overlong": whole(TEXT, b"\xc0\xaf"),
        "character_cut_by_end": whole(TEXT, euro[:-1]),
        "character_cut_by_fragments": frame(TEXT, euro[:8]) + frame(0x00, euro[8:9]) + frame(0x80, euro[9:]),
        "reserved_bit": frame(0xC1, deflated(b"Hello")),
        "reserved_opcode": frame(0x83, b"a"),
        "not_masked": b"\x81\x05Hello",
    }
    pieces = [split(), split(1), split(3, 1, 5)]
    return {name: bytes([0, i % 2]) + pieces[i % 3] + seed for i, (name, seed) in enumerate(seeds.items())}


def deflate():
    """Four kinds: messages in any split, a client's context takeover, what we compress, offers."""
    text = b'{"type":"broadcast","room_id":"a","content":"abc abc abc abc"}'
    parts = deflated(text)
    stored = b"\x00" + len(text).to_bytes(2, "little") + (len(text) ^ 0xFFFF).to_bytes(2, "little") + text
    final = zlib.compressobj(9, zlib.DEFLATED, -15)
    final_block = final.compress(text) + final.flush()
    messages = {
        "message": frame(0xC1, parts),
        "message_and_plain_ones": frame(0x81, b"a") + frame(0xC1, parts) + frame(0x82, b"b") + frame(0xC2, parts),
        "empty_message": frame(0xC1, deflated(b"")) + frame(0xC1, b"\x00"),
        "fragments": frame(0x41, parts[:5]) + frame(0x00) + frame(0x89, b"p") + frame(0x80, parts[5:]),
        "rsv1_in_continuation": frame(0x41, parts[:5]) + frame(0xC0, parts[5:]),
        "rsv1_in_ping": frame(0xC9, b"p"),
        "stored_block": frame(0xC1, stored + b"\x00"),
        "final_block": frame(0xC1, final_block + b"\x00"),
        "two_final_blocks": frame(0xC1, final_block * 2 + b"\x00"),
        "bomb": frame(0xC1, deflated(b"a" * 200_000)),
        "bomb_of_spaces_in_fragments": frame(0x41, deflated(b" " * 70_000)[:30]) + frame(0x80, deflated(b" " * 70_000)[30:]),
        "not_deflate": frame(0xC1, b"\xff\xff\xff\xff"),
        "reserved_block_type": frame(0xC1, b"\x06"),
        "distance_too_far": frame(0xC1, b"\x4b\x04\x62\x00"),
        "cut_short": frame(0xC1, parts[:-4]),
        "not_utf8": frame(0xC1, deflated(b"abc\xff")),
        "character_cut_by_end": frame(0xC1, deflated("é".encode()[:1])),
        "not_compressible": frame(0xC2, deflated(bytes(i * 167 % 251 for i in range(400)))),
    }
    pieces = [split(), split(1), split(3, 1, 5)]
    seeds = {
        f"split_{name}": b"\x00" + bytes([i % 4 == 3, i % 4, i % 2]) + pieces[i % 3] + seed
        for i, (name, seed) in enumerate(messages.items())
    }
    sized = len(text).to_bytes(2, "big") + text
    for level in (0, 1, 9):
        seeds[f"takeover_level_{level}"] = b"\x01" + bytes([level % 3, level]) + split(7) + split(5) + sized * 3
    seeds["ours"] = b"\x02" + bytes([20, 3, 5]) + split(9) + sized * 2
    seeds["ours_of_zeros"] = b"\x02" + bytes([0, 0, 8]) + split() + (3_000).to_bytes(2, "big") + bytes(3_000)
    offers = {
        "plain": "permessage-deflate",
        "of_a_browser": "permessage-deflate; client_max_window_bits",
        "of_everything": "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
        "server_max_window_bits=15; client_max_window_bits=\"8\"",
        "second_choice": "permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=12",
        "two_fields": "x-webkit-deflate-frame; no_context_takeover\npermessage-deflate",
        "unknown_parameter": "permessage-deflate; x=1",
        "parameter_twice": "permessage-deflate; client_max_window_bits; client_max_window_bits=9",
        "bits_out_of_range": "permessage-deflate; client_max_window_bits=16, permessage-deflate; server_max_window_bits=08",
        "quoted": 'permessage-deflate; client_max_window_bits="1\\0"',
        "no_list": "permessage-deflate; =, ;",
    }
    for i, (name, offer) in enumerate(offers.items()):
        seeds[f"offer_{name}"] = b"\x03" + bytes([3, i % 2]) + offer.encode()
    return seeds


# --- JSON ------------------------------------------------------------------------------------------------------------


def json_command():
    broadcast = '{"type":"broadcast","room_id":"a","content":%s}'
    seeds = {
        "join": '{"type":"join","room_id":"lobby","user_id":"alice"}',
        "leave": '{"type":"leave","room_id":"lobby","id":7}',
        "broadcast": '{"type":"broadcast","room_id":"lobby","content":"hi","echo":false,"id":"x"}',
        "ping": '{"type":"ping","id":-1.5e3}',
        "auth": '{"type":"auth","token":"eyJhbGciOiJIUzI1NiJ9.e30.AA","id":1}',
        "three_documents": '{"type":"ping"} \n{"type":"leave","room_id":"a"}\t{}',
        "content_of_every_kind": broadcast % '[1, -0, 1.5e-3, "a\\u00e9\\n", true, false, null, {"a": [], "b": {}}]',
        "content_with_space_around": broadcast % ' \n {"a" : 1 } \t',
        "history": '{"type":"join","room_id":"a","user_id":"u","since":5,"last":3,"presence":true}',
        "resume": '{"type":"join","room_id":"@me","user_id":"u","since":{"seq":41,"epoch":"k3"},"info":{"x":[1]}}',
        "last": '{"type":"join","room_id":"a","last":1000,"presence":true}',
        "direct": '{"type":"direct","user_id":"bob","content":"psst","dedup":"d1","own_devices":true,"id":1}',
        "history_before": '{"type":"history","room_id":"@me","before":18446744073709551615,"limit":50}',
        "history_after": '{"type":"history","room_id":"a","after":0,"limit":1001}',
        "presence": '{"type":"presence","room_id":"a","next":"b","limit":1}',
        "escaped_keys": '{"\\u0074ype":"\\u006aoin","room_id":"\\u0061\\ud83d\\ude00","user_id":"\\""}',
        "surrogate_halves": '{"type":"join","room_id":"\\ud83d","user_id":"\\ude00\\ud83d"}',
        "reserved_room": '{"type":"join","room_id":"@alice","user_id":"bob"}',
        "control_characters": '{"type":"join","room_id":"\\u0000\\u0085","user_id":"\x7f\u0085"}',
        "id_of_64_bytes": '{"type":"ping","id":"%s"}' % ("x" * 64),
        "id_of_65_bytes": '{"type":"ping","id":"%s"}' % ("x" * 65),
        "id_not_a_scalar": '{"type":"ping","id":[1]}',
        "name_of_255_bytes": '{"type":"leave","room_id":"%s"}' % ("é" * 127 + "a"),
        "name_of_256_bytes": '{"type":"leave","room_id":"%s"}' % ("é" * 128),
        "twice": '{"type":"ping","type":"join"}',
        "unknown_type": '{"type":"%s"}' % ("é" * 30),
        "type_not_a_string": '{"type":1}',
        "scalar": " 17 ",
        "array": '[{"type":"ping"}]',
        "nested": broadcast % ("[" * 62 + "]" * 62),
        "nested_too_deeply": broadcast % ("[" * 63 + "]" * 63),
        "numbers_at_the_edge": broadcast % "[1e400, 18446744073709551616, -9223372036854775809, 5e-324]",
        "bad_numbers": "[01]",
        "bad_escape": '{"type":"\\x"}',
        "bad_literal": "{\"type\":nul}",
        "trailing_comma": '{"type":"ping",}',
        "unfinished_string": '{"type":"ping',
        "raw_control_character": '{"type":"pi\nng"}',
        "directly_following": '{"type":"ping"}{"type":"ping"}',
        "byte_order_mark": "\ufeff{}",
        "empty": "",
        "only_space": " \r\n\t",
    }
    return {name: b"\x00" + seed.encode() for name, seed in seeds.items()}


# --- configuration ---------------------------------------------------------------------------------------------------


def token():
    """The first byte says what the rest is: a payload that gets signed, a token, a JWK Set, permissions."""
    seeds = {}
    for name, payload in {
        "claims": b'{"sub":"ann","exp":1764000060,"iat":1763999999.5,"switchboard":{"rooms":{"chat:*":["join"]}}}',
        "claims_all": b'{"sub":"\\u0061","exp":1764000060,"nbf":1,"iss":"i","aud":["a","b"],"jti":"1","x":[{}]}',
        "claims_wrong": b'{"sub":7,"exp":"soon","aud":{},"sub":8}',
    }.items():
        seeds[name] = b"\0" + payload
    signed = b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    none = b"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ."
    seeds |= {"token": b"\1" + signed, "token_none": b"\1" + none, "token_jwe": b"\1a.b.c.d.e"}
    seeds["keys"] = (b'\2{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},'
                     b'{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","kid":"a","alg":"HS256"},'
                     b'{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",'
                     b'"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","use":"sig","key_ops":["verify"]}]}')
    seeds["keys_rsa"] = b'\2{"keys":[{"kty":"RSA","e":"AQAB","n":"' + b"w" * 342 + b'"},null,7,{"kty":"new"}]}'
    seeds["grants"] = (b'\3{"rooms":{"chat:*":["join","publish"],"doc:{user_id}:*":["history","presence"],"a":[]},'
                       b'"direct":["*","team-*","{user_id}"],"limits":{"rooms":20}}')
    seeds["grants_wrong"] = b'\3{"rooms":{"a*b*":["join"]}}'
    return seeds


def config():
    shipped = (ROOT / "packaging/switchboard.toml").read_text()
    plain = "\n".join(line for line in shipped.splitlines() if line and not line.startswith("#"))
    sections = re.split(r"\n(?=\[)", plain)
    seeds = {f"shipped_{re.match(r'.([a-z]+)', text)[1]}": text for text in sections}
    seeds |= {
        "empty": "",
        "namespaces": '[rooms.default]\nbacklog_bytes = 4096\n[rooms.chat]\n[rooms."a \\"b\\".c"]\nmembers_max = 2\n',
        "dotted": 'rooms.a.slow_client = "skip"\nlimits.rooms_max = 5\n',
        "inline_tables": 'limits = { rooms_max = 5, errors_max = 0 }\nrooms = { x = { members_max = 3 } }\n',
        "numbers_of_toml": "[limits]\nrooms_max = 0x10\nerrors_max = 1_000\nqueue_bytes_max = +70000\n",
        "strings_of_toml": "[server]\ndata = '''\na\\b'''\nlisten = [\"[::1]:0\", '127.0.0.1:65535',]\n",
        "escapes": '[server]\ndata = "\\u0001 \\U0001F600 \\t \\\\"\n',
        "wrong_types": '[limits]\nrooms_max = "5"\nerrors_max = 1.5\n[server]\nlisten = [1]\ndata = 1979-05-27\n',
        "unknown": "[heartbeats]\nx = 1\n[limits]\nrooms_maxx = 1\n[rooms]\nx = 1\n",
        "twice": "[limits]\nrooms_max = 1\nrooms_max = 2\n",
        "listeners": '[server]\nlisten = ["ws://:1", "unix:/run/a"]\n[listeners.public]\naddress = "[::]:443"\ntls = true\n'
        'hosts = ["example.com", "*.example.com"]\norigins_allowed = ["https://*.example.com"]\npaths = ["/x/"]\n'
        '[listeners.b_c]\naddress = "fd:x"\ntls = true\ndemo = false\n[tls]\ncertificates = ["/a.pem:/b.pem"]\n',
        "listener_of_a_proxy": '[listeners.p]\naddress = "unix:/run/p"\nmode = "0666"\nproxy_protocol = "required"\n'
        'trusted_proxies = ["unix", "10.0.0.0/8", "2001:db8::/32", "192.0.2.1"]\n',
        "issuers": '[auth]\nsecret = "' + "s" * 32 + '"\n[issuers.shop]\nissuer = "https://shop"\nkeys = ["/a.pem"]\n'
        '[issuers.b_c]\nissuer = "https://shop"\njwks = "https://b.example/jwks"\naudience = ["x"]\nleeway_ms = 0\n'
        "\0SWITCHBOARD_ISSUERS_B_C_SECRET=" + "t" * 32 + "\n",
        "listener_without_an_address": "[listeners.p]\ntls = true\n",
        "listeners_of_all_sources": '[listeners.p]\naddress = ":1"\n\0SWITCHBOARD_LISTENERS_P_TLS=true\n'
        "SWITCHBOARD_LISTENERS_Q_ADDRESS=:2\n--listeners.q.paths=/a,/b\n--listeners.r.s.address=:3\n",
        "not_toml": "[limits\nrooms_max 1",
        "environment": "\0SWITCHBOARD_LIMITS_ROOMS_MAX=5\nSWITCHBOARD_ROOMS_CHAT_MEMBERS_MAX=2\nHOME=/\nSWITCHBOARD_X=1\n",
        "flags": "\0--limits.rooms_max=5\n--server.listen=:1, [::1]:2\n--server.listen=:3\n--rooms.a.b.members_max=1\n--x=1\n",
        "all_three": "[limits]\nrooms_max = 1\n\0SWITCHBOARD_LIMITS_ROOMS_MAX=2\n--limits.rooms_max=3\n",
    }
    return {name: seed.encode() for name, seed in seeds.items()}


def config_dictionary():
    """Every section and key of the shipped file."""
    text = (ROOT / "packaging/switchboard.toml").read_text()
    sections = sorted(set(re.findall(r"^\[([a-z.]+)\]", text, re.M)))
    keys = sorted(set(re.findall(r"^([a-z_]+) = ", text, re.M)))
    tokens = [f"\\x0a[{name}]\\x0a" for name in sections] + [f"\\x0a{key} = " for key in keys]
    tokens += ["\\x00", "SWITCHBOARD_", "--", "true", "false", "[rooms.", '\\"', "'''", '\\"\\"\\"', "\\\\u0000", "0x", "inf"]
    lines = ["# Written by tests/fuzz/make_seeds.py."] + [f'"{token}"' for token in tokens]
    return "\n".join(lines) + "\n"


# --- the whole server ------------------------------------------------------------------------------------------------


class Server:
    """A script for tests/fuzz/server.cpp. Rooms and users are numbers there."""

    def __init__(self, shards=1, large=1, rates=0, takeover=0, echo=0, looks_cost=0, ends_with_resets=0):
        self.bytes = bytearray([*self.settings(large, rates, takeover), 7 * echo, looks_cost, shards - 1, ends_with_resets])

    @staticmethod
    def settings(large=1, rates=0, takeover=0):
        return [rates, takeover, large, large, large]

    def act(self, action, client, *arguments, rest=1):
        self.bytes += bytes([rest << 7 | client << 4 | action, *arguments])
        return self

    def connect(self, client, rest=1):
        return self.act(0, client, rest=rest)

    def connect_v1(self, client, offer=0):
        return self.act(1, client, offer)

    def connect_silently(self, client):
        return self.act(2, client)

    def raw(self, client, data):
        for at in range(0, len(data), 255):
            part = data[at : at + 255]
            self.act(3, client, len(part), *part)
        return self

    def say(self, client, text):
        return self.act(4, client, len(text), *text.encode())

    def join(self, client, room, user=0, with_id=0, rest=1):
        return self.act(5, client, room, with_id, user, rest=rest)

    def leave(self, client, room, with_id=0):
        return self.act(6, client, room, with_id)

    def broadcast(self, client, room, size=1, with_id=0, silent=0, rest=1):
        return self.act(7, client, room, with_id, silent, size, rest=rest)

    def frame(self, client, first_byte, payload=b""):
        return self.act(8, client, first_byte, len(payload), *payload)

    def allow(self, client, count):
        return self.act(9, client, *count.to_bytes(2, "big"))

    def allow_all(self, client):
        return self.act(10, client)

    def wait(self, ms):
        return self.act(11, 0, *ms.to_bytes(2, "big")).serve(0).serve(1).serve(2)

    def finish(self, client):
        return self.act(12, client)

    def reset(self, client, announced=1):
        return self.act(13, client, announced)

    def piecewise(self, client, size):
        return self.act(14, client, size)

    def serve(self, shard):
        return self.act(15, 0, shard)

    def reload(self, large):
        return self.act(15, 0, 4, *self.settings(large))

    def repeat(self, client, times):
        """What the client said last, so many times again."""
        return self.act(15, client, 6, times)

    def drain(self):
        return self.act(15, 0, 5)


def server():
    chat = Server().connect(0).connect_v1(1).join(0, 0).join(1, 0, user=1, with_id=1).broadcast(0, 0, 3)
    chat.broadcast(1, 0, 4, with_id=1).leave(0, 0, with_id=1).frame(1, 0x88, b"\x03\xe8")

    crossing = Server(shards=3)
    for client in range(6):
        crossing.connect_v1(client).join(client, client % 3, rest=0).join(client, (client + 1) % 3, rest=0)
    for client in range(6):
        crossing.broadcast(client, client % 3, 9, with_id=1, rest=0)
    crossing.leave(0, 0).reset(1).finish(2).broadcast(3, 0, 2)

    slow = Server(large=0).connect_v1(0).connect(1).connect(2)
    slow.join(0, 0).join(1, 0).join(2, 2).join(1, 2, rest=0).allow(0, 40).allow(2, 5)
    for _ in range(12):
        slow.broadcast(1, 0, 60, rest=0).broadcast(1, 2, 40)
    slow.wait(1_000).allow(0, 100).wait(6_500).allow_all(0)

    silent = Server(shards=2).connect_silently(0).connect(1).connect_silently(2).raw(2, b"GET / HTTP/1.1\r\n")
    silent.wait(5_000).wait(5_000).wait(5_000)

    departures = Server(shards=2).connect_v1(0).connect(1).join(0, 0).join(1, 0).drain().connect(2).wait(3_500)

    thrifty = Server(large=0).connect_v1(0).connect(1).piecewise(1, 1).join(0, 0, with_id=1).join(1, 0, user=3)
    thrifty.join(1, 0).join(1, 1).join(1, 3).join(1, 4, user=1).join(1, 5).reload(1).leave(1, 3)

    answers = Server(large=0).connect(0).allow(0, 0)
    answers.frame(0, 0x89, b"p" * 100).repeat(0, 100)
    answers.say(0, '{"type":"ping"} {"type":"ping"} [] {}').allow(0, 30).allow_all(0)

    rude = Server().connect(0).say(0, "{").say(0, "[" * 200).say(0, '{"type":"x"}').say(0, "1").say(0, "").say(0, "2")
    rude.connect(1).frame(1, 0x01, b"half").frame(1, 0x89, b"ping").frame(1, 0x80, b" and half")
    rude.connect(2).raw(2, b"\x81\x05Hello").connect(3).frame(3, 0x82, b"binary").connect(4).raw(4, b"\xff" * 20)

    cut = Server(shards=2).connect_silently(0)
    for byte in request(*UPGRADE) + whole(TEXT, b'{"type":"join","room_id":"a","user_id":"u"}'):
        cut.act(3, 0, 1, byte, rest=0)
    cut.broadcast(0, 0, 200).reset(0, announced=0)

    pages = Server().connect_silently(0).raw(0, request(line="GET / HTTP/1.1"))
    pages.connect_silently(1).raw(1, request(line="HEAD /x HTTP/1.1")).connect_silently(2).raw(2, b"\x16\x03\x01")
    pages.connect_silently(3).raw(3, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 100)

    flood = Server(rates=31).connect(0).connect_v1(1, 1).join(0, 0).join(1, 0, user=1)
    for _ in range(8):
        flood.broadcast(0, 0, 5, with_id=1).broadcast(1, 0, 20)
    for _ in range(8):
        flood.frame(1, 0x89, b"p").frame(1, 0x01, b"").frame(1, 0x00, b"").frame(1, 0x80, b"")
    flood.say(0, '{"type":"ping","id":1}').repeat(0, 50).raw(1, b"\x89\x80\0\0\0\0").repeat(1, 50)
    flood.wait(2_000).wait(60_000).broadcast(0, 0, 5)

    reset_while_throttled = Server(rates=8, ends_with_resets=1).connect(1).broadcast(1, 0, 150)

    echo = Server(echo=1, large=0, takeover=1).connect_v1(0, 1).connect(1).frame(0, 0x82, bytes(range(60)))
    echo.say(1, "any text").frame(0, 0xC1, deflated(b"abcabc" * 40, 9)).frame(1, 0x01, b"in ").frame(1, 0x80, b"two")
    echo.allow(0, 3).frame(0, 0x82, b"z" * 200).frame(0, 0x82, b"y" * 200).frame(0, 0x82, b"w" * 200).allow_all(0)

    compressed = Server(shards=2, takeover=1)
    for client in range(6):
        compressed.connect_v1(client, client).join(client, 0)
    compressed.frame(1, 0xC1, deflated(b'{"type":"broadcast","room_id":"a","content":"aaaaaaaaaaaaaaaaaaaa"}'))
    compressed.frame(3, 0xC1, deflated(b'{"type":"ping"}' * 3, 9)).broadcast(0, 0, 100)
    compressed.frame(1, 0x41, deflated(b"[" * 2_000)[:10]).frame(1, 0x80, deflated(b"[" * 2_000)[10:])
    compressed.frame(2, 0xC1, deflated(b" " * 10_000)).frame(4, 0xC1, b"\xff\xff\xff").broadcast(0, 0, 100)

    scripts = {name: script for name, script in locals().items() if isinstance(script, Server)}
    return {name: bytes(script.bytes) for name, script in scripts.items()}


TARGETS = [http_request, http_connection, proxy_header, frames, deflate, json_command, token, config, server]


def main():
    for target in TARGETS:
        folder = FOLDER / "corpus" / target.__name__
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if not old.name.startswith("found_"):
                old.unlink()
        for name, seed in target().items():
            (folder / name).write_bytes(seed)
    (FOLDER / "dictionaries" / "config.dict").write_text(config_dictionary())


if __name__ == "__main__":
    main()
