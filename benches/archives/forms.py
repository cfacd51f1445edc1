"""Captures written as profilers write them: folded text, perf script, pprof. The same samples give the same bytes."""

import gzip
from collections import Counter

from programs import Stack, function

PERIOD_NS = 10_000_000
"""Of a sample; 100 Hz."""


def packed(text: bytes) -> bytes:
    return gzip.compress(text, 6, mtime=0)


def folded(samples: list[Stack]) -> bytes:
    return "".join(f"{';'.join(stack)} {count}\n" for stack, count in sorted(Counter(samples).items())).encode()


def perf(samples: list[Stack]) -> bytes:
    """As `perf script` prints one event of a fixed period."""
    texts = {stack: "".join(f"\t{4096 + 64 * at:16x} {function(frame)} (/srv/app)\n"
                            for at, frame in enumerate(reversed(stack))) for stack in set(samples)}
    return "".join(f"app 4242 {at // 100:6d}.{at % 100 * 10_000:06d}: {PERIOD_NS} cpu-clock: \n{texts[stack]}\n"
                   for at, stack in enumerate(samples)).encode()


def varint(number: int) -> bytes:
    """Seven bits a byte, the least first (https://protobuf.dev/programming-guides/encoding/#varints).

    >>> varint(150).hex(), field(2, b"testing").hex()
    ('9601', '120774657374696e67')
    """
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number: int, value: int | bytes) -> bytes:
    """A field of protobuf: a varint, or bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def pprof(samples: list[Stack]) -> bytes:
    """profile.proto, with `samples/count` and `cpu/nanoseconds`; one function and one location a name."""
    strings = {text: at for at, text in enumerate(["", "samples", "count", "cpu", "nanoseconds"])}
    counts = sorted(Counter(samples).items())
    names = {name: at for at, name in enumerate(dict.fromkeys(function(frame) for stack, _ in counts for frame in stack), 1)}
    out = [field(1, field(1, 1) + field(2, 2)), field(1, field(1, 3) + field(2, 4))]
    for stack, count in counts:
        ids = b"".join(varint(names[function(frame)]) for frame in reversed(stack))
        out.append(field(2, field(1, ids) + field(2, varint(count) + varint(count * PERIOD_NS))))
    for name, at in names.items():
        out.append(field(4, field(1, at) + field(4, field(1, at))))
        out.append(field(5, field(1, at) + field(2, strings.setdefault(name, len(strings)))))
    out += [field(6, text.encode()) for text in strings]
    out += [field(10, len(samples) * PERIOD_NS), field(11, field(1, 3) + field(2, 4)), field(12, PERIOD_NS)]
    return b"".join(out)


FORMS = {
    "pb.gz": lambda samples: packed(pprof(samples)),
    "folded": folded,
    "folded.gz": lambda samples: packed(folded(samples)),
    "perf.txt.gz": lambda samples: packed(perf(samples)),
}
"""By extension."""
