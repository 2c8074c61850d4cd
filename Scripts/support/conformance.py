"""Drives the Autobahn test suite and compares its verdicts with those that are checked in.

Called by Scripts/conformance, which sets the suite up and describes the arguments. The suite runs in
several processes at once, each with a part of the cases. Ends with 0 if every verdict is the expected
one, with 1 if one is not, and with 2 if the suite did not come to its end.
"""

import argparse
import contextlib
import json
import pathlib
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXPECTATIONS = ROOT / "Tests" / "ConformanceTests"

# Every message of the suite fits: 16 MiB whole, or in 65 536 fragments.
MESSAGE_BYTES_MAX = 64 * 1024 * 1024

# The slow sections first, so that no process is left alone with one of them at the end. Each runs by
# itself as the suite writes its verdicts only when it ends.
COMPRESSION = ["13.%d" % part for part in range(1, 8)] + ["12.%d" % part for part in range(1, 6)]
OTHERS = ["9.%d.*" % part for part in range(8, 0, -1)] + [
    "%d.*" % section for section in (6, 7, 5, 10, 2, 1, 4, 3)
]
# Payloads of 16 to 8192 bytes in one frame, and of 8192 in frames of 256.
SMALL_PAYLOADS = (1, 2, 3, 4, 5, 6, 11)

# The agreement on compression is the server's choice in one run and includes context takeover in the
# other: only the sections on compression can tell.
DEDICATED = ["--deflate", "dedicated", "--client-takeover"]


# How often cases that differ are run again, and of how many it is still worth while.
AGAIN_MAX = 2
AGAIN_CASES_MAX = 20


class Incomplete(Exception):
    """The suite did not come to its end; says why."""


def small(section):
    return ["%s.%d" % (section, number) for number in SMALL_PAYLOADS]


def plan(is_quick):
    """The lists of case patterns, one for each process of the suite."""
    return [small(section) if is_quick else [section + ".*"] for section in COMPRESSION] + [
        [pattern] for pattern in OTHERS
    ]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stop(process):
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Suite:
    """Runs parts of the suite, each in a folder of its own."""

    def __init__(self, wstest, program, folder, time_limit):
        self.wstest = wstest
        self.program = program
        self.folder = folder
        self.deadline = time.monotonic() + time_limit

    def remaining(self):
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise Incomplete("the time limit passed")
        return seconds

    def start(self, mode, folder, specification, *options):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        path = folder / "specification.json"
        path.write_text(json.dumps(specification))
        with open(folder / "suite.log", "wb") as log:
            # Unbuffered, or the log of a process that is stopped would be empty.
            return subprocess.Popen(
                [str(self.wstest), "-m", mode, "-s", str(path), *options],
                cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={"PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore"})

    def verdicts(self, folder):
        """Behaviour and closing by case, from the report in the folder."""
        try:
            agents = json.loads((folder / "index.json").read_text())
        except (OSError, ValueError) as error:
            raise Incomplete("no report in %s: %s" % (folder, error))
        return {
            case: (verdict["behavior"], verdict["behaviorClose"])
            for agent in agents.values()
            for case, verdict in agent.items()
        }

    def test_server(self, name, patterns, url):
        folder = self.folder / name
        process = self.start("fuzzingclient", folder, {
            "outdir": str(folder), "options": {}, "cases": patterns, "exclude-cases": [],
            "exclude-agent-cases": {}, "servers": [{"agent": "server", "url": url}]})
        try:
            process.wait(self.remaining())
        except subprocess.TimeoutExpired:
            raise Incomplete("%s took too long" % name)
        finally:
            stop(process)
        verdicts = self.verdicts(folder)
        announced = re.search(rb"will run (\d+) test cases", (folder / "suite.log").read_bytes())
        if announced is None or int(announced[1]) != len(verdicts):
            raise Incomplete("%s has %d verdicts only" % (name, len(verdicts)))
        return verdicts

    def test_client(self, name, patterns, options):
        folder = self.folder / name
        port = free_port()
        url = "ws://127.0.0.1:%d" % port
        # The suite's own page of results is not wanted: web port 0.
        process = self.start("fuzzingserver", folder, {
            "outdir": str(folder), "url": url, "options": {}, "cases": patterns,
            "exclude-cases": [], "exclude-agent-cases": {}}, "-u", "0")
        try:
            self.await_port(process, port, name)
            with open(folder / "client.log", "wb") as log:
                client = subprocess.run(
                    [str(self.program), "autobahn-client", "--url", url, *options],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=self.remaining())
            if client.returncode != 0:
                raise Incomplete("%s: the client ended with %d" % (name, client.returncode))
        except subprocess.TimeoutExpired:
            raise Incomplete("%s took too long" % name)
        finally:
            stop(process)
        return self.verdicts(folder)

    def await_port(self, process, port, name):
        for _ in range(600):
            if process.poll() is not None:
                raise Incomplete("%s: the suite ended at once" % name)
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise Incomplete("%s: the suite does not listen" % name)


class EchoServer:
    """The project's echo server, with the limits that the suite needs."""

    def __init__(self, program, options, log):
        self.process = subprocess.Popen(
            [str(program), "echo", "--port", "0", "--message-max", str(MESSAGE_BYTES_MAX), *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        address = re.search(r"listening on .*?(\d+)\s*$", line)
        if address is None:
            stop(self.process)
            raise Incomplete("the echo server did not start: %r" % line)
        self.url = "ws://127.0.0.1:%s" % address[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        is_running = self.process.poll() is None
        stop(self.process)
        self.process.stdout.close()
        if not is_running:
            raise Incomplete("the echo server ended with %d" % self.process.returncode)


def run_parts(parts, jobs, test):
    """Tests all parts, some at a time; returns the verdicts of all."""
    waiting, verdicts, failures = queue.Queue(), {}, []
    for part in parts:
        waiting.put(part)

    def work():
        while not failures:
            try:
                patterns = waiting.get_nowait()
            except queue.Empty:
                return
            started = time.monotonic()
            try:
                found = test("-".join(patterns[0].split(".")[:2]).replace("*", "all"), patterns)
            except Incomplete as failure:
                failures.append(failure)
                return
            verdicts.update(found)
            print("%8.1f s  %3d cases  %s" % (
                time.monotonic() - started, len(found), " ".join(patterns)), flush=True)

    workers = [threading.Thread(target=work) for _ in range(jobs)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise failures[0]
    return verdicts


def sort_key(case):
    return [int(number) for number in case.split(".")]


def expected_verdicts(path):
    """All verdicts of an expectation file, by case."""
    data = json.loads(path.read_text())
    verdicts = {
        "%s.%d" % (section, number): ("OK", "OK")
        for section, count in data["sections"].items()
        for number in range(1, count + 1)
    }
    for case, exception in data["exceptions"].items():
        if not exception["reason"].strip():
            raise Incomplete("%s: %s has no reason" % (path.name, case))
        verdicts[case] = (exception["behavior"], exception["closing"])
    return verdicts


def is_small(case):
    section, _, number = case.rpartition(".")
    return section not in COMPRESSION or int(number) in SMALL_PAYLOADS


def differences(found, expected):
    for case in sorted(found.keys() | expected.keys(), key=sort_key):
        if found.get(case) != expected.get(case):
            yield "case %s: expected %s, found %s" % (
                case, " / ".join(expected.get(case, ("no such case",))),
                " / ".join(found.get(case, ("not run",))))


def record(path, found):
    """Writes what was found; reasons that are there stay, new ones are left to be written."""
    old = json.loads(path.read_text())["exceptions"] if path.exists() else {}
    sections = {}
    for case in sorted(found, key=sort_key):
        section, _, number = case.rpartition(".")
        sections[section] = max(sections.get(section, 0), int(number))
    exceptions = {
        case: {"behavior": found[case][0], "closing": found[case][1],
               "reason": old.get(case, {}).get("reason", "")}
        for case in sorted(found, key=sort_key) if found[case] != ("OK", "OK")
    }
    path.write_text(json.dumps({"sections": sections, "exceptions": exceptions}, indent=2) + "\n")


def summary(verdicts):
    def count(index):
        values = [verdict[index] for verdict in verdicts.values()]
        return ", ".join("%d %s" % (values.count(value), value) for value in sorted(
            set(values), key=lambda value: -values.count(value)))

    return "%d cases; behaviour %s; closing %s" % (len(verdicts), count(0), count(1))


def runs(role, is_quick):
    """The runs of a role: their names, options of the program and parts."""
    compression = [small(section) for section in COMPRESSION]
    if role == "server":
        yield "shared", ["--deflate", "shared"], plan(is_quick)
        yield "dedicated", DEDICATED, compression
    else:
        yield "dedicated", ["--deflate", "dedicated"], plan(is_quick)
        yield "shared", ["--deflate", "shared"], compression


def expected_of_run(path, is_quick, is_compression_only):
    """The verdicts that a run has to give, by case."""
    expected = expected_verdicts(path)
    if is_compression_only:
        expected = {case: verdict for case, verdict in expected.items()
                    if case.rpartition(".")[0] in COMPRESSION}
    if is_quick or is_compression_only:
        expected = {case: verdict for case, verdict in expected.items() if is_small(case)}
    return expected


def run_again(found, expected, test):
    """Runs cases that differ again, one at a time: many measure seconds, which a busy machine loses."""
    for attempt in range(AGAIN_MAX):
        cases = [case for case in found.keys() & expected.keys() if found[case] != expected[case]]
        if len(cases) > AGAIN_CASES_MAX:
            return
        for case in sorted(cases, key=sort_key):
            before = found[case]
            found.update(test("again-%s" % case.replace(".", "-"), [case]))
            print("case %s: %s, and %s when run again by itself" % (
                case, " / ".join(before), " / ".join(found[case])), flush=True)


def test_role(role, arguments):
    """Runs the suite for one role; returns how many verdicts are not the expected ones."""
    path = EXPECTATIONS / ("expected-%s.json" % role)
    is_quick = arguments.extent == "quick"
    count = 0
    for index, (name, options, parts) in enumerate(runs(role, is_quick)):
        if is_quick and index > 0:
            break
        print("%s, deflate %s" % (role, name), flush=True)
        started = time.monotonic()
        folder = arguments.report / role / name
        folder.mkdir(parents=True, exist_ok=True)
        suite = Suite(arguments.suite, arguments.program, folder, arguments.seconds)
        with contextlib.ExitStack() as stack:
            if role == "server":
                log = stack.enter_context(open(folder / "echo.log", "wb"))
                # One for each part that runs at the same time: messages of 16 MiB would make a
                # loop late for those that measure seconds.
                free = queue.Queue()
                for _ in range(arguments.jobs):
                    free.put(stack.enter_context(EchoServer(arguments.program, options, log)).url)

                def test(part, patterns):
                    url = free.get()
                    try:
                        return suite.test_server(part, patterns, url)
                    finally:
                        free.put(url)
            else:
                def test(part, patterns):
                    return suite.test_client(part, patterns, options)

            found = run_parts(parts, arguments.jobs, test)
            is_recorded = arguments.record and not is_quick and index == 0
            if not is_recorded:
                expected = expected_of_run(path, is_quick, is_compression_only=index > 0)
                run_again(found, expected, test)
        print("%s, deflate %s: %s; %.0f s" % (
            role, name, summary(found), time.monotonic() - started), flush=True)
        if is_recorded:
            record(path, found)
            continue
        for difference in differences(found, expected):
            print(difference, flush=True)
            count += 1
    return count


def main():
    parser = argparse.ArgumentParser(prog="conformance")
    parser.add_argument("extent", nargs="?", choices=["quick", "all"], default="all")
    parser.add_argument("--role", choices=["server", "client"])
    parser.add_argument("--report", type=pathlib.Path, default=ROOT / ".build" / "conformance")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--suite", type=pathlib.Path, required=True)
    parser.add_argument("--program", type=pathlib.Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=3600)
    arguments = parser.parse_args()
    arguments.report = arguments.report.resolve()
    arguments.program = arguments.program.resolve()
    # SIGTERM ends the program by an exception, so that what it started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    count = 0
    try:
        for role in [arguments.role] if arguments.role else ["server", "client"]:
            count += test_role(role, arguments)
    except Incomplete as failure:
        print("conformance: %s" % failure, file=sys.stderr)
        return 2
    print("%d verdicts differ from the expected ones" % count)
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
