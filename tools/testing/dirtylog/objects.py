#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compare the objects of two kernel builds: objects.py OURS VANILLA OBJECT...

OURS and VANILLA are O= directories, OBJECT is relative to them. Two objects are
equal if their sections that end up in memory have the same names, flags,
contents and relocations, those by symbol name or by section and offset. Prints
what differs; the exit status is 1 if anything does. With --control, plants one
difference of each kind in a copy of the first object, and expects to see it.
"""
import argparse
import os
import struct
import sys

SHT_SYMTAB, SHT_RELA, SHT_NOBITS = 2, 4, 8
SHF_ALLOC = 2
STT_SECTION = 3


class Elf:
    """The sections of a 64-bit relocatable object that are loaded."""

    def __init__(self, data):
        if data[:4] != b'\x7fELF' or data[4] != 2:
            raise ValueError('not a 64-bit ELF object')
        self.data = data
        self.end = '<' if data[5] == 1 else '>'
        shoff, = self.unpack('Q', 0x28)
        _, num, strndx = self.unpack('HHH', 0x3a)
        if num == 0:
            num = self.unpack('Q', shoff + 0x20)[0]
        self.sections = [self.unpack('IIQQQQIIQQ', shoff + 64 * i) for i in range(num)]
        if strndx == 0xffff:
            strndx = self.sections[0][6]
        self.names = [self.string(strndx, s[0]) for s in self.sections]

    def unpack(self, fmt, at):
        return struct.unpack_from(self.end + fmt, self.data, at)

    def string(self, section, at):
        start = self.sections[section][4] + at
        return self.data[start:self.data.index(b'\0', start)].decode()

    def symbol(self, symtab, index):
        """A symbol by name, or by where it is if the name is the compiler's."""
        off, link = self.sections[symtab][4], self.sections[symtab][6]
        name, info, _, shndx, value, _ = self.unpack('IBBHQQ', off + 24 * index)
        text = self.string(link, name)
        if info & 15 == STT_SECTION or not text or text.startswith('.L'):
            return (self.names[shndx], value)
        return text

    def relocations(self, target):
        found = []
        for kind, off, size, link, info in ((s[1], s[4], s[5], s[6], s[7])
                                            for s in self.sections):
            if kind != SHT_RELA or info != target:
                continue
            for at in range(off, off + size, 24):
                where, how, addend = self.unpack('QQq', at)
                found.append((where, how & 0xffffffff,
                              self.symbol(link, how >> 32), addend))
        return sorted(found, key=repr)

    def loaded(self):
        """(name, flags, size, contents, relocations) of each loaded section."""
        result = []
        for i, s in enumerate(self.sections):
            if not s[2] & SHF_ALLOC:
                continue
            body = b'' if s[1] == SHT_NOBITS else self.data[s[4]:s[4] + s[5]]
            result.append((self.names[i], s[2], s[5], body, self.relocations(i)))
        return result


def differences(ours, vanilla):
    """What differs between two lists of loaded sections, as text."""
    a, b = [s[0] for s in ours], [s[0] for s in vanilla]
    if a != b:
        return [f'sections: {sorted(set(a) ^ set(b)) or "in another order"}']
    found = []
    for x, y in zip(ours, vanilla):
        if x[1] != y[1]:
            found.append(f'{x[0]}: flags')
        if x[2] != y[2]:
            found.append(f'{x[0]}: {x[2]} bytes, not {y[2]}')
        elif x[3] != y[3]:
            at = next(i for i, (p, q) in enumerate(zip(x[3], y[3])) if p != q)
            found.append(f'{x[0]}: contents, first at {at:#x}')
        if x[4] != y[4]:
            other = sorted(set(map(repr, x[4])) ^ set(map(repr, y[4])))
            found.append(f'{x[0]}: relocations, first {other[0]}')
    return found


def load(path):
    with open(path, 'rb') as f:
        return Elf(f.read()).loaded()


def control(path):
    """Kinds of planted differences that are not seen."""
    good = load(path)
    missed = []
    for kind in 'contents', 'relocation', 'size', 'section':
        bad = list(good)
        i = next(i for i, s in enumerate(good) if s[3] and s[4])
        name, flags, size, body, rel = bad[i]
        if kind == 'contents':
            body = bytes([body[0] ^ 1]) + body[1:]
        elif kind == 'relocation':
            where, how, symbol, addend = rel[0]
            rel = [(where, how, symbol, addend + 1)] + rel[1:]
        elif kind == 'size':
            size += 1
        bad[i] = (name, flags, size, body, rel)
        if kind == 'section':
            del bad[i]
        if not differences(bad, good):
            missed.append(kind)
    return missed


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    p.add_argument('--control', action='store_true')
    p.add_argument('ours')
    p.add_argument('vanilla')
    p.add_argument('objects', nargs='+')
    args = p.parse_args()
    if args.control:
        missed = control(os.path.join(args.vanilla, args.objects[0]))
        for kind in missed:
            print(f'a planted difference in {kind} is not seen')
        return 1 if missed else 0

    bad = 0
    for name in args.objects:
        try:
            found = differences(load(os.path.join(args.ours, name)),
                                load(os.path.join(args.vanilla, name)))
        except (OSError, ValueError) as e:
            found = [str(e)]
        for text in found:
            print(f'{name}: {text}')
        bad += bool(found)
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
