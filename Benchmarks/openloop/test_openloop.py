"""The open-loop generator against servers with known delays: `python3 -m unittest openloop.test_openloop`."""

import socket
import tempfile
import threading
import time
import unittest
from pathlib import Path

from bench import openloop

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
ANSWER = b"HTTP/1.1 %s\r\nContent-Length: 2\r\n\r\nok"
#: Seconds that a shared machine may add to one step.
SLACK = 0.05


class SlowServer:
    """One thread for each connection; `delay(number, seconds since the start)` tells how long an answer takes."""

    def __init__(self, delay, status=b"200 OK", serial=False):
        self.delay, self.status = delay, status
        self.lock = threading.Lock() if serial else None
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.begin = None
        self.count = 0
        self.paths = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            while True:
                try:
                    request = connection.recv(4096)
                    if not request:
                        return
                    self.paths.append(request.split()[1])
                    self.begin = self.begin or time.monotonic()
                    self.count += 1
                    self.wait(self.delay(self.count, time.monotonic() - self.begin))
                    connection.sendall(ANSWER % self.status)
                except OSError:
                    return

    def wait(self, seconds):
        if self.lock is None:
            time.sleep(seconds)
        else:
            with self.lock:
                time.sleep(seconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


class OpenLoop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory()
        cls.generator = openloop.Generator(Path(cls.place.name))
        cls.requests = openloop.write_requests(Path(cls.place.name) / "requests", [REQUEST])

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def run_against(self, server, rate, seconds=1.0, **settings):
        return self.generator.run(server.listener.getsockname(), self.requests, rate, seconds, **settings)

    def test_a_constant_delay_is_the_latency(self):
        with SlowServer(lambda *_: 0.020) as server:
            result = self.run_against(server, 200, connections=32)
        self.assertEqual(result["answered"], 200)
        self.assertEqual(result["offered"], 200)
        self.assertGreaterEqual(result["answered_p50_ms"], 20)
        self.assertLess(result["answered_p50_ms"], 20 + SLACK * 1000)

    def test_every_request_that_a_stall_keeps_waiting_is_counted(self):
        """A stall of half a second in two: a quarter of the requests are due in it and wait 250 ms on average.

        A closed loop over one connection would count one slow request.
        """
        def stall(_, seconds):
            return 1.0 - seconds if 0.5 <= seconds < 1.0 else 0

        with SlowServer(stall) as server:
            result = self.run_against(server, 500, 2.0, connections=1)
        self.assertEqual(result["answered"], 1000)
        self.assertGreater(result["answered_p99_ms"], 450)
        self.assertLess(result["answered_p50_ms"], 100)
        self.assertGreater(result["answered_max_ms"], 480)

    def test_the_rate_is_kept_whatever_the_server_does(self):
        with SlowServer(lambda *_: 0.005, serial=True) as server:
            result = self.run_against(server, 1000, connections=8, patience_ms=50, timeout_ms=500)
        self.assertEqual(result["offered"], 1000)
        self.assertLess(result["answered"], 300)
        self.assertGreater(result["answered"], 100)
        self.assertGreater(result["unsent"], 600)
        self.assertLess(result["seconds"], 1.6)

    def test_a_late_answer_is_none(self):
        with SlowServer(lambda number, _: 0.4 if number % 2 else 0) as server:
            result = self.run_against(server, 40, connections=64, timeout_ms=200)
        self.assertEqual(result["late"], 20)
        self.assertEqual(result["answered"], 20)

    def test_a_refusal_is_no_answer(self):
        with SlowServer(lambda *_: 0, status=b"503 Service Unavailable") as server:
            result = self.run_against(server, 100, connections=4)
        self.assertEqual((result["answered"], result["refused"]), (0, 100))

    def test_a_closed_loop_asks_again_at_once(self):
        with SlowServer(lambda *_: 0.010) as server:
            result = self.run_against(server, 0, connections=4)
        self.assertGreater(result["answered"], 4 * 1.0 / (0.010 + SLACK))
        self.assertLessEqual(result["answered"], 4 * 1.0 / 0.010 + 4)

    def test_each_request_once(self):
        paths = Path(self.place.name) / "paths"
        openloop.write_requests(paths, [REQUEST.replace(b"/ ", b"/%d " % number) for number in range(50)])
        with SlowServer(lambda *_: 0) as server:
            self.generator.ask_each_once(server.listener.getsockname(), paths, connections=4)
            self.assertEqual(sorted(server.paths), sorted(b"/%d" % number for number in range(50)))

    def test_nobody_there_is_an_error(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = listener.getsockname()
        with self.assertRaises(SystemExit):
            self.generator.run(address, self.requests, 10, 0.1)


if __name__ == "__main__":
    unittest.main()
