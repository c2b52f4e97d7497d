# SPDX-License-Identifier: BSD-2-Clause
"""Mutants of a C source: every place where one token, one condition, one
check, one constant or one call could have been written wrong.

The source is read as tokens, not as a tree: it is written in one style, by
one formatter, and a mutant that the compiler does not take does not count.
Never touched are comments, the preprocessor's lines, strings, declarations,
what stands in sizeof, and the arguments of the functions that only word a
message (MESSAGES).
"""
import bisect
import collections
import re

TOKEN = re.compile(
    r"""
    (?P<space> (?: \s | \\\n | /\*.*?\*/ | //[^\n]* )+ )
  | (?P<str> (?:u8|[LuU])?"(?:\\.|[^"\\\n])*" )
  | (?P<chr> [LuU]?'(?:\\.|[^'\\\n])+' )
  | (?P<num> \.?[0-9](?:[eEpP][+-]|[0-9A-Za-z_.])* )
  | (?P<id> [A-Za-z_]\w* )
  | (?P<op> \.\.\. | <<= | >>= | -> | \+\+ | -- | && | \|\| | << | >>
          | [-+*/%&|^<>=!]= | [-+*/%&|^~!<>=?:;,.(){}\[\]] )
    """, re.X | re.S)
# A line of the preprocessor, with those that it goes on in and the comments
# in it.
DIRECTIVE = re.compile(
    r"^[ \t]*\#(?:\\\n|/\*.*?\*/|[^\n])*", re.M | re.S)
NUMBER = re.compile(r"(0[xX][0-9A-Fa-f]+|[0-9]+)([uUlL]*)$")
DEFINE = re.compile(
    r"^[ \t]*#[ \t]*define[ \t]+([A-Z]\w*)[ \t]+(.+)$", re.M)

KEYWORDS = frozenset(
    "return case else goto do while if for switch sizeof".split())
TYPES = frozenset(
    "void char short int long float double signed unsigned bool const "
    "volatile static struct enum union register extern size_t ssize_t "
    "uid_t gid_t pid_t mode_t time_t json_t va_list".split())
ASSIGN = frozenset("= += -= *= /= %= &= |= ^= <<= >>=".split())
RELATION = {
    "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="),
    ">=": (">", "<"), "==": ("!=",), "!=": ("==",),
}
# Of these the mutants are the other one of the pair.
SWAP = {
    "&&": ("and/or", "||"), "||": ("and/or", "&&"),
    "+=": ("plus/minus", "-="), "-=": ("plus/minus", "+="),
    "++": ("plus/minus", "--"), "--": ("plus/minus", "++"),
    "|=": ("bits", "&="), "&=": ("bits", "|="),
    "<<": ("shift", ">>"), ">>": ("shift", "<<"),
    "<<=": ("shift", ">>="), ">>=": ("shift", "<<="),
}
BINARY = {
    "+": ("plus/minus", "-"), "-": ("plus/minus", "+"),
    "&": ("bits", "|"), "|": ("bits", "&"), "^": ("bits", "|"),
    "*": ("times", "/"), "/": ("times", "*"), "%": ("times", "/"),
}
# Nothing but words for people depends on what these are called with; that
# they are called at all is tried.
MESSAGES = frozenset(
    "say ba_case_say ba_builder_complain ba_log".split())
# To leave them out is undefined, or nothing at all where we run.
NEVER_DROPPED = frozenset("va_start va_end va_copy".split())
ALLOCATORS = frozenset("malloc calloc ba_arena_alloc ba_arena_grow".split())
# Of a longer list of bare numbers (the order of a curve), the first, the
# middle and the last are tried.
LIST_MAX = 16

Token = collections.namedtuple("Token", "kind text start end")
Mutant = collections.namedtuple(
    "Mutant", "path line function operator start end text was now")


class Source:
    def __init__(self, path, text, numbers):
        self.path = path
        self.text = text
        self.numbers = numbers
        self.newlines = [m.start() for m in re.finditer("\n", text)]
        self.tokens = list(lex(text))
        self.found = {}
        self.function = ""
        self.pair = self.match()

    # --- finding one's way --------------------------------------------------

    def match(self):
        """The index of each bracket's partner."""
        pair, stack = {}, []
        for i, t in enumerate(self.tokens):
            if t.text in ("(", "[", "{"):
                stack.append(i)
            elif t.text in (")", "]", "}") and stack:
                pair[i] = stack.pop()
                pair[pair[i]] = i
        return pair

    def at(self, i):
        return self.tokens[i].text if 0 <= i < len(self.tokens) else ""

    def line_of(self, offset):
        return bisect.bisect_left(self.newlines, offset) + 1

    def slice(self, i, j):
        """The text of the tokens i to j - 1."""
        return self.text[self.tokens[i].start:self.tokens[j - 1].end]

    def operand_before(self, i):
        """Does something end at token i, that an operator can come behind?"""
        t = self.tokens[i]
        if t.text == ")":
            return not self.is_cast(self.pair[i])
        return (t.kind in ("num", "chr", "str") or t.text == "]" or
                (t.kind == "id" and t.text not in KEYWORDS))

    def is_cast(self, i):
        """Is what the parenthesis at i encloses a type?"""
        inner = self.tokens[i + 1:self.pair[i]]
        if not inner or (i > 0 and self.tokens[i - 1].kind == "id" and
                         self.at(i - 1) not in KEYWORDS):
            return False
        if any(t.kind != "id" and t.text != "*" for t in inner):
            return False
        return (inner[0].text in TYPES or inner[-1].text == "*" or
                inner[0].text.endswith("_t"))

    def is_declaration(self, i):
        """Does a declaration begin at token i?"""
        t = self.tokens[i]
        if t.kind != "id" or t.text in KEYWORDS:
            return False
        if t.text in TYPES:
            return True
        j = i + 1
        while self.at(j) in ("*", "const"):
            j += 1
        return (self.tokens[j].kind == "id" and
                (j == i + 1 or self.at(j + 1) in ("=", ";", ",", "[")))

    def end_of_statement(self, i):
        """The index of the semicolon that ends what begins at i."""
        while self.at(i) != ";":
            if self.at(i) in ("(", "[", "{"):
                i = self.pair[i]
            i += 1
        return i

    # --- noting -------------------------------------------------------------

    def note(self, operator, i, j, new):
        """Token i to j - 1 become new."""
        start, end = self.tokens[i].start, self.tokens[j - 1].end
        old = self.text[start:end]
        if old == new or (start, end, new) in self.found:
            return
        first = self.text.rfind("\n", 0, start) + 1
        last = self.text.find("\n", end)
        was = self.text[first:last]
        now = self.text[first:start] + new + self.text[end:last]
        self.found[start, end, new] = Mutant(
            self.path, self.line_of(start), self.function, operator,
            start, end, new, squeeze(was), squeeze(now))

    # --- the operators ------------------------------------------------------

    def force(self, operator, i, j, values, alone=False):
        """The condition of tokens i to j - 1 is what values says, though it
        is still worked out, since it may be what reads the input."""
        old = self.slice(i, j)
        if old in ("0", "1", "true", "false"):
            return
        for v in values:
            new = "(%s) %s" % (old, "|| 1" if v else "&& 0")
            self.note(operator, i, j, new if alone else "(%s)" % new)

    def operands(self, lo, hi):
        """Each operand of an && or || among the tokens lo to hi - 1: the
        check is dropped, so that the others decide."""
        for i in range(lo, hi):
            op = self.at(i)
            if op not in ("&&", "||"):
                continue
            self.force("check dropped", self.left(i, op), i, [op == "&&"])
            self.force("check dropped", i + 1, self.right(i, op),
                       [op == "&&"])

    def left(self, i, op):
        """Where the left operand of the operator at i begins."""
        stop = ASSIGN | {"?", ":", ",", ";", "{", "}", "return", "||"}
        if op == "&&":
            stop = stop | {"&&"}
        elif op == "?":
            stop = stop - {"||"}
        j = i - 1
        while j >= 0 and self.at(j) not in stop and \
                self.at(j) not in ("(", "["):
            if self.at(j) in (")", "]"):
                j = self.pair[j]
            j -= 1
        return j + 1

    def right(self, i, op):
        """Behind which token the right operand ends."""
        stop = {"?", ":", ",", ";", ")", "]", "}", "||"}
        if op == "&&":
            stop = stop | {"&&"}
        j = i + 1
        while self.at(j) not in stop:
            if self.at(j) in ("(", "[", "{"):
                j = self.pair[j]
            j += 1
        return j

    def expression(self, lo, hi):
        """Everything in the tokens lo to hi - 1 that is no declaration."""
        i = lo
        self.operands(lo, hi)
        while i < hi:
            t = self.tokens[i]
            if t.text in ("sizeof", "_Static_assert", "__attribute__"):
                i = self.pair.get(i + 1, i) + 1
                continue
            if t.text in MESSAGES and self.at(i + 1) == "(":
                i = self.pair[i + 1] + 1
                continue
            if t.text == "(" and self.is_cast(i):
                i = self.pair[i] + 1
                continue
            if t.text == "{" and self.at(i - 1) == "=":
                self.initialiser(i)
                i = self.pair[i] + 1
                continue
            self.one(i)
            i += 1

    def one(self, i):
        t = self.tokens[i]
        if t.kind == "op":
            self.operator(i)
        elif t.kind == "num":
            self.number(i)
        elif t.kind == "chr":
            self.character(i)
        elif t.text in ("true", "false"):
            self.note("constant", i, i + 1,
                      "false" if t.text == "true" else "true")
        elif t.text in self.numbers:
            self.named(i)
        elif t.text.startswith("BA_ERR_"):
            self.error(i)

    def operator(self, i):
        op = self.at(i)
        if op in RELATION:
            for new in RELATION[op]:
                self.note("comparison", i, i + 1, new)
        elif op in SWAP:
            self.note(SWAP[op][0], i, i + 1, SWAP[op][1])
        elif op == "!":
            self.note("not dropped", i, i + 1, " ")
        elif op in BINARY and self.operand_before(i - 1):
            self.note(BINARY[op][0], i, i + 1, BINARY[op][1])
        elif op == "?":
            self.force("condition", self.left(i, "?"), i, [False, True])

    def number(self, i):
        m = NUMBER.match(self.at(i))
        if m is None:
            return
        if self.at(i - 1) in ("==", "!=") and self.at(i - 2) == ")":
            # What a call returned: those who kill != kill that.
            return
        digits, suffix = m.groups()
        base = 16 if digits[:2] in ("0x", "0X") else \
            8 if len(digits) > 1 and digits[0] == "0" else 10
        n = int(digits, base)
        show = {16: "0x%x", 8: "0%o", 10: "%d"}[base]
        if not self.allocates(i):
            self.note("constant", i, i + 1, show % (n + 1) + suffix)
        if n > 0:
            self.note("constant", i, i + 1, show % (n - 1) + suffix)

    def allocates(self, i):
        """Is the number at i an argument of a function that allocates?
        More would only be more."""
        j = i - 1
        while j >= 0 and self.at(j) not in (";", "{", "}", "("):
            j = self.pair[j] - 1 if self.at(j) == ")" else j - 1
        return self.at(j) == "(" and self.at(j - 1) in ALLOCATORS

    def character(self, i):
        # Equal to the next character: that is killed by whoever kills !=.
        near = {self.at(i - 1), self.at(i + 1)}
        if near & {"==", "!="}:
            return
        self.note("constant", i, i + 1, "(%s + 1)" % self.at(i))
        if near & {"<", "<=", ">", ">="}:
            self.note("constant", i, i + 1, "(%s - 1)" % self.at(i))

    def named(self, i):
        """A number by name, where it is compared with: the limit moves."""
        if {self.at(i - 1), self.at(i + 1)} & RELATION.keys():
            self.note("constant", i, i + 1, "(%s + 1)" % self.at(i))

    def error(self, i):
        """An error that is none, where it is not compared with."""
        before, behind = self.at(i - 1), self.at(i + 1)
        if before in ("==", "!=", "case", "return") or \
                behind in ("==", "!="):
            return
        # What a condition forced to one side says already.
        if (before == "?" and self.at(i + 2) == "BA_OK") or \
                (before == ":" and self.at(i - 2) == "BA_OK"):
            return
        self.error_at(i)

    def error_at(self, i):
        # Which one is said, so that the place has a name of its own.
        self.note("error forgotten", i, i + 1,
                  "BA_OK /* %s */" % self.at(i))

    # --- statements ---------------------------------------------------------

    def returned(self, i, j, kind):
        """return with the tokens i to j - 1, of a function of some kind."""
        old = self.slice(i, j)
        if kind != "int" or old in ("BA_OK", "0"):
            return
        if re.match(r"BA_ERR_\w+$", old):
            self.error_at(i)
        elif re.search(r"\? BA_ERR_\w+\s*: BA_OK$", old) or \
                re.search(r"\? BA_OK\s*: BA_ERR_\w+$", old):
            return
        elif not re.match(r"-?[0-9]+$", old):
            self.note("error forgotten", i, j, "((void)(%s), 0)" % old)

    def statement(self, i, kind):
        """The statement that begins at i; the index behind it, or behind
        its head where it contains others."""
        t = self.at(i)
        if t in ("{", "}", ";", "else", "do"):
            return i + 1
        if t in ("if", "while", "switch"):
            j = self.pair[i + 1]
            if t != "switch":
                self.force("condition", i + 2, j,
                           [False, True] if t == "if" else [False], True)
            self.expression(i + 2, j)
            return j + 1
        if t == "for":
            return self.loop(i)
        if t in ("case", "default") or self.at(i + 1) == ":":
            while self.at(i) != ":":
                i += 1
            return i + 1
        j = self.end_of_statement(i)
        if t == "return" and j > i + 1:
            self.returned(i + 1, j, kind)
            self.expression(i + 1, j)
        elif self.is_declaration(i):
            self.declaration(i, j)
        elif t not in ("goto", "break", "continue", "_Static_assert"):
            self.call(i, j)
            self.expression(i, j)
        return j + 1

    def loop(self, i):
        end = self.pair[i + 1]
        a = self.end_of_statement(i + 2)
        b = self.end_of_statement(a + 1)
        if self.is_declaration(i + 2):
            self.declaration(i + 2, a)
        else:
            self.expression(i + 2, a)
        if b > a + 1:
            self.force("condition", a + 1, b, [False], True)
            self.expression(a + 1, b)
        self.expression(b + 1, end)
        return end + 1

    def call(self, i, j):
        """A call for its own sake is not made."""
        k = i
        if self.at(k) == "(" and self.at(k + 1) == "void":
            k = self.pair[k] + 1
        name = k
        while self.tokens[k].kind == "id" or self.at(k) in ("->", "."):
            k += 1
        if k > name and self.at(k) == "(" and self.pair[k] == j - 1 and \
                self.at(name) not in NEVER_DROPPED:
            # No if: an else may stand behind it.
            self.note("call dropped", i, j, "while (0) " + self.slice(i, j))

    def declaration(self, i, j):
        """Of a declaration, what its variables begin with."""
        while i < j:
            t = self.at(i)
            if t in ("[", "("):
                i = self.pair[i]
            elif t == "=":
                k = i + 1
                while k < j and self.at(k) != ",":
                    k = self.pair.get(k, k) + 1 \
                        if self.at(k) in ("(", "[", "{") else k + 1
                if self.at(i + 1) == "{":
                    self.initialiser(i + 1)
                elif self.slice(i + 1, k) != "BA_ERR_INTERNAL":
                    # That one is there for a path that does not exist.
                    self.expression(i + 1, k)
                i = k - 1
            i += 1

    def initialiser(self, i):
        """The numbers of a table."""
        inner = range(i + 1, self.pair[i])
        if any(self.at(k) == "{" for k in inner):
            for k in inner:
                if self.at(k) == "{" and \
                        not any(self.at(n) == "{"
                                for n in range(k + 1, self.pair[k])):
                    self.initialiser(k)
            return
        bare = all(self.tokens[k].kind == "num" or self.at(k) == ","
                   for k in inner)
        numbers = [k for k in inner if self.tokens[k].kind == "num"]
        if bare and len(numbers) > LIST_MAX:
            numbers = [numbers[0], numbers[len(numbers) // 2], numbers[-1]]
            for k in numbers:
                self.number(k)
            return
        self.expression(i + 1, self.pair[i])

    # --- the file -----------------------------------------------------------

    def mutants(self):
        i = 0
        while i < len(self.tokens):
            if self.at(i) != "{":
                i += 1
                continue
            end = self.pair[i]
            if self.at(i - 1) == ")":
                self.body(i, end)
            elif self.at(i - 1) == "=":
                self.function = self.table_name(i)
                self.initialiser(i)
            i = end + 1
        return sorted(self.found.values(),
                      key=lambda m: (m.start, m.end, m.operator, m.text))

    def body(self, i, end):
        k = self.pair[i - 1]
        self.function = self.at(k - 1)
        kind = self.at(k - 2)
        k = i + 1
        while k < end:
            k = self.statement(k, kind)

    def table_name(self, i):
        i -= 2
        while self.at(i) == "]":
            i = self.pair[i] - 1
        return self.at(i)


def lex(text):
    directives = [m.span() for m in DIRECTIVE.finditer(text)]
    at = 0
    while at < len(text):
        while directives and directives[0][1] <= at:
            directives.pop(0)
        if directives and directives[0][0] <= at:
            at = directives[0][1]
            continue
        m = TOKEN.match(text, at)
        if m is None:
            raise ValueError("no token of C at %r" % text[at:at + 20])
        if m.lastgroup == "space":
            # A directive begins in the middle of what is blank to us.
            at = min([m.end()] + [d[0] for d in directives[:1]
                                  if d[0] > at])
            continue
        yield Token(m.lastgroup, m.group(), m.start(), m.end())
        at = m.end()


def squeeze(s):
    return " ".join(s.split())


def numbers_of(text, known=()):
    """The names that a source or a header defines as numbers."""
    names = set(known)
    for m in DEFINE.finditer(text):
        value = re.sub(r"/\*.*?(\*/|$)", " ", m.group(2)).strip()
        words = re.findall(r"[A-Za-z_]\w*|\S", re.sub(
            r"\b(?:0[xX][0-9A-Fa-f]+|[0-9]+)[uUlL]*\b", "0", value))
        if words and all(w in names or w in "0()+-*/" for w in words):
            names.add(m.group(1))
    return names


def mutants_of(path, text, numbers=()):
    return Source(path, text, numbers_of(text, numbers)).mutants()


def apply(text, mutant):
    return text[:mutant.start] + mutant.text + text[mutant.end:]
