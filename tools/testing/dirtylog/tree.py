#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Make the kernel tree that everything here is built from.

The tree is a pristine kernel, plus the overlay (this repository's files at
their kernel paths), plus hooks/ (every change to an existing kernel file, see
hooks/README). What a run finds in place and right it leaves alone, with its
mtime, so incremental kernel builds stay incremental.

Beside the tree stands DIR.state/: state.json (which kernel, which overlay
files), pristine/ (the hooked files as the kernel has them), cache/ (the result
of every hook that ran). A file is changed only after its pristine copy exists,
and an overlay file is listed before it is copied, so a run that was cut short
is finished by the next. Another kernel is made in DIR.new, and takes the place
of DIR when all hooks fit it.
"""
import argparse
import concurrent.futures
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import hooks  # noqa: E402
from hooks import HookError  # noqa: E402

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), '../../..'))
OVERLAY = ('include', 'lib', 'virt', 'arch', 'Documentation', 'tools', 'scripts')
JUNK = re.compile(r'~$|^\.#|^#.*#$|\.(swp|pyc|o|orig|rej)$|^\.checkpatch-camelcase')
TARBALL = '/usr/src/linux-source-6.12.tar.xz'
# What --rig adds to a kernel without dirtylog: how guests run where they could not.
RIG_HOOKS = '*-rig'
RIG_FILES = re.compile(r'^arch/s390/kvm/soft_sie\.[ch]$')
# What a build inside KSRC may have left there: with it, O= builds refuse to run.
BUILT = ('.git', '/.config', '/include/config', '/include/generated',
         '/arch/*/include/generated', '/vmlinux*', '*.o', '*.ko', '.*.cmd')
T0 = int(os.environ.get('DIRTYLOG_T0') or time.time())


class TreeError(Exception):
    """A message for the user; nothing was changed."""


def say(text):
    print(f'[{int(time.time()) - T0:4d}s] tree: {text}', flush=True)


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def write(path, data, like=None):
    """Write all of the file or nothing, with the mode of the file like."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    part = path + '.part'
    with open(part, 'wb') as f:
        f.write(data)
    if like:
        shutil.copymode(like, part)
    os.replace(part, path)


def same(path, data, mode):
    return (os.path.isfile(path) and read(path) == data and
            os.stat(path).st_mode & 0o111 == mode & 0o111)


def kernel_version(ksrc):
    """The version in a kernel's Makefile, or None if this is no kernel."""
    try:
        head = read(os.path.join(ksrc, 'Makefile')).decode(errors='replace')
    except OSError:
        return None
    part = dict(re.findall(r'^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION) *= *(.*)$',
                           head, re.M))
    if 'VERSION' not in part or not os.path.isfile(os.path.join(ksrc, 'lib/Kconfig')):
        return None
    return '{VERSION}.{PATCHLEVEL}.{SUBLEVEL}{EXTRAVERSION}'.format_map(
        {'PATCHLEVEL': '0', 'SUBLEVEL': '0', 'EXTRAVERSION': '', **part})


class Source:
    """Where the pristine kernel comes from."""

    def __init__(self, ksrc, build):
        self.ksrc = os.path.realpath(ksrc) if ksrc else None
        if not self.ksrc:
            if not os.path.isfile(TARBALL):
                raise TreeError(f'{TARBALL} is not there: install linux-source-6.12'
                                ' (make packages), or give KSRC=DIR')
            st = os.stat(TARBALL)
            self.name = os.path.basename(TARBALL)
            self.id = f'{TARBALL} {st.st_size} {st.st_mtime_ns}'
            return
        if not os.path.isdir(self.ksrc):
            raise TreeError(f'KSRC={ksrc}: no such directory')
        if (self.ksrc + os.sep).startswith(os.path.realpath(build) + os.sep):
            raise TreeError(f'KSRC={ksrc} is inside our own {build}')
        version = kernel_version(self.ksrc)
        if not version:
            raise TreeError(f'KSRC={ksrc} is no kernel tree'
                            ' (no Makefile with VERSION, or no lib/Kconfig)')
        if os.path.exists(os.path.join(self.ksrc, 'lib/dirtylog')):
            raise TreeError(f'KSRC={ksrc} has a lib/dirtylog already: give a pristine kernel')
        self.name = f'{self.ksrc} ({version})'
        self.id = f'{self.ksrc} {version} {self.listing()}'

    def listing(self):
        """A hash of names, sizes and times: any edit in KSRC makes it another kernel."""
        found = subprocess.run(['find', '.', '-name', '.git', '-prune', '-o', '-type', 'f',
                                '-printf', '%P %s %T@\\n'], cwd=self.ksrc,
                               capture_output=True, check=True).stdout
        return hashlib.sha256(b'\n'.join(sorted(found.split(b'\n')))).hexdigest()

    def copy(self, dest):
        """Fill dest. Files get today's mtime: objects of an older tree are then stale."""
        os.makedirs(dest)
        if self.ksrc:
            cmd = ['rsync', '-rlpE', *(f'--exclude={x}' for x in BUILT),
                   self.ksrc + '/', dest + '/']
        else:
            cmd = ['tar', '-xmf', TARBALL, '--strip-components=1', '-C', dest]
        done = subprocess.run(cmd, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise TreeError(f'copying {self.name}: {done.stderr.strip()}')


class Tree:
    def __init__(self, path):
        self.path = os.path.abspath(path)
        self.state_dir = self.path + '.state'
        self.state_file = os.path.join(self.state_dir, 'state.json')
        try:
            self.state = json.loads(read(self.state_file))
        except (OSError, ValueError):
            self.state = {'id': None, 'overlay': []}

    def file(self, rel):
        return os.path.join(self.path, rel)

    def pristine(self, rel):
        return os.path.join(self.state_dir, 'pristine', rel)

    def save(self, **change):
        new = {**self.state, **change}
        if new != self.state or not os.path.exists(self.state_file):
            self.state = new
            write(self.state_file, json.dumps(new, indent=1).encode())

    def stale(self, source):
        return self.state['id'] != source.id or not os.path.isdir(self.path)

    def foreign(self):
        return (os.path.isdir(self.path) and os.listdir(self.path) and
                not os.path.isdir(self.state_dir))

    def remove(self):
        # The state goes first: a tree without one is made anew.
        for old in (self.state_file, self.state_dir, self.path):
            if os.path.isdir(old):
                shutil.rmtree(old)
            elif os.path.exists(old):
                os.remove(old)

    def refill(self, source):
        """Replace the tree by a fresh copy of source."""
        self.remove()
        say(f'unpacking {source.name} (10-20 s)')
        source.copy(self.path)
        os.makedirs(os.path.join(self.state_dir, 'cache'))
        self.state = {'id': None, 'overlay': []}
        self.save(id=source.id)

    def take_place_of(self, other):
        other.remove()
        os.rename(self.path, other.path)
        os.rename(self.state_dir, other.state_dir)

    def kernel_text(self, rel):
        """A kernel file as the kernel has it, or None."""
        if os.path.isfile(self.pristine(rel)):
            return read(self.pristine(rel))
        if rel in self.state['overlay'] or not os.path.isfile(self.file(rel)):
            return None
        return read(self.file(rel))

    def put(self, rel, data, mode_of):
        if same(self.file(rel), data, os.stat(mode_of).st_mode):
            return 0
        write(self.file(rel), data, like=mode_of)
        return 1

    def set_overlay(self, files):
        """files: the overlay, {path in the tree: path in the repository}"""
        gone = set(self.state['overlay']) - set(files)
        self.save(overlay=sorted(gone | set(files)))
        changed = sum(self.put(rel, read(src), src) for rel, src in files.items())
        for rel in gone:
            if os.path.exists(self.file(rel)):
                os.remove(self.file(rel))
                changed += 1
            prune_empty(os.path.dirname(self.file(rel)), self.path)
        self.save(overlay=sorted(files))
        return changed

    def set_hooked(self, results):
        """results: {path in the tree: its text with the hooks applied}"""
        changed = 0
        for rel, data in results.items():
            if not os.path.isfile(self.pristine(rel)):
                write(self.pristine(rel), read(self.file(rel)), like=self.file(rel))
            changed += self.put(rel, data, self.pristine(rel))
        top = self.pristine('')
        for path in walk(top):
            rel = os.path.relpath(path, top)
            if rel not in results and not rel.endswith('.part'):
                changed += self.put(rel, read(path), path)
                os.remove(path)
        return changed


def prune_empty(path, top):
    while path != top and os.path.isdir(path) and not os.listdir(path):
        os.rmdir(path)
        path = os.path.dirname(path)


def walk(top):
    for folder, folders, files in os.walk(top):
        folders[:] = [x for x in folders if x != '__pycache__']
        yield from (os.path.join(folder, x) for x in files)


def overlay_files(args):
    found = {}
    if args.vanilla:
        return found
    for top in OVERLAY:
        for path in walk(os.path.join(TOP, top)):
            rel = os.path.relpath(path, TOP)
            if (os.path.isfile(path) and not JUNK.search(os.path.basename(path)) and
                    (not args.rig or RIG_FILES.search(rel))):
                found[rel] = path
    return found


def hook_files(args):
    name = RIG_HOOKS if args.rig else '*'
    return [] if args.vanilla else sorted(
        path for kind in ('cocci', 'lines')
        for path in glob.glob(os.path.join(TOP, 'hooks', f'{name}.{kind}')))


def check_overlay(files, tree):
    """An overlay file may not stand where the kernel has one."""
    for rel in files:
        if rel not in tree.state['overlay'] and os.path.lexists(tree.file(rel)):
            raise TreeError(f'{rel} is a file of the kernel: change it with a hook')
    return files


def run_hooks(hook_set, tree, jobs):
    """The text of every hooked file, or the failures of all of them."""
    cache = HookCache(os.path.join(tree.state_dir, 'cache'))
    results, errors = {}, []

    def one(rel):
        text = tree.kernel_text(rel)
        if text is None:
            raise HookError(f'{hook_set.origin(rel)}: the kernel has no {rel}')
        return hook_set.apply(rel, text, cache)

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        jobs = {rel: pool.submit(one, rel) for rel in hook_set.files()}
        for rel, job in jobs.items():
            try:
                results[rel] = job.result()
            except HookError as e:
                errors.append(str(e))
    if errors:
        raise TreeError('\n  '.join(['these hooks do not fit this kernel:', *errors]))
    cache.prune()
    return results


class HookCache:
    """Results of hooks that ran, by the hash of what went in, and of the tool."""

    def __init__(self, path):
        self.path = path
        self.tool = read(hooks.__file__)
        self.used = set()
        self.ran = 0

    def get(self, key, make):
        name = hashlib.sha256(b'\0'.join([self.tool, *key])).hexdigest()
        path = os.path.join(self.path, name)
        self.used.add(name)
        if os.path.isfile(path):
            return read(path)
        self.ran += 1
        if self.ran % 10 == 0:
            say(f'{self.ran} hooks run')
        data = make()
        write(path, data)
        return data

    def prune(self):
        for path in glob.glob(os.path.join(self.path, '*')):
            if os.path.basename(path) not in self.used:
                os.remove(path)


def make_tree(args):
    source = Source(args.ksrc, args.build)
    tree = Tree(args.dir or os.path.join(args.build, 'linux'))
    hook_set = hooks.HookSet(TOP, hook_files(args))
    final = tree
    if tree.stale(source):
        if tree.foreign():
            raise TreeError(f'{tree.path} is there and not ours: move it away')
        if tree.state['id']:
            say('another kernel than last time: a fresh tree')
        tree = Tree(final.path + '.new')
        if tree.stale(source):
            tree.refill(source)
    files = check_overlay(overlay_files(args), tree)
    results = run_hooks(hook_set, tree, args.jobs)
    # All that can fail has been done: from here on files change.
    changed = tree.set_overlay(files) + tree.set_hooked(results)
    if tree is not final:
        tree.take_place_of(final)
    say(f'{os.path.relpath(final.path)}: Linux {kernel_version(final.path)}, '
        f'{len(files)} files added, {len(results)} hooked'
        + (f', {changed} updated' if changed else ', up to date'))


def positive(text):
    n = int(text)
    if n < 1:
        raise argparse.ArgumentTypeError(f'{text} is no number of jobs')
    return n


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    p.add_argument('--build', default=os.environ.get('BUILD') or os.path.join(TOP, 'build'))
    p.add_argument('--ksrc', default=os.environ.get('KSRC'),
                   help='a kernel tree to copy; default: ' + TARBALL)
    p.add_argument('--dir', help='where to make it; default: BUILD/linux')
    less = p.add_mutually_exclusive_group()
    less.add_argument('--vanilla', action='store_true',
                      help='the kernel alone, without overlay and hooks')
    less.add_argument('--rig', action='store_true',
                      help='the kernel and what the rig needs to run guests on s390')
    p.add_argument('--jobs', type=positive, default=os.environ.get('JOBS') or os.cpu_count())
    try:
        make_tree(p.parse_args())
    except (TreeError, HookError) as e:
        print(f'tree: error: {e}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('tree: interrupted; run it again to finish', file=sys.stderr)
        return 130
    return 0


if __name__ == '__main__':
    sys.exit(main())
