"""How many pages a second a desk serves to many people at once (python bench/load.py [PEOPLE] [SECONDS] [PROCESSES]).

It serves the database of DATABASE_URL, one of bench/large.py, on a port of 127.0.0.1 and ends that server again. Each
person is signed in and asks for page after page without a rest: those of bench/pages.py in a random order of its own,
the pages of the largest agreement half as often as the others. Prints pages a second, the time to an answer at the
median and at 95 %, and what was no page. Bounded: by default 50 people for 60 seconds.
"""

import http.client
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("BUSINESS_DATE", "2008-09-15")
os.environ.setdefault("SECRET_KEY", "used by a measurement only, where it signs nothing")

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.test import Client  # noqa: E402

from bench.pages import pages  # noqa: E402

MOST_SECONDS, MOST_PEOPLE = 300, 200


def cookies(people: int) -> list[str]:
    """Sign in so many people and return the cookie of each session."""
    found = []
    for number in range(people):
        user, _created = User.objects.get_or_create(username=f"load-{number}", defaults={"is_superuser": True})
        client = Client(SERVER_NAME="localhost")
        client.force_login(user)
        found.append(f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port: int, cookie: str, addresses: list[str], until: float, seconds: list[float], other: Counter) -> None:
    """Ask for one page after the other until the time is over."""
    order = random.Random(cookie)  # noqa: S311  (an order of pages, and no secret)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while time.monotonic() < until:
        begun = time.monotonic()
        try:
            connection.request("GET", order.choice(addresses), headers={"Cookie": cookie, "Host": "localhost"})
            answer = connection.getresponse()
            answer.read()
        except OSError as fault:
            other[type(fault).__name__] += 1
            connection.close()
            continue
        seconds.append(time.monotonic() - begun)
        if answer.status != http.client.OK:
            other[answer.status] += 1


def main(people: int = 50, duration: int = 60, processes: int = 2) -> None:
    """Serve, ask, and print what came back."""
    people, duration = min(people, MOST_PEOPLE), min(duration, MOST_SECONDS)
    named = pages()
    addresses = [address for name, address in named.items() if not name.endswith(" big")] * 2
    addresses += [address for name, address in named.items() if name.endswith(" big")]
    signed_in, port = cookies(people), free_port()
    command = [sys.executable, "-m", "config.serve", "--port", str(port), "--processes", str(processes)]
    server = subprocess.Popen(command, cwd=BASE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if server.poll() is not None:
                    sys.exit("The server did not start. Run it by hand to see why: python -m config.serve")
                time.sleep(0.1)
        seconds: list[float] = []
        other: Counter = Counter()
        until = time.monotonic() + duration
        arguments = (addresses, until, seconds, other)
        threads = [threading.Thread(target=ask, args=(port, cookie, *arguments)) for cookie in signed_in]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)
    cuts = statistics.quantiles(seconds, n=20)
    print(f"{people} people, {processes} processes, {duration} s: {len(seconds) / duration:.1f} pages a second")
    print(f"median {cuts[9]:.2f} s, 95 % within {cuts[18]:.2f} s, slowest {max(seconds):.2f} s")
    print(f"no page: {dict(other) or 0}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:4]))
