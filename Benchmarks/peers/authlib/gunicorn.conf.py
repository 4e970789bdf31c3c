"""Two workers, one for each core; threads, because the sync worker keeps no connection open."""

workers = 2
worker_class = "gthread"
threads = 2
keepalive = 60
accesslog = None
loglevel = "warning"
