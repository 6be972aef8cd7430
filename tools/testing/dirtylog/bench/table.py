#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""table.py DIR MODES: instructions per ioctl, vanilla and ours, as a Markdown table.

DIR has what a guest printed in KERNEL-MODE.out (vanilla or ours; t, s, n). The
last line is "PASSED FAILED MISSED", of the cells that have a target: what is missed
by no more than is known has not failed, nor has it passed.
"""
import os
import re
import statistics
import sys

MODES = {'t': 'TDP MMU', 's': 'tdp_mmu=0', 'n': 'npt=0'}
TARGETS = {'dense': 1.1, 'sparse': 0.5}
# Sparse cells that are known to miss their target, and how far at most. With rmaps 6.12
# has no tables to walk: half of what it does is the copy and the pages, as it is of ours.
RMAPS = {'get': 0.9, 'clear': 0.95, 'clear-initset': 1}
KNOWN = {'s': RMAPS, 'n': RMAPS}
MIN_ROUNDS = 5
OPS = {'get': 'GET', 'clear': 'CLEAR', 'clear-initset': 'CLEAR, INITIALLY_SET',
       'perf-get': 'GET, dirty_log_perf_test -g',
       'perf-clear': 'CLEAR, dirty_log_perf_test'}
CELLS = [(op, density) for density in ('dense', 'sparse', 'idle')
         for op in OPS if density == 'dense' or not op.startswith('perf')]


def parse(path):
    """{(op, density): ([instructions], [flushes])}"""
    cells = {}
    perf = None
    calibrated = False
    with open(path, errors='replace') as f:
        text = f.read().replace('\r', '')
    for line in text.split('\n'):
        words = line.split()
        if line.startswith('CALIBRATE '):
            # Two instructions a turn; a timer interrupt may come in between.
            calibrated = 2_000_000 <= int(words[1]) < 2_100_000
        elif line.startswith('COST '):
            cell = cells.setdefault((words[1], words[2]), ([], []))
            cell[0].append(int(words[4]))
            cell[1].append(int(words[5]))
        elif line.startswith('PERF '):
            perf = words[1]
        elif perf:
            m = re.match(r'Iteration (\d+) ' + perf +
                         r' dirty log time: (\d+)\.(\d{9})s$', line)
            # The first pass splits, or finds everything set.
            if m and int(m[1]) > 1:
                cells.setdefault(('perf-' + perf, 'dense'), ([], []))[0].append(
                    int(m[2]) * 10**9 + int(m[3]))
    return cells if calibrated else {}


def spread(values):
    return '{:,} ({:,}–{:,})'.format(round(statistics.median(values)),
                                     min(values), max(values))


def main():
    directory = sys.argv[1]
    passed = failed = missed = 0
    print('| MMU | ioctl | pages | vanilla: median (min–max) | ours: median (min–max) |'
          ' ratio (min–max) | target | | flushes a call: vanilla, ours |')
    print('|---|---|---|---|---|---|---|---|---|')
    for mode in sys.argv[2]:
        runs = []
        for kernel in ('vanilla', 'ours'):
            path = os.path.join(directory, f'{kernel}-{mode}.out')
            runs.append(parse(path) if os.path.exists(path) else {})
        for op, density in CELLS:
            target = TARGETS.get(density)
            (v, vf), (o, of) = (r.get((op, density), ([], [])) for r in runs)
            text = f'| {MODES[mode]} | {OPS[op]} | {density} '
            if len(v) < MIN_ROUNDS or len(o) < MIN_ROUNDS:
                print(text + f'| {len(v)} rounds | {len(o)} rounds | | {target or ""} '
                      '| NOT MEASURED | |')
                failed += 1
                continue
            ratio = statistics.median(o) / statistics.median(v)
            verdict = ''
            if target:
                known = KNOWN.get(mode, {}).get(op, 0) if density == 'sparse' else 0
                if ratio <= target:
                    verdict = 'met'
                    passed += 1
                elif ratio <= known:
                    verdict = f'MISSED, as is known (<= {known})'
                    missed += 1
                else:
                    verdict = 'MISSED'
                    failed += 1
            flushes = f'{max(vf)}, {max(of)}' if vf and of else ''
            print(text + f'| {spread(v)} | {spread(o)} | {ratio:.3f} '
                  f'({min(o) / max(v):.3f}–{max(o) / min(v):.3f}) '
                  f'| {f"<= {target}" if target else ""} | {verdict} | {flushes} |')
    print(passed, failed, missed)


if __name__ == '__main__':
    main()
