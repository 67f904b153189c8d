"""A web server of JWK Sets, as an identity provider has one."""

import http.server
import json
import subprocess
import threading

from tokens import encode


def key_set_of(public_pem_file, key_id):
    """A set with that P-256 key. Its point is the end of what openssl writes."""
    der = subprocess.run(["openssl", "ec", "-pubin", "-in", public_pem_file, "-outform", "DER"], capture_output=True,
                         check=True).stdout
    return {"keys": [{"kty": "EC", "crv": "P-256", "kid": key_id, "x": encode(der[-64:-32]), "y": encode(der[-32:])}]}


class KeySets:
    """Serves `sets` (by path) on 127.0.0.1; other paths are not there. A context manager."""

    def __init__(self, sets):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(sets[self.path]).encode() if self.path in sets else b""
                self.send_response(200 if self.path in sets else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
