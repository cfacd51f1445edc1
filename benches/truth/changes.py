"""What each planted change does to which functions: the truth that comparisons are held against.

The programs' own tables say more: corpus/programs/rust/src/change.rs, go/internal/change/change.go,
python/shopreport/changes.py.
"""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Change:
    """A planted change of one program."""

    name: str
    kind: str
    """What sort of change: a row of the figures by kind."""
    truth: str = ""
    """Names that are a right answer, as a regular expression; none where nothing grows."""
    follows: str = ""
    """Names that rightly grow with it (a callee's callees, the allocator), neither right nor wrong where they stand."""
    recorded: str = ""
    """The change that is recorded, where it is not `name`."""
    renamed: tuple[tuple[str, str], ...] = field(default=())
    """Names that the capture after is given, of the same length."""

    @property
    def recording(self) -> str:
        return self.recorded or self.name

    def is_truth(self, function: str) -> bool:
        return bool(self.truth) and named(self.truth, function)

    def is_follower(self, function: str) -> bool:
        return bool(self.follows) and named(self.follows, function)


def named(pattern: str, function: str) -> bool:
    """Whether a name holds one of `pattern` as a whole word.

    >>> named("stem|tokenise", "tokenise (shopreport/search.py:15)"), named("stem", "system"), named("match", "pack::match_length")
    (True, False, False)
    """
    return re.search(rf"(?<![\w])(?:{pattern})(?![\w])", function) is not None


UNCHANGED = Change("none", "unchanged")
LOAD = Change("load", "load x1.5")
SLOWER = Change("all-slower", "all x1.5 slower")

RUST_RENAME = (("pack::match_length", "pack::match_extent"),)
RUST = [
    UNCHANGED,
    Change("match-10", "self +10 %", "match_length"),
    Change("match-30", "self +30 %", "match_length"),
    Change("blocklist-band", "self x1.7", "match_blocklist"),
    Change("tax-twice", "called twice", "compute_tax|price_item", "round_half_even"),
    Change("audit-trail", "new path", "append_audit|sha256_round|expand_schedule|sha256|encode_order",
           r"encode::\w+|alloc\S*|realloc\w*|malloc\w*|_int_\w+|cfree|free|__mem\w+"),
    Change("wrapper-leaf", "wrapper, leaf grown", "matches_rule|find_discount|price_item"),
    Change("rename-20", "renamed, +20 %", "match_extent|match_length", "", "match-20", RUST_RENAME),
    Change("no-dedupe", "removed path"),
    Change("pricing-wrapper", "wrapper"),
    Change("rename", "rename", "", "", "none", RUST_RENAME),
    Change("early-checksum", "moved"),
    LOAD,
    SLOWER,
]

GO_RENAME = (("usage.DecodeRecord", "usage.ParsedRecord"), ("archive.digestInvoice", "archive.hashedInvoice"))
# A region that allocates makes the allocator and the collector work.
GO_RUNTIME = r"runtime\.\S+|sync\.\S+|reflect\.\S+|memeqbody|gcWriteBarrier"
JSON = r"encoding/json\.\S+"
GO_DIGEST = r"sha256\.block|sha256\.Sum256|digestInvoice|hashedInvoice"
GO_DECODE = Change("decode-twice", "called twice", f"DecodeRecord|DecodeBatch|{JSON}",
                   rf"{GO_RUNTIME}|strconv\.\S+|unicode\S*|strings\.\S+")
GO_REGEXP = Change("classify-regexp", "new path", r"classifyNote|regexp\.\S+|regexp/syntax\.\S+",
                   rf"{GO_RUNTIME}|sort\.\S+|strings\.\S+|strconv\.\S+|unicode\S*|slices\.\S+")
GO_CLASSIFY = Change("wrapper-leaf", "wrapper, leaf grown", r"classifyNote|rateRecord|regexp\.\S+", rf"{GO_RUNTIME}|regexp/syntax\.\S+")
GO_QUIET = [
    Change("no-digest", "removed path"),
    Change("rating-wrapper", "wrapper"),
    Change("rename", "rename", "", "", "none", GO_RENAME),
    Change("early-digest", "moved"),
    LOAD,
    SLOWER,
]
GO = [
    UNCHANGED,
    Change("digest-10", "self +10 %", GO_DIGEST),
    Change("digest-30", "self +30 %", GO_DIGEST),
    Change("invoice-copy", "self x30", r"appendItem|\(\*Encoder\)\.Encode", GO_RUNTIME),
    GO_DECODE,
    GO_REGEXP,
    GO_CLASSIFY,
    Change("rename-20", "renamed, +20 %", GO_DIGEST, "", "digest-20", GO_RENAME),
    *GO_QUIET,
]
COPY_RENAME = (("invoice.copyInvoice", "invoice.dupeInvoice"),)
GO_HEAP = [
    UNCHANGED,
    Change("copy-10", "self +10 %", "copyInvoice"),
    Change("copy-30", "self +30 %", "copyInvoice"),
    Change("invoice-copy", "self x30", r"appendItem|\(\*Encoder\)\.Encode"),
    GO_DECODE,
    GO_REGEXP,
    GO_CLASSIFY,
    Change("rename-20", "renamed, +20 %", "copyInvoice|dupeInvoice", "", "copy-20", COPY_RENAME),
    *[change for change in GO_QUIET if change.name != "rename"],
    Change("rename", "rename", "", "", "none", COPY_RENAME),
]
# What is held does not grow with what is allocated on the way.
GO_IN_USE = [change for change in GO_HEAP if not change.truth or "copyInvoice" in change.truth]

PYTHON_RENAME = (("stem (shopreport/search.py", "trim (shopreport/search.py"),)
PYTHON = [
    UNCHANGED,
    Change("stem-10", "self +10 %", "stem"),
    Change("stem-30", "self +30 %", "stem"),
    Change("alias-scan", "self x10", "resolve_alias"),
    Change("tokenise-twice", "called twice", "tokenise|terms_of"),
    Change("validate-events", "new path", "validate_event|check_field", "price_events"),
    Change("wrapper-leaf", "wrapper, leaf grown", "format_value|render_nodes", r"escape|replace"),
    Change("rename-20", "renamed, +20 %", "stem|trim", "", "stem-20", PYTHON_RENAME),
    Change("no-index", "removed path"),
    Change("render-wrapper", "wrapper"),
    Change("rename", "rename", "", "", "none", PYTHON_RENAME),
    Change("early-json", "moved"),
    LOAD,
    SLOWER,
]
