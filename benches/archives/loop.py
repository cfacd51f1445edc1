"""A plain loop in Python over a folder of pprof captures: parsed by the protobuf package, values added up by stack of names.

    python3 loop.py FOLDER

The messages are those of profile.proto of github.com/google/pprof that the loop needs, described here so that no compiler is.
"""

import gzip
import sys
from collections import Counter
from pathlib import Path

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

MESSAGES = {
    "Sample": {"location_id": (1, "*uint64"), "value": (2, "*int64")},
    "Line": {"function_id": (1, "uint64")},
    "Location": {"id": (1, "uint64"), "line": (4, "*Line")},
    "Function": {"id": (1, "uint64"), "name": (2, "int64")},
    "Profile": {"sample": (2, "*Sample"), "location": (4, "*Location"), "function": (5, "*Function"), "string_table": (6, "*string")},
}


def profile_class():
    file = descriptor_pb2.FileDescriptorProto(name="profile.proto", package="loop", syntax="proto3")
    kinds = descriptor_pb2.FieldDescriptorProto
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            repeated, kind = kind.startswith("*"), kind.removeprefix("*")
            added = message.field.add(name=field, number=number, label=kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL)
            if kind in MESSAGES:
                added.type, added.type_name = kinds.TYPE_MESSAGE, f".loop.{kind}"
            else:
                added.type = {"uint64": kinds.TYPE_UINT64, "int64": kinds.TYPE_INT64, "string": kinds.TYPE_STRING}[kind]
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("loop.Profile"))


def main() -> None:
    profile_type, stacks = profile_class(), Counter()
    for path in sorted(Path(sys.argv[1]).rglob("*.pb.gz")):
        profile = profile_type.FromString(gzip.decompress(path.read_bytes()))
        functions = {each.id: profile.string_table[each.name] for each in profile.function}
        locations = {each.id: tuple(functions[line.function_id] for line in each.line) for each in profile.location}
        for sample in profile.sample:
            stacks[tuple(locations[each] for each in sample.location_id)] += sample.value[-1]
    print(len(stacks), sum(stacks.values()))


if __name__ == "__main__":
    main()
