# SPDX-License-Identifier: BSD-2-Clause
"""Kill mutants with the unit tests; see ../mutants.sh.

Each mutant costs one compilation, and for each test program that is tried on
it one link and one run, until a test fails.  A program is tried if it runs
through the function that was changed (gcov), the source's own one first, then
those of its folder, then the quickest.  What none of them notices is tried
once more, by its own or its folder's, under AddressSanitizer and
UndefinedBehaviorSanitizer (tests/run.sh does that to all of them).

Not counted: what does not compile, what the compiler makes the same code of
as of the original (with -O2, too), and what it makes the same code of as of
a mutant that is counted.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import random
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time

import mutate

FOLDERS = ["common/jose", "common/json", "common/policy", "common/verify",
           "common/verify_kept"]
FLOOR = 90.0

PLAIN = ["-O0", "-g0", "-w"]
SANITIZED = ["-O1", "-g0", "-w", "-fsanitize=address,undefined",
             "-fno-sanitize-recover=all"]
OPTIMISED = ["-O2", "-g0", "-w"]
WRAP = ["-Wl,--wrap=mkdtemp,--wrap=mkstemp,--wrap=_cmocka_run_group_tests"]
# Of programs that make keys by this source.
MINT = "tests/unit/mint.c"
WRAP_KEYS = ["-Wl,--wrap=EVP_PKEY_CTX_set_rsa_keygen_bits,"
             "--wrap=EVP_PKEY_CTX_set1_rsa_keygen_pubexp,"
             "--wrap=EVP_PKEY_generate"]
# A mutant may ask for all memory there is.
MEMORY = 4 << 30
# Of silence: ten times the longest of the unchanged program, or this.
SECONDS_MIN = 5.0

HERE = os.path.dirname(os.path.abspath(__file__))


def die(text):
    sys.exit("mutants: " + text)


def run(argv, cwd):
    return subprocess.run(argv, cwd=cwd, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def must(argv, cwd):
    r = run(argv, cwd)
    if r.returncode != 0:
        sys.stderr.buffer.write(r.stdout[-4000:])
        die("failed: " + " ".join(argv))


# --- what the makefile knows ------------------------------------------------

class Make:
    """Variables of the configured tree's makefile."""

    def __init__(self, src, out):
        self.src, self.out = src, out
        with open(os.path.join(out, "print.mk"), "w") as f:
            f.write("print-%: ; @: $(info $*=$($*))\n")
        self.known = {}

    def fetch(self, names):
        names = [n for n in names if n not in self.known]
        if not names:
            return
        r = run(["make", "-s", "-f", "Makefile", "-f", "print.mk"] +
                ["print-" + n for n in names], self.out)
        if r.returncode != 0:
            sys.stderr.buffer.write(r.stdout)
            die("make does not say its variables")
        for line in r.stdout.decode().splitlines():
            name, eq, value = line.partition("=")
            if eq:
                self.known[name] = value

    def words(self, name, otherwise=None):
        self.fetch([name])
        value = self.known.get(name, "")
        if not value.strip() and otherwise is not None:
            return self.words(otherwise)
        return shlex.split(value)


def canonical(name):
    return re.sub(r"[^A-Za-z0-9_@]", "_", name)


Library = collections.namedtuple("Library", "name sources cflags libs")
Program = collections.namedtuple("Program", "name sources cflags ldflags libs")


def sources_of(words):
    return [w for w in words if w.endswith(".c")]


class Tree:
    """Which programs and libraries there are, and how they are compiled."""

    def __init__(self, make, without):
        self.libraries = {}
        names = make.words("UNIT_TESTS")
        if not names:
            die("there are no unit tests: is cmocka there?")
        parts = ("SOURCES", "CFLAGS", "LDFLAGS", "LDADD")
        make.fetch([canonical(n) + "_" + p for n in names for p in parts] +
                   ["EXTRA_%s_DEPENDENCIES" % canonical(n) for n in names])
        libraries = make.words("noinst_LTLIBRARIES")
        make.fetch([canonical(n) + "_" + p for n in libraries
                    for p in ("SOURCES", "CFLAGS", "LIBADD")])
        for n in libraries:
            c = canonical(n)
            self.libraries[n] = Library(
                n, sources_of(make.words(c + "_SOURCES")),
                make.words(c + "_CFLAGS", "AM_CFLAGS"),
                make.words(c + "_LIBADD"))
        self.programs = []
        self.left_out = []
        for n in names:
            c = canonical(n)
            base = os.path.basename(n)
            # One that starts another program of ours tests that one.
            others = [w for w in make.words("EXTRA_%s_DEPENDENCIES" % c)
                      if not os.path.exists(os.path.join(make.src, w))]
            if base in without or others:
                self.left_out.append(base)
                continue
            self.programs.append(Program(
                base, sources_of(make.words(c + "_SOURCES")),
                make.words(c + "_CFLAGS", "AM_CFLAGS"),
                make.words(c + "_LDFLAGS", "AM_LDFLAGS"),
                make.words(c + "_LDADD", "LDADD")))
        self.cc = make.words("CC")
        self.common = make.words("DEFS") + ["-I."] + [
            f for v in ("AM_CPPFLAGS", "CPPFLAGS") for f in make.words(v)]

    def closure(self, libs):
        """What is linked for these words, of libtool or not."""
        libraries, flags = [], []
        for w in libs:
            if not w.endswith(".la"):
                flags.append(w)
            elif w in self.libraries:
                if w not in libraries:
                    libraries.append(w)
                more, other = self.closure(self.libraries[w].libs)
                libraries += [m for m in more if m not in libraries]
                flags += other
        return libraries, flags


# --- building ---------------------------------------------------------------

class Build:
    """All objects of one kind: plain, sanitized, with counters."""

    def __init__(self, ctx, name, flags):
        self.ctx, self.name, self.flags = ctx, name, flags
        self.dir = os.path.join(ctx.out, name)
        self.sanitized = "-fsanitize=address,undefined" in flags

    def object_of(self, source, owner):
        return os.path.join(self.dir, canonical(owner), source + ".o")

    def compile(self, source, cflags, obj, path=None, first=None):
        """argv that compiles a source, or what stands at path in its
        place; includes are looked for in the folder first."""
        t, src = self.ctx.tree, self.ctx.src
        real = os.path.join(src, source)
        argv = t.cc + (["-I" + first] if first else []) + \
            ["-iquote", os.path.dirname(real)] + t.common + \
            ["-U_FORTIFY_SOURCE"] + cflags + self.flags
        return argv + ["-c", "-o", obj, path or real]

    def link(self, program, objects, exe, replaced=None):
        t = self.ctx.tree
        libraries, flags = t.closure(program.libs)
        archives = [self.archive(lib, replaced) for lib in libraries]
        # The program's own flags, but for what only costs time to link.
        own = [f for f in program.ldflags if not f.startswith("-Wl,-z,")]
        extra = [f for f in self.flags if f.startswith("-fsanitize")]
        wrap = WRAP + (WRAP_KEYS if MINT in program.sources else [])
        return t.cc + self.ctx.linker + extra + own + wrap + \
            ["-o", exe] + objects + ["-Wl,--start-group"] + archives + \
            ["-Wl,--end-group"] + flags

    def archive(self, lib, replaced=None):
        base = replaced if replaced else self.dir
        return os.path.join(base, canonical(lib) + ".a")

    def make(self, programs):
        """Compile all that these need, and the archives."""
        jobs = {}
        libraries = []
        for p in programs:
            for s in p.sources:
                obj = self.object_of(s, p.name)
                jobs[obj] = self.compile(s, p.cflags, obj)
            libraries += self.ctx.tree.closure(p.libs)[0]
        libraries = sorted(set(libraries))
        for lib in libraries:
            entry = self.ctx.tree.libraries[lib]
            for s in entry.sources:
                obj = self.object_of(s, lib)
                jobs[obj] = self.compile(s, entry.cflags, obj)
        for name in ("guard", "keys"):
            obj = os.path.join(self.dir, name + ".o")
            jobs[obj] = self.ctx.tree.cc + self.flags + \
                ["-c", "-o", obj, os.path.join(HERE, name + ".c")]
        for obj in jobs:
            os.makedirs(os.path.dirname(obj), exist_ok=True)
        self.ctx.each(lambda argv: must(argv, self.ctx.out), jobs.values())
        for lib in libraries:
            self.pack(lib, self.archive(lib))
        self.packed = libraries

    def pack(self, lib, archive, instead=None):
        objs = [(instead or {}).get(s) or self.object_of(s, lib)
                for s in self.ctx.tree.libraries[lib].sources]
        if os.path.exists(archive):
            os.unlink(archive)
        os.makedirs(os.path.dirname(archive), exist_ok=True)
        must(["ar", "rcs", archive] + objs, self.ctx.out)

    def own_objects(self, program, but=None):
        more = ["guard.o"] + ["keys.o"] * (MINT in program.sources)
        return [self.object_of(s, program.name) for s in program.sources
                if s != but] + [os.path.join(self.dir, m) for m in more]


# --- running a test program -------------------------------------------------

class Ran:
    def __init__(self):
        self.failed = None
        self.seconds = 0.0
        self.gap = 0.0
        self.ok = 0
        self.seconds_of = {}


RUNNING = set()


def give_up(number, frame):
    """What was started ends with us."""
    for pid in list(RUNNING):
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    os._exit(128 + number)


def run_test(exe, cwd, env, silence, stop=True):
    """Run a test program; the first line of TAP that says "not ok" ends
    it, and so does silence for so many seconds."""
    r = Ran()
    p = subprocess.Popen([exe], cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         start_new_session=True)
    RUNNING.add(p.pid)
    fd = p.stdout.fileno()
    began = last = time.monotonic()
    rest = b""
    try:
        while True:
            left = last + silence - time.monotonic()
            if left <= 0 or not select.select([fd], [], [], left)[0]:
                r.failed = "silent"
                break
            data = os.read(fd, 65536)
            if not data:
                break
            lines = (rest + data).split(b"\n")
            rest = lines.pop()
            for line in lines:
                now = time.monotonic()
                m = re.match(rb"(not )?ok \d+ - (\S+)", line)
                if m is not None:
                    name = m.group(2).decode("utf-8", "replace")
                    r.seconds_of[name] = now - last
                    if m.group(1):
                        r.failed = r.failed or name
                    else:
                        r.ok += 1
                r.gap, last = max(r.gap, now - last), now
            if r.failed and stop:
                break
    finally:
        ended = p.poll()
        if r.failed is None:
            try:
                ended = p.wait(max(0.1, last + silence - time.monotonic()))
            except subprocess.TimeoutExpired:
                r.failed = "silent"
        # Whatever it has started ends with it.
        try:
            os.killpg(p.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        RUNNING.discard(p.pid)
        p.wait()
        p.stdout.close()
    r.seconds = time.monotonic() - began
    if r.failed is None and ended != 0:
        r.failed = "status %d" % ended
    return r


class Place:
    """Where one worker compiles, links and runs."""

    def __init__(self, ctx, name):
        self.ctx = ctx
        self.dir = os.path.join(ctx.out, "work", name)
        self.cwd = os.path.join(self.dir, "cwd")
        self.made = os.path.join(self.dir, "made")
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.cwd)

    def path(self, name):
        p = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(p), exist_ok=True)
        return p

    def test(self, exe, silence, sanitized=False, skip=(), more=None,
             stop=True):
        env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP",
                   BA_SRCDIR=self.ctx.src, BA_BUILDDIR=self.ctx.out,
                   MUTANT_MADE=self.made, LC_ALL="C",
                   MUTANT_KEYS=os.path.join(self.ctx.out, "keys"))
        env.pop("CMOCKA_XML_FILE", None)
        if skip:
            env["MUTANT_SKIP"] = " %s " % "  ".join(skip)
        if not sanitized:
            env["MUTANT_MEMORY"] = str(MEMORY)
        env.update(more or {})
        try:
            return run_test(exe, self.cwd, env, silence, stop)
        finally:
            self.tidy()

    def tidy(self):
        """Take away what a test that was ended left behind."""
        if os.listdir(self.cwd):
            shutil.rmtree(self.cwd, ignore_errors=True)
            os.makedirs(self.cwd, exist_ok=True)
        try:
            with open(self.made) as f:
                paths = f.read().splitlines()
        except FileNotFoundError:
            return
        os.unlink(self.made)
        for p in paths:
            if os.path.isdir(p):
                shutil.rmtree(p, ignore_errors=True)
            elif os.path.exists(p):
                os.unlink(p)


# --- all of it --------------------------------------------------------------

class Result:
    """What came of a mutant: "killed", "survived", or why it does not
    count."""

    def __init__(self, mutant):
        self.mutant = mutant
        self.state = None
        self.by = ""
        self.digest = None
        self.reason = None


class Context:
    def __init__(self, args):
        self.args = args
        self.src, self.out = args.src, args.out
        self.lock = threading.Lock()
        self.make = Make(self.src, self.out)
        self.tree = Tree(self.make, set(args.without))
        self.linker = ["-fuse-ld=gold"] if shutil.which("ld.gold") else []
        self.plain = Build(self, "plain", PLAIN)
        self.counted = Build(self, "counted", PLAIN + ["--coverage"])
        self.sanitized = Build(self, "sanitized", SANITIZED)
        self.optimised = Build(self, "optimised", OPTIMISED)
        self.slow = self.read_slow()
        os.makedirs(os.path.join(self.out, "keys"), exist_ok=True)

    def each(self, what, things):
        with concurrent.futures.ThreadPoolExecutor(self.args.jobs) as pool:
            return list(pool.map(what, things))

    def say(self, text):
        if not self.args.quiet:
            print("mutants: " + text, file=sys.stderr, flush=True)

    # --- which sources, which mutants ---------------------------------------

    def owner_of(self, source):
        for lib in self.tree.libraries.values():
            if source in lib.sources:
                return lib
        return None

    def sources(self):
        """Those of libraries, in the folders (or files) asked for."""
        found = []
        for lib in self.tree.libraries.values():
            for s in lib.sources:
                if any(s == f or s == f + ".c" or
                       s.startswith(f.rstrip("/") + "/")
                       for f in self.args.folders):
                    found.append(s)
        for f in self.args.folders:
            if not any(s == f or s == f + ".c" or
                       s.startswith(f.rstrip("/") + "/") for s in found):
                die("%s: no source of a library is there" % f)
        return sorted(set(found))

    def read(self, path):
        with open(os.path.join(self.src, path), encoding="utf-8") as f:
            return f.read()

    def all_mutants(self, sources):
        numbers = set()
        headers = []
        for top, _, files in os.walk(os.path.join(self.src, "common")):
            headers += [os.path.join(top, f) for f in sorted(files)
                        if f.endswith(".h")]
        # Twice, for what is defined by another header's number.
        for _ in range(2):
            for h in headers:
                numbers = mutate.numbers_of(self.read(h), numbers)
        found = []
        for s in sources:
            found += mutate.mutants_of(s, self.read(s), numbers)
        return found

    def chosen(self, mutants):
        if self.args.every <= 1:
            return mutants
        picked = random.Random(self.args.seed).sample(
            range(len(mutants)), -(-len(mutants) // self.args.every))
        return [mutants[i] for i in sorted(picked)]

    # --- tests that take long -----------------------------------------------

    def read_slow(self):
        """Test functions that are left out: program, name, why."""
        slow = collections.defaultdict(list)
        for words in table(os.path.join(HERE, "slow"), 3):
            slow[words[0]].append(words[1])
        return slow

    def check_slow(self, names):
        for program, tests in self.slow.items():
            for t in tests:
                if program in names and t not in names[program]:
                    die("tests/mutants/slow names %s %s, and there is no "
                        "such test" % (program, t))

    def skipped(self, program):
        return () if self.args.all_tests else \
            self.slow.get(program.name, ())

    # --- the unchanged program ----------------------------------------------

    def observe(self, sources):
        """Which test program runs through which function, and how long it
        takes and keeps silent."""
        instead = {}
        jobs = []
        for s in sources:
            lib = self.owner_of(s)
            obj = self.counted.object_of(s, lib.name)
            os.makedirs(os.path.dirname(obj), exist_ok=True)
            instead[s] = obj
            jobs.append(self.counted.compile(s, lib.cflags, obj))
        self.each(lambda argv: must(argv, self.out), jobs)
        for lib in self.plain.packed:
            self.plain.pack(lib, self.plain.archive(lib, self.counted.dir),
                            instead)
        self.base = {}
        self.through = collections.defaultdict(set)
        names = {}

        def one(program):
            place = Place(self, "unchanged/" + program.name)
            exe = place.path("test")
            must(self.plain.link(
                program, self.plain.own_objects(program), exe,
                self.counted.dir) + ["--coverage"], self.out)
            # All of them once, so that a wrong name in the list is seen.
            prefix = os.path.join(self.counted.dir, "runs", program.name)
            shutil.rmtree(prefix, ignore_errors=True)
            r = place.test(exe, 600, more={"GCOV_PREFIX": prefix},
                           stop=False)
            seen_tests = set(r.seconds_of)
            if self.skipped(program) and not r.failed:
                # And as it will be run: one test may need another.
                r = place.test(exe, 600, skip=self.skipped(program),
                               more={"GCOV_PREFIX": "/dev/null"},
                               stop=False)
            shutil.rmtree(place.dir)
            with self.lock:
                names[program.name] = seen_tests
                self.base[program.name] = r
            seen = self.functions(prefix, instead)
            with self.lock:
                for at in seen:
                    self.through[at].add(program.name)

        self.each(one, self.tree.programs)
        self.must_pass(self.base, "")
        self.check_slow(names)

    def must_pass(self, runs, how):
        """Else whatever is wrong would look like a mutant's death."""
        bad = ["%s (%s)" % (n, r.failed) for n, r in sorted(runs.items())
               if r.failed or r.ok == 0]
        if bad:
            die("without any mutant these fail%s: %s" %
                (how, ", ".join(bad)))

    def check_sanitized(self, sources):
        """Build what is sanitized, and see it pass unchanged."""
        programs = {p.name: p for s in sources
                    for p in self.programs_for(s, "")[1]}
        self.sanitized.make(programs.values())
        runs = {}

        def one(program):
            place = Place(self, "unchanged/" + program.name)
            exe = place.path("test")
            must(self.sanitized.link(
                program, self.sanitized.own_objects(program), exe), self.out)
            r = place.test(exe, 600, True, self.skipped(program), stop=False)
            shutil.rmtree(place.dir)
            with self.lock:
                runs[program.name] = r

        self.each(one, programs.values())
        self.must_pass(runs, ", sanitized")

    def functions(self, prefix, instead):
        """(source, function) that was run through, by what gcov noted."""
        seen = set()
        for s, obj in instead.items():
            data = prefix + obj[:-2] + ".gcda"
            if not os.path.exists(data):
                continue
            shutil.copy(obj[:-2] + ".gcno", data[:-5] + ".gcno")
            r = subprocess.run(
                ["gcov", "--json-format", "--stdout", data], cwd=self.out,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            for text in r.stdout.decode().splitlines():
                for f in json.loads(text)["files"]:
                    for fn in f.get("functions", ()):
                        if fn["execution_count"] > 0:
                            seen.add((s, fn["name"]))
        return seen

    def distance(self, source):
        """How far each test program is from a source: 0 is its own (test_a_b
        of a_b.c, or else test_a), 1 one of its folder."""
        names = [p.name for p in self.tree.programs]
        far = dict.fromkeys(names, 2)
        folder = os.path.dirname(source)
        for lib in self.tree.libraries.values():
            for s in lib.sources:
                if os.path.dirname(s) == folder:
                    test = "test_" + os.path.basename(s)[:-2]
                    if test in far:
                        far[test] = 1
        words = os.path.basename(source)[:-2].split("_")
        while words and "test_" + "_".join(words) not in far:
            words.pop()
        if words:
            far["test_" + "_".join(words)] = 0
        return far

    def programs_for(self, source, function):
        """In the order in which they are tried, and how many of them are
        near."""
        names = set(self.through.get((source, function), ()))
        if not names:
            # A table, or a function that only a process that was ended
            # without a count went through.
            for (s, _), n in self.through.items():
                if s == source:
                    names |= n
        far = self.distance(source)
        nearest = min(far.values())
        programs = sorted(
            (p for p in self.tree.programs
             if p.name in names or far[p.name] == 0),
            key=lambda p: (far[p.name], self.base[p.name].seconds, p.name))
        return programs, [p for p in programs if far[p.name] == nearest]

    # --- one mutant ---------------------------------------------------------

    def original(self, place, source, build):
        """The digest of the unchanged object, made in the same place."""
        key = (place.dir, source, build.name)
        if key not in self.digests:
            self.digests[key] = self.object_for(
                place, source, self.texts[source], build)
        return self.digests[key]

    def object_for(self, place, source, text, build):
        """Compile text as the source; the digest of the object, or None."""
        lib = self.owner_of(source)
        path = place.path(os.path.join("src", source))
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        obj = place.path("mutant.o")
        r = run(build.compile(source, lib.cflags, obj, path,
                              place.path("src")), self.out)
        if r.returncode != 0:
            return None
        with open(obj, "rb") as f:
            return hashlib.sha256(f.read()).hexdigest()

    def program_for(self, place, build, program, source):
        """Link a test program with the mutant; its path, or None."""
        exe = place.path("test")
        objects = [place.path("mutant.o")]
        included = self.included.get((program.name, source))
        if included:
            # It takes in the source itself, to reach what is static.
            objects = [place.path("test.o")]
            if run(build.compile(included, program.cflags, objects[0], None,
                                 place.path("src")),
                   self.out).returncode != 0:
                return None
        objects += build.own_objects(program, included)
        if run(build.link(program, objects, exe),
               self.out).returncode != 0:
            return None
        return exe

    def attack(self, place, build, mutant, again):
        """The test that kills, or None."""
        every, near = self.programs_for(mutant.path, mutant.function)
        # What is wrong with memory shows where a source is tested.
        for program in near if build.sanitized else every:
            base = self.base[program.name]
            silence = max(SECONDS_MIN, 10 * base.gap)
            exe = self.program_for(place, build, program, mutant.path)
            if exe is None:
                continue
            # Whoever is far has clocks and other processes, and may fail by
            # chance on a busy machine: that kills nobody unless it does so
            # twice.
            times = 1 if program in near else 2
            for _ in range(times):
                r = place.test(exe, silence, build.sanitized,
                               self.skipped(program))
                if not r.failed:
                    break
            if r.failed:
                return "%s: %s%s" % (program.name, r.failed, again)
        return None

    def try_one(self, result, place):
        m = result.mutant
        text = mutate.apply(self.texts[m.path], m)
        same = self.original(place, m.path, self.plain)
        digest = self.object_for(place, m.path, text, self.plain)
        if digest is None:
            result.state = "does not compile"
            return
        if digest == same:
            result.state = "same code"
            return
        result.digest = (m.path, digest)
        with self.lock:
            twin = self.twins.setdefault(result.digest, result)
        if twin is not result:
            result.state = "twin"
            return
        result.by = self.attack(place, self.plain, m, "")
        if result.by is None:
            same = self.original(place, m.path, self.optimised)
            if self.object_for(place, m.path, text,
                               self.optimised) == same:
                result.state = "same code"
                return
            self.object_for(place, m.path, text, self.sanitized)
            result.by = self.attack(place, self.sanitized, m, " (sanitized)")
        result.state = "survived" if result.by is None else "killed"

    def hunt(self, mutants, sources):
        self.texts = {s: self.read(s) for s in sources}
        self.digests = {}
        self.twins = {}
        self.included = {}
        for p in self.tree.programs:
            for s in p.sources:
                for inc in re.findall(r'^#include "(\S+\.c)"',
                                      self.read(s), re.M):
                    self.included[p.name, inc] = s
        results = [Result(m) for m in mutants]
        queue = iter(results)
        done = [0]
        began = time.monotonic()

        def work(n):
            place = Place(self, "w%d" % n)
            while True:
                with self.lock:
                    result = next(queue, None)
                if result is None:
                    return
                self.try_one(result, place)
                with self.lock:
                    done[0] += 1
                    if done[0] % 100 == 0:
                        self.say("%d of %d after %d s" % (
                            done[0], len(results),
                            time.monotonic() - began))

        self.each(work, range(self.args.jobs))
        self.settle_twins(results)
        return results

    def settle_twins(self, results):
        """Of those that are the same code the first counts, whoever was
        tried."""
        groups = collections.defaultdict(list)
        for r in results:
            if r.digest is not None:
                groups[r.digest].append(r)
        for group in groups.values():
            tried = next(r for r in group if r.state != "twin")
            state, by = tried.state, tried.by
            for r in group:
                r.state, r.by = "twin", ""
            group[0].state, group[0].by = state, by


# --- what is explained, and what is said ------------------------------------

def table(path, columns):
    """The lines of a file that are no comments, split at tabs."""
    try:
        with open(path, encoding="utf-8") as f:
            lines = f.read().splitlines()
    except FileNotFoundError:
        return []
    rows = []
    for n, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = [w.strip() for w in re.split(r"\t+", line)]
        if len(words) != columns:
            die("%s:%d: %d columns are wanted, separated by tabs" %
                (path, n, columns))
        rows.append(words)
    return rows


def pattern(words):
    return re.compile(".*".join(
        re.escape(w) for w in words.split("...")) + "$", re.S)


class Explained:
    """tests/mutants/explained: file, function, operator, the line as
    mutated, reason.  "..." stands for anything."""

    def __init__(self, path):
        self.rows = table(path, 5)
        self.used = [0] * len(self.rows)
        self.patterns = [[pattern(w) for w in row[:4]] for row in self.rows]

    def covers(self, m):
        fields = (m.path, m.function, m.operator, m.now)
        for i, patterns in enumerate(self.patterns):
            if all(p.match(f) for p, f in zip(patterns, fields)):
                self.used[i] += 1
                return self.rows[i][4]
        return None

    def stale(self, sources):
        return [row for row, used, p in
                zip(self.rows, self.used, self.patterns)
                if not used and any(p[0].match(s) for s in sources)]


def folder_of(path, folders):
    for f in folders:
        if path == f or path.startswith(f.rstrip("/") + "/") or \
                path == f + ".c":
            return f
    return os.path.dirname(path)


def percent(killed, survived):
    return 100.0 * killed / (killed + survived) if killed + survived else 100


def report(args, results, explained, sources):
    status = 0
    counts = collections.defaultdict(collections.Counter)
    for r in results:
        if r.state == "survived":
            r.reason = explained.covers(r.mutant)
        state = "explained" if r.reason else r.state
        where = {r.mutant.path, "all",
                 folder_of(r.mutant.path, args.folders)}
        for w in where:
            counts[w][state] += 1
    print("where\tmutants\tkilled\tsurvived\texplained of them\tkilled %")
    order = [s for s in sources if s not in args.folders] + args.folders
    for w in order + ["all"]:
        c = counts[w]
        survived = c["survived"] + c["explained"]
        print("%s\t%d\t%d\t%d\t%d\t%.1f" % (
            w, c["killed"] + survived, c["killed"], survived,
            c["explained"], percent(c["killed"], survived)))
    print()
    print("survivor\twhere\tfunction\toperator\twas\tis\treason")
    for r in results:
        if r.state == "survived":
            m = r.mutant
            print("%s\t%s:%d\t%s\t%s\t%s\t%s\t%s" % (
                "explained" if r.reason else "unexplained",
                m.path, m.line, m.function, m.operator, m.was, m.now,
                r.reason or ""))
    sys.stdout.flush()
    with open(os.path.join(args.out, "results"), "w") as f:
        for r in results:
            m = r.mutant
            print(r.state, "%s:%d" % (m.path, m.line), m.function,
                  m.operator, m.was, m.now, r.by or "", sep="\t", file=f)
    c = counts["all"]
    total = percent(c["killed"], c["survived"] + c["explained"])
    if total < FLOOR:
        print("mutants: %.1f %% are killed, and %g %% are the least" %
              (total, FLOOR), file=sys.stderr)
        status = 1
    if c["killed"] == 0:
        print("mutants: none was killed", file=sys.stderr)
        status = 1
    if args.every <= 1:
        for row in explained.stale(sources):
            print("mutants: explained, but nothing that survives: " +
                  "; ".join(row[:4]), file=sys.stderr)
            status = 1
    return status


def arguments():
    p = argparse.ArgumentParser(prog="tests/mutants.sh")
    p.add_argument("--src", required=True, help=argparse.SUPPRESS)
    p.add_argument("--out", required=True, help=argparse.SUPPRESS)
    p.add_argument("-n", dest="every", type=int, default=1, metavar="N",
                   help="one mutant of N, by chance")
    p.add_argument("-s", dest="seed", type=int, default=1, metavar="SEED",
                   help="which ones [1]")
    p.add_argument("-j", dest="jobs", type=int, default=os.cpu_count() or 1,
                   help="how many at a time [the processors]")
    p.add_argument("-a", dest="all_tests", action="store_true",
                   help="the tests that take long, too")
    p.add_argument("-x", dest="without", action="append", default=[],
                   metavar="TEST", help="leave out a test program")
    p.add_argument("-l", dest="list", action="store_true",
                   help="list the mutants only")
    p.add_argument("-q", dest="quiet", action="store_true",
                   help="say nothing on the way")
    p.add_argument("folders", nargs="*", metavar="FOLDER",
                   help="folders, or files [%s]" % " ".join(FOLDERS))
    args = p.parse_args()
    args.folders = args.folders or FOLDERS
    return args


def main():
    args = arguments()
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, give_up)
    ctx = Context(args)
    sources = ctx.sources()
    mutants = ctx.chosen(ctx.all_mutants(sources))
    if args.list:
        for m in mutants:
            print("%s:%d" % (m.path, m.line), m.function, m.operator,
                  m.was, m.now, sep="\t")
        return 0
    explained = Explained(os.path.join(HERE, "explained"))
    began = time.monotonic()
    ctx.say("%d mutants in %d files%s" % (
        len(mutants), len(sources), "" if args.every <= 1 else
        ", one of %d, seed %d" % (args.every, args.seed)))
    ctx.plain.make(ctx.tree.programs)
    ctx.observe(sources)
    ctx.check_sanitized(sources)
    ctx.say("built, and passed unchanged, after %d s" %
            (time.monotonic() - began))
    results = ctx.hunt(mutants, sources)
    status = report(args, results, explained, sources)
    states = collections.Counter(r.state for r in results)
    ctx.say("%d s; not counted: %s" % (
        time.monotonic() - began, ", ".join(
            "%d %s" % (states[s], s)
            for s in ("does not compile", "same code", "twin"))))
    return status


if __name__ == "__main__":
    sys.exit(main())
