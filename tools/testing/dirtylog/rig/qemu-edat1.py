#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A QEMU for s390 with 1M pages: its path on stdout.

QEMU's TCG translates by large segment entries, but up to now its most complete CPU
model, max, does not offer them (EDAT1, the feature edat). Here a private copy of the
installed program gets that one bit, in its list of the features of max:
BUILD/qemu-edat1/bin/qemu-system-s390x. The installed program is only read. The copy
is made again when that, or something in this folder that makes it, changes.

Nothing is believed of what is found: the copy must expand max to what it was, and
edat; and run edat1-guest.S, which stores through large segments.

Exit status:
  0  there is one
  3  no QEMU that can be asked, or none for x86-64
  4  the place of the bit is not found, or there are several (another version of QEMU)
  5  the copy was made, and fails its checks; or they cannot be run
"""
import argparse
import array
import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.realpath(os.path.join(HERE, '../../../..'))
GUEST = os.path.join(HERE, 'edat1-guest.S')
GUEST_PASSED = 0xed1
NO_QEMU, NO_PLACE, FAILED = 3, 4, 5
FEATURE = 'edat'


class Cannot(Exception):
    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def digest(*paths):
    return [hashlib.sha256(read(path)).hexdigest() for path in paths]


def qmp(program, status, commands, *options):
    """What QEMU answers to the commands until it ends: a list of objects."""
    text = ''.join(json.dumps(c) + '\n' for c in [{'execute': 'qmp_capabilities'}, *commands])
    try:
        done = subprocess.run(
            [program, '-machine', 's390-ccw-virtio,accel=tcg', '-cpu', 'max', '-m', '16M', '-S',
             '-nodefaults', '-display', 'none', '-no-reboot', '-qmp', 'stdio', *options],
            input=text, capture_output=True, text=True, timeout=60, check=False)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
    except (OSError, subprocess.TimeoutExpired, ValueError) as e:
        raise Cannot(status, f'{program}: {e}') from e
    if done.returncode or not answers or any('error' in a for a in answers):
        raise Cannot(status, f'{program} does not answer: status {done.returncode}, '
                     f'{done.stdout[-300:]} {done.stderr[-300:]}')
    return answers


def features_of_max(program, status):
    """The version, and what the model max has and has not: {feature: bool}."""
    answers = qmp(program, status,
                  [{'execute': 'query-cpu-model-expansion',
                    'arguments': {'type': 'full', 'model': {'name': 'max'}}},
                   {'execute': 'quit'}])
    version = answers[0]['QMP']['version']['qemu']
    props = next((a['return']['model']['props'] for a in answers
                  if 'model' in a.get('return', {})), {})
    if FEATURE not in props:
        raise Cannot(status, f'{program}: the CPU model max knows no {FEATURE}')
    return '{major}.{minor}.{micro}'.format_map(version), props


class Program:
    """An x86-64 program in memory, before it is relocated."""
    SHT_RELA, SHT_NOBITS, SHF_ALLOC, R_X86_64_RELATIVE = 4, 8, 2, 8

    def __init__(self, path):
        self.data = read(path)
        if self.data[:6] != b'\x7fELF\x02\x01' or self.data[18:20] != b'\x3e\x00':
            raise Cannot(NO_QEMU, f'{path} is no program for x86-64')
        table, = struct.unpack_from('<Q', self.data, 0x28)
        size, count = struct.unpack_from('<HH', self.data, 0x3a)
        headers = [struct.unpack_from('<IIQQQQ', self.data, table + i * size)
                   for i in range(count)]
        self.sections = [(address, offset, length)
                         for _, kind, flags, address, offset, length in headers
                         if flags & self.SHF_ALLOC and kind != self.SHT_NOBITS]
        # Where there will be a pointer: what it will point at.
        self.pointers = {}
        for _, kind, _, _, offset, length in headers:
            if kind == self.SHT_RELA:
                self.pointers.update(
                    (at, to) for at, info, to in
                    struct.iter_unpack('<QQq', self.data[offset:offset + length])
                    if info == self.R_X86_64_RELATIVE)

    def offset(self, address):
        for start, offset, length in self.sections:
            if start <= address < start + length:
                return offset + address - start
        return None

    def string(self, pointer):
        """The C string that the pointer at this address points at, or None."""
        start = self.offset(self.pointers.get(pointer, -1))
        return None if start is None else self.data[start:self.data.index(b'\0', start)].decode(
            'latin1')


class FeatureTable:
    """QEMU's array of {name, description, type, bit}: features by number, by type."""
    ENTRY = 24
    FIRST = ('esan3', 'zarch')

    def __init__(self, program):
        starts = [at for at in program.pointers
                  if tuple(program.string(at + i * self.ENTRY) for i in (0, 1)) == self.FIRST]
        if len(starts) != 1:
            raise Cannot(NO_PLACE, f'{len(starts)} tables of features')
        self.names = []
        at, last = starts[0], 0
        while program.string(at) is not None:
            kind, = struct.unpack_from('<I', program.data, program.offset(at) + 16)
            # What follows the table has no types that ascend.
            if kind < last or kind > 63:
                break
            self.names.append(program.string(at))
            at, last = at + self.ENTRY, kind

    def find(self, data, props):
        """The offset of the byte, and the bit in it, that make max have FEATURE."""
        if FEATURE not in self.names:
            raise Cannot(NO_PLACE, f'no {FEATURE} in the table of features')
        # A group that is complete is expanded to its name: its members may be either.
        words = (len(self.names) + 63) // 64
        mask, value = [0] * words, [0] * words
        for number, name in enumerate(self.names):
            if name in props:
                mask[number // 64] |= 1 << number % 64
                value[number // 64] |= props[name] << number % 64
        for number in range(len(self.names), words * 64):
            mask[number // 64] |= 1 << number % 64
        content = array.array('Q', data[:len(data) // 8 * 8])
        places = [i for i in range(len(content) - words + 1)
                  if content[i] & mask[0] == value[0] and
                  all(content[i + j] & mask[j] == value[j] for j in range(1, words))]
        if len(places) != 1:
            raise Cannot(NO_PLACE, f'{len(places)} lists of the features of max')
        number = self.names.index(FEATURE)
        return places[0] * 8 + number // 8, 1 << number % 8


def check(program, props, guest):
    """The model max must be as before, and have FEATURE, which must work."""
    _, now = features_of_max(program, FAILED)
    if now != {**props, FEATURE: True}:
        changed = sorted(n for n in props.keys() | now.keys() if now.get(n) != props.get(n))
        raise Cannot(FAILED, f'{program}: max must differ in {FEATURE}, and does in {changed}')
    try:
        subprocess.run(['s390x-linux-gnu-gcc', '-nostdlib', '-static', '-Wl,-Ttext=0x10000',
                        '-o', guest, GUEST], capture_output=True, text=True, check=True)
    except OSError as e:
        raise Cannot(FAILED, f'cannot check it: {e}') from e
    except subprocess.CalledProcessError as e:
        raise Cannot(FAILED, f'cannot check it: {e.stderr}') from e
    events = qmp(program, FAILED, [{'execute': 'cont'}], '-kernel', guest)
    ends = [e['data']['info'].get('psw-addr') for e in events
            if e.get('event') == 'GUEST_PANICKED']
    if ends != [GUEST_PASSED]:
        raise Cannot(FAILED, f'{program}: 1M pages do not work, see {GUEST}: '
                     f'it ended with {ends}')


def make(installed, copy):
    """Make the copy, and return its path; or that of the installed one, if that will do."""
    folder = os.path.dirname(os.path.dirname(copy))
    guest = os.path.join(folder, 'guest')
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.dirname(copy))
    version, props = features_of_max(installed, NO_QEMU)
    if props[FEATURE]:
        check(installed, props, guest)
        return installed
    program = Program(installed)
    try:
        offset, bit = FeatureTable(program).find(program.data, props)
    except Cannot as e:
        raise Cannot(e.status, f'QEMU {version} (7.2 is known to fit): {e}') from e
    data = bytearray(program.data)
    data[offset] |= bit
    # QEMU looks for its data and modules beside its own folder.
    for name in ('share', 'lib'):
        os.symlink(os.path.join(os.path.dirname(os.path.dirname(installed)), name),
                   os.path.join(folder, name))
    new = copy + '.new'
    with open(new, 'wb') as f:
        f.write(data)
    os.chmod(new, 0o755)
    check(new, props, guest)
    os.rename(new, copy)
    print(f'qemu-edat1: QEMU {version} with {FEATURE}, bit {bit:#x} at {offset:#x}: '
          'max has 1M pages', file=sys.stderr)
    return copy


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    p.add_argument('--qemu', default='qemu-system-s390x', help='the installed program')
    p.add_argument('--build', default=os.environ.get('BUILD') or os.path.join(TOP, 'build'))
    args = p.parse_args()
    copy = os.path.join(os.path.abspath(args.build), 'qemu-edat1/bin/qemu-system-s390x')
    stamp = os.path.join(os.path.abspath(args.build), 'qemu-edat1/made-of')
    try:
        installed = shutil.which(args.qemu)
        if not installed:
            raise Cannot(NO_QEMU, f'no {args.qemu}: install the package qemu-system-misc')
        installed = os.path.realpath(installed)
        sources = (installed, __file__, GUEST)
        try:
            fresh = json.loads(read(stamp)) == digest(*sources, copy)
        except (OSError, ValueError):
            fresh = False
        program = copy if fresh else make(installed, copy)
        if not fresh and program == copy:
            with open(stamp, 'w', encoding='ascii') as f:
                json.dump(digest(*sources, copy), f)
    except Cannot as e:
        print(f'qemu-edat1: no QEMU with 1M pages: {e}', file=sys.stderr)
        return e.status
    print(program)
    return 0


if __name__ == '__main__':
    sys.exit(main())
