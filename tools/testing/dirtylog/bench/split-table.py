#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""split-table.py DIR: what a store to a huge page costs on s390, as a Markdown table.

DIR has what split-cost printed in KERNEL.out (vanilla, ours; whole: ours, where
segments are not split). The last line is "PASSED FAILED", of what is expected.
"""
import os
import statistics
import sys

ROUNDS = 100
SEGMENTS = 64
COLUMNS = ['pages reported', 'stores: instructions', 'stores: IDTE', 'stores: IPTE',
           'GET: instructions', 'GET: IDTE', 'GET: IPTE']
KERNELS = {'vanilla': '6.12', 'whole': 'ours, whole segments', 'ours': 'ours, split'}
REPORTED = {'vanilla': SEGMENTS * 256, 'whole': SEGMENTS * 256, 'ours': SEGMENTS}


def parse(path):
    """One list for each column, or none if ticks are no instructions."""
    rows = []
    calibrated = False
    if not os.path.exists(path):
        return []
    with open(path, errors='replace') as f:
        for line in f.read().replace('\r', '').split('\n'):
            words = line.split()
            if line.startswith('CALIBRATE '):
                # A timer interrupt may come in between.
                calibrated = 1_000_000 <= int(words[1]) < 1_100_000
            elif line.startswith('ROUND '):
                rows.append([int(w) for w in words[2:]])
    if not calibrated or len(rows) != ROUNDS:
        return []
    return list(zip(*rows))


def spread(values):
    if min(values) == max(values):
        return f'{values[0]:,}'
    return '{:,} ({:,}–{:,})'.format(round(statistics.median(values)),
                                     min(values), max(values))


def main():
    runs = {k: parse(os.path.join(sys.argv[1], k + '.out')) for k in KERNELS}
    passed = failed = 0
    print('| a round: ' + ' | '.join([''] + list(KERNELS.values()) +
                                     ['split, of 6.12']) + ' |')
    print('|---' * (len(KERNELS) + 2) + '|')
    for i, column in enumerate(COLUMNS):
        cells = [spread(r[i]) if r else 'NOT MEASURED' for r in runs.values()]
        ratio = ''
        if runs['vanilla'] and runs['ours']:
            of = statistics.median(runs['vanilla'][i])
            ratio = f'{statistics.median(runs["ours"][i]) / of:.3f}' if of else ''
        print('| ' + ' | '.join([column] + cells + [ratio]) + ' |')
    for kernel, run in runs.items():
        good = bool(run) and set(run[0]) == {REPORTED[kernel]}
        passed += good
        failed += not good
    print(passed, failed)


if __name__ == '__main__':
    main()
