"""A peer on a bare socket, for what no well-behaved client does: it frames nothing by itself and answers nothing."""

import json
import socket
import struct

from harness import DEADLINE_S

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
MASK = b"\x11\x22\x33\x44"

HANDSHAKE = (b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")


def frame(opcode, payload=b"", *, fin=True, reserved=0, mask=MASK, length=None):
    """A client's frame. `mask=None` leaves it unmasked, `length` declares another length than the payload's."""
    if isinstance(payload, str):
        payload = payload.encode()
    size = len(payload) if length is None else length
    head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    masked = 0 if mask is None else 0x80
    if size < 126:
        head += bytes([masked | size])
    elif size < 65536:
        head += struct.pack("!BH", masked | 126, size)
    else:
        head += struct.pack("!BQ", masked | 127, size)
    if mask is None:
        return head + payload
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def close_frame(code, reason=b""):
    return frame(CLOSE, struct.pack("!H", code) + reason)


class RawPeer:
    def __init__(self, address, source=None, receive_buffer=None):
        self.socket = socket.socket()
        self.socket.settimeout(DEADLINE_S)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect(address)
        self._held = b""

    @classmethod
    def open(cls, address, fields=b"", **options):
        """A peer whose handshake is done."""
        peer = cls(address, **options)
        peer.send(HANDSHAKE + fields + b"\r\n")
        status = peer.read_head()[0]
        assert status == 101, status
        return peer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def say(self, text):
        self.send(frame(TEXT, text))

    def finish_writing(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Ends the connection with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    # --- reading ------------------------------------------------------------------------------------------------

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        self._held += data

    def _take(self, size):
        while len(self._held) < size:
            self._more()
        taken, self._held = self._held[:size], self._held[size:]
        return taken

    def read_head(self):
        """(status, fields with lower-case names) of an HTTP answer; its body is left unread."""
        while b"\r\n\r\n" not in self._held:
            self._more()
        head, _, self._held = self._held.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        return int(lines[0].split()[1]), fields

    def read_frame(self):
        """(opcode, payload) of the server's next frame, which must be whole and unmasked."""
        first, second = self._take(2)
        assert first & 0x80 and not second & 0x80, (first, second)
        size = second & 0x7F
        if size == 126:
            size = struct.unpack("!H", self._take(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", self._take(8))[0]
        return first & 0x0F, self._take(size)

    def read_json(self):
        """The next text message; nothing but one of the server's pings may come before it."""
        opcode, payload = self.read_frame()
        while opcode == PING:
            opcode, payload = self.read_frame()
        assert opcode == TEXT, (opcode, payload)
        return json.loads(payload)

    def ask(self, text):
        self.say(text)
        return self.read_json()

    def read_close(self):
        """The code of the Close frame, after whatever comes before it."""
        while True:
            opcode, payload = self.read_frame()
            if opcode == CLOSE:
                return struct.unpack("!H", payload[:2])[0] if payload else None

    def read_end(self):
        """Waits for the end of the stream; True when it came by FIN, False by RST. What comes before it is dropped."""
        try:
            while self.socket.recv(65536):
                pass
            return True
        except ConnectionResetError:
            return False


