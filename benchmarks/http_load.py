"""A load generator for machines without wrk: threads of a process of its own, http.client."""

import http.client
import subprocess
import sys
import threading
import time
from itertools import count

THREADS = 4


def load(*, port: int, key: str, path: str, many: bool, seconds: int) -> float:
    """Requests a second; `many` appends another number to each path."""
    arguments = [str(port), path, str(int(many)), str(seconds)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.http_load", *arguments],
        input=key, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return float(done.stdout)


def main() -> None:
    port, path, many, seconds = sys.argv[1:]
    key, numbers = sys.stdin.read(), count(time.time_ns() % 10**9)
    until, answered = time.monotonic() + float(seconds), [0] * THREADS

    def run(place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", int(port))
        while time.monotonic() < until:
            asked = path + str(next(numbers)) if many == "1" else path
            connection.request("GET", asked, headers={"Authorization": f"Bearer {key}"})
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise SystemExit(f"{asked}: {response.status}")
            answered[place] += 1

    threads = [threading.Thread(target=run, args=(place,)) for place in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sum(answered) / float(seconds))


if __name__ == "__main__":
    main()
