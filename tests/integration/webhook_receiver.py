"""An endpoint for webhooks: takes what comes, answers as it is told, and has all of it verified by npm's `standardwebhooks`."""

import collections
import http.server
import json
import os
import subprocess
import threading

from harness import DEADLINE_S, until

VERIFIER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "webhook_verifier.mjs")
SECRET = "whsec_" + "dGhlIHRlc3RzJyBvd24gc2VjcmV0LCB0aGlydHktdHdv"

Delivery = collections.namedtuple("Delivery", "status fields body")


class Receiver:
    """A context manager. `answers`: what to say to the next requests, (status, fields) each; then 204."""

    def __init__(self, answers=()):
        self.answers = list(answers)
        self.deliveries = []
        self.paths = []
        self.connections = 0
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                receiver.connections += 1

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, fields = receiver.answers.pop(0) if receiver.answers else (204, {})
                receiver.paths.append(self.path)
                receiver.deliveries.append(Delivery(status, dict(self.headers), body.decode()))
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # who asks may go without a word
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hooks"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True, args=(0.05,)).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def config(self, name="back", **more):
        """[[webhooks]] with this receiver as its endpoint."""
        settings = {"name": name, "url": self.url, "secret": SECRET, "allow_private_addresses": True} | more
        return "[[webhooks]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())

    def taken(self):
        """The requests that were answered with 2xx."""
        return [delivery for delivery in self.deliveries if delivery.status // 100 == 2]

    def events(self):
        """Those that were taken, in order; one that came twice counts once."""
        seen = {}
        for delivery in self.taken():
            for event in events_of(delivery):
                seen.setdefault(event["id"], event)
        return list(seen.values())

    def of_type(self, *types):
        return [(event["type"], event["data"]) for event in self.events() if event["type"] in types]

    def wait_for(self, count, *types):
        """The events of these types, once there are so many."""
        until(lambda: len(self.of_type(*types)) >= count, f"{count} of {types}, not {self.of_type(*types)}")
        return self.of_type(*types)

    def verify(self, secrets=(SECRET,)):
        """Every request, with each of the secrets, by the reference implementation."""
        wish = [{"secret": secret, "headers": delivery.fields, "body": delivery.body}
                for delivery in self.deliveries for secret in secrets]
        run = subprocess.run(["node", VERIFIER], input=json.dumps(wish), capture_output=True, text=True, timeout=DEADLINE_S)
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)


def events_of(delivery):
    body = json.loads(delivery.body)
    return body["data"]["events"] if body["type"] == "batch" else [body]
