#!/usr/bin/env bash
# Library:   AnyEvent::WebSocket::Client 0.54 (Debian 12: libanyevent-websocket-client-perl 0.54-1, on Protocol::WebSocket 0.26).
# Question:  a client passes `http_headers => {Origin => ...}`. Which Origin does the server see?
# The guess: the caller's. Most WebSocket clients let a header of the caller replace the one they would make themselves.
# Seen:      both. The library writes its own `Origin: http://HOST:PORT` first and then adds the caller's headers unlooked at, so
#            the request has two Origin fields, and the own one comes first. A server that takes the first, or that refuses a
#            repeated Origin (the field is not a list), does not take this client for what it says it is. The pod calls these
#            "extra headers". The request's `origin` of Protocol::WebSocket would replace it, but this client has no way to it.
#
# usage: findings/anyevent_websocket_two_origins.sh
# Needs perl, python3 and apt. Exits 1 if the behaviour is not as stated.
set -euo pipefail

packages=(
  libanyevent-websocket-client-perl=0.54-1
  libprotocol-websocket-perl=0.26-3
  libanyevent-perl=7.170-2+b3
  libanyevent-connector-perl=0.03-3
  libmoo-perl=2.005005-1
  librole-tiny-perl=2.002004-1
  libsub-quote-perl=2.006008-1
  libclass-method-modifiers-perl=2.14-1
  libmodule-runtime-perl=0.016-2
  libperlx-maybe-perl=1.202-1
  liburi-perl=5.17-1
  liburi-ws-perl=0.03-3
)

temp=$(mktemp -d)
listener=
cleanup() {
  if [[ -n $listener ]]; then kill "$listener" 2>/dev/null || true; fi
  rm -rf "$temp"
}
trap cleanup EXIT

cd "$temp"
timeout 120 apt-get -qq -o APT::Sandbox::User=root download "${packages[@]}"
for file in *.deb; do dpkg -x "$file" root; done

# Answers one handshake as a server should, and writes down the head of the request.
cat >listener.py <<'PYTHON'
import base64, hashlib, pathlib, re, socket

with socket.create_server(("127.0.0.1", 0)) as server:
    server.settimeout(20)
    pathlib.Path("port.new").write_text(str(server.getsockname()[1]))
    pathlib.Path("port.new").rename("port")
    peer, _ = server.accept()
    with peer:
        peer.settimeout(20)
        head = b""
        while b"\r\n\r\n" not in head:
            part = peer.recv(4096)
            if not part:
                break
            head += part
        pathlib.Path("head").write_bytes(head)
        key = re.search(rb"(?im)^sec-websocket-key: *(\S+)", head).group(1)
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        peer.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        while peer.recv(4096):  # until the client is done
            pass
PYTHON

cat >client.pl <<'PERL'
use strict;
use warnings;
use AnyEvent;
use AnyEvent::WebSocket::Client;

my ($root, $port) = @ARGV;
for my $file (qw(AnyEvent.pm AnyEvent/WebSocket/Client.pm Protocol/WebSocket/Request.pm)) {
    die "$file is not the pinned one: $INC{$file}\n" if index($INC{$file}, $root) != 0;
}
print "AnyEvent::WebSocket::Client $AnyEvent::WebSocket::Client::VERSION\n";
my $client = AnyEvent::WebSocket::Client->new(timeout => 10, http_headers => { 'Origin' => 'https://app.example' });
my $connection = $client->connect("ws://127.0.0.1:$port/")->recv;
print "connected\n";
PERL

timeout 40 python3 listener.py &
listener=$!
for _ in {1..100}; do
  [[ -s port ]] && break
  sleep 0.1
done
port=$(<port)

lib=$temp/root/usr
PERL5LIB=$lib/share/perl5:$(printf '%s:' "$lib"/lib/*/perl5/5.36) PERL_ANYEVENT_MODEL=Perl \
  timeout 30 perl client.pl "$temp/root" "$port"
wait "$listener"
listener=

tr -d '\r' <head
mapfile -t origins < <(tr -d '\r' <head | sed -n 's/^[Oo][Rr][Ii][Gg][Ii][Nn]: *//p')
echo "Origin fields: ${#origins[@]}"
if [[ ${#origins[@]} != 2 || ${origins[0]} != "http://127.0.0.1:$port" || ${origins[1]} != https://app.example ]]; then
  echo "not as stated: the library's own Origin and then the caller's was expected"
  exit 1
fi
echo "as stated: the caller's Origin is sent besides the library's own, not in its place"
