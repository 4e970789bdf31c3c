"""Two workers, one for each core. `WORKER=gthread`: with threads, which keep connections open; the default does not."""

import os

workers = 2
worker_class = os.environ["WORKER"]
threads = 2 if worker_class == "gthread" else 1
keepalive = 60
accesslog = None
loglevel = "warning"
