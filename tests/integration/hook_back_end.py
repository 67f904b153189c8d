"""A back end that is asked before clients are obeyed: answers as the test tells it, and keeps what it was asked."""

import http.server
import json
import threading

from webhook_receiver import SECRET

ALLOW = {"allow": True}


class BackEnd:
    """A context manager. `decide(question)`: what to answer: a dictionary; a status; (status, text); None for nothing, until the
    end."""

    def __init__(self, decide=lambda question: ALLOW):
        self.decide = decide
        self.questions = []
        self.fields = []
        self.connections = 0
        self.under_way = self.under_way_max = 0
        self._lock = threading.Lock()
        self._end = threading.Event()
        back_end = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                back_end.connections += 1

            def do_POST(self):
                question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with back_end._lock:
                    back_end.questions.append(question)
                    back_end.fields.append(dict(self.headers))
                    back_end.under_way += 1
                    back_end.under_way_max = max(back_end.under_way_max, back_end.under_way)
                answer = back_end.decide(question)
                with back_end._lock:
                    back_end.under_way -= 1
                if answer is None:
                    back_end._end.wait(30)
                    self.close_connection = True
                    return
                status, text = (200, json.dumps(answer)) if isinstance(answer, dict) else answer if isinstance(answer, tuple) else (answer, "")
                self.send_response(status)
                if status != 204:
                    self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # who asks may go without a word
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/decide"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True, args=(0.05,)).start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._server.shutdown()
        self._server.server_close()

    def config(self, rooms="", **more):
        settings = {"url": self.url, "secret": SECRET} | more
        return "[hooks]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()) + rooms

    def asked(self, kind):
        return [question for question in self.questions if question["type"] == kind]
