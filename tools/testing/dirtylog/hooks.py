# SPDX-License-Identifier: GPL-2.0
"""Read hooks/ and apply it to the text of one kernel file: see hooks/README."""
import os
import re
import subprocess
import tempfile

SPATCH = ('spatch', '--very-quiet', '--no-show-diff', '--no-includes', '--max-width', '80')
# spatch says these and ends well; nothing else of what it says does.
HARMLESS = re.compile(r'should \S+ be a metavariable|not used in the - or context code')
# How it says that nothing matched, with an exit status of its own.
NO_MATCH = re.compile(r'^No rules apply|^-o can not be applied')


class HookError(Exception):
    """A hook that cannot be read or does not fit; the message names the rule."""


def sections(path, text):
    """(kernel file, [(line number, line), ...]) for each `// file:` section."""
    found = []
    for number, line in enumerate(text.split('\n'), 1):
        head = re.match(r'//\s*file:\s*(\S+)\s*$', line)
        if head:
            found.append((head[1], []))
        elif found:
            found[-1][1].append((number, line))
        elif line.strip() and not line.startswith(('//', '#')):
            raise HookError(f'{path}:{number}: text before the first "// file: PATH" line')
    return found


def without_blanks(result, data):
    """Drop the lines of spaces alone that spatch leaves behind a preprocessor line."""
    had = set(data.split(b'\n'))
    return b'\n'.join(x for x in result.split(b'\n')
                      if x.strip() or not x or x in had)


class CocciGroup:
    """Semantic rules that run together, since they refer to each other."""

    def __init__(self, origin, options, rules):
        self.origin = origin
        self.names = [name for name, _ in rules]
        # spatch can tell of each rule in a group whether it matched; of one
        # alone the result tells.
        checks = [f'@script:python depends on {name}@\n@@\nprint("matched {name}")\n'
                  for name in self.names if name and len(rules) > 1]
        self.text = '\n'.join([*options, *(text for _, text in rules), *checks]) + '\n'

    def key(self):
        return self.text

    def apply(self, rel, data):
        named = [x for x in self.names if x]
        with tempfile.TemporaryDirectory() as tmp:
            rules, src, out = (os.path.join(tmp, x) for x in
                               ('rule.cocci', os.path.basename(rel), 'result'))
            with open(rules, 'w', encoding='utf-8') as f:
                f.write(self.text)
            with open(src, 'wb') as f:
                f.write(data)
            done = subprocess.run([*SPATCH, '--sp-file', rules, src, '-o', out], text=True,
                                  capture_output=True, errors='replace', check=False)
            result = data
            if os.path.exists(out):
                with open(out, 'rb') as f:
                    result = without_blanks(f.read(), data)
        said = '\n'.join(x.replace(tmp + '/', '') for x in done.stderr.splitlines()
                         if x.strip() and not HARMLESS.search(x))
        if NO_MATCH.search(said):
            said, done.returncode = '', 0
        if done.returncode or said:
            raise HookError(f'{self.origin}: spatch fails on rule {"+".join(named)} for {rel}:\n'
                            + (said or f'exit status {done.returncode}'))
        missed = [x for x in named if f'matched {x}' not in done.stdout.splitlines()]
        if result == data or (len(self.names) > 1 and missed):
            raise HookError(f'{self.origin}: rule {"+".join(missed or named)} '
                            f'did not match {rel}')
        return result


def cocci_groups(path, lines):
    """The rules of a section, in order; those that name an earlier one join it."""
    options, rules = [], []
    in_head = False
    for number, line in lines:
        if line.startswith('@') and not in_head:
            head = re.match(r'@(script:\w+)?\s*(\w+)?(.*)@\s*$', line)
            if not head or line.strip() == '@@' or not (head[1] or head[2]):
                raise HookError(f'{path}:{number}: a rule without a name')
            name = None if head[1] else head[2]
            rules.append({'at': number, 'name': name, 'text': [line], 'head': [line]})
            in_head = True
        elif rules:
            rules[-1]['text'].append(line)
            if in_head:
                rules[-1]['head'].append(line)
                in_head = line.strip() != '@@'
        elif line.startswith('#spatch'):
            options.append(line)
        elif line.strip() and not line.startswith('//'):
            raise HookError(f'{path}:{number}: neither a rule nor a comment')
    groups = []
    for rule in rules:
        head = '\n'.join(rule['head'])
        joins = [g for g in groups for r in g if r['name'] and
                 re.search(rf'\b{r["name"]}\.|\bdepends on\b.*\b{r["name"]}\b', head)]
        if joins:
            home = joins[0]
            for other in joins[1:]:
                if other is not home and other in groups:
                    home.extend(other)
                    groups.remove(other)
            home.append(rule)
        else:
            groups.append([rule])
    return [CocciGroup(f'{path}:{g[0]["at"]}', options,
                       [(r['name'], '\n'.join(r['text'])) for r in g]) for g in groups]


class LineRule:
    """One `rule` of a .lines file: text put at a line that occurs once."""
    VERBS = ('after', 'before', 'replace', 'append')

    def __init__(self, origin, name, top):
        self.origin, self.name, self.top = origin, name, top
        self.verb = self.anchor = self.start = self.end = None
        self.body = []

    def take(self, line):
        """One line of the rule; False if it makes no sense."""
        word, _, rest = line.partition(' ')
        if line.startswith('+'):
            self.body.append(line[1:])
        elif word == '<' and self.verb:
            with open(os.path.join(self.top, rest.strip()), encoding='utf-8') as f:
                self.body += f.read().rstrip('\n').split('\n')
        elif word in self.VERBS and not self.verb:
            self.verb = word
            self.anchor = None if word == 'append' else re.compile(rest)
            return bool(rest.strip()) != (word == 'append')
        elif word == 'from' and rest and not self.start:
            self.start = re.compile(rest)
        elif word == 'to' and rest and not self.end:
            self.end = re.compile(rest)
        else:
            return False
        return True

    def complete(self):
        return (self.verb and bool(self.start) == bool(self.end) and
                (self.body or self.verb == 'replace'))

    def key(self):
        parts = (self.verb, self.anchor, self.start, self.end)
        return '\0'.join([str(getattr(x, 'pattern', x)) for x in parts] + self.body)

    def one(self, rel, what, hits):
        if len(hits) != 1:
            raise HookError(f'{self.origin}: rule {self.name}: "{what}" matches '
                            f'{len(hits) or "no"} lines of {rel}, not one')
        return hits[0]

    def apply(self, rel, data):
        lines = data.decode().split('\n')
        if self.verb == 'append':
            return '\n'.join([*lines[:-1], *self.body, lines[-1]]).encode()
        first, last = 0, len(lines)
        if self.start:
            first = self.one(rel, self.start.pattern,
                             [i for i, x in enumerate(lines) if self.start.search(x)])
            ends = [i for i in range(first + 1, last) if self.end.search(lines[i])]
            last = self.one(rel, self.end.pattern, ends[:1])
        at = self.one(rel, self.anchor.pattern,
                      [i for i in range(first, last) if self.anchor.search(lines[i])])
        begin, end = {'after': (at + 1, at + 1), 'before': (at, at),
                      'replace': (at, at + 1)}[self.verb]
        lines[begin:end] = self.body
        return '\n'.join(lines).encode()


def line_rules(path, lines, top):
    rules = []
    for number, line in lines:
        where = f'{path}:{number}'
        if not line.strip() or line.startswith(('#', '//')):
            continue
        word, _, rest = line.partition(' ')
        try:
            if word == 'rule' and rest.strip():
                rules.append(LineRule(where, rest.strip(), top))
            elif not rules or not rules[-1].take(line):
                raise HookError(f'{where}: what is "{line}"? see hooks/README')
        except (re.error, OSError) as e:
            raise HookError(f'{where}: {e}') from e
    for rule in rules:
        if not rule.complete():
            raise HookError(f'{rule.origin}: rule {rule.name} is incomplete')
    return rules


class HookSet:
    """All hooks, by the kernel file they change: semantic rules, then lines."""

    def __init__(self, top, paths):
        self.by_file = {}
        for path in sorted(paths, key=lambda x: (x.endswith('.lines'), x)):
            shown = os.path.relpath(path, top)
            with open(path, encoding='utf-8') as f:
                text = f.read()
            for rel, lines in sections(shown, text):
                rules = (line_rules(shown, lines, top) if path.endswith('.lines')
                         else cocci_groups(shown, lines))
                if not rules:
                    raise HookError(f'{shown}: no rules for {rel}')
                self.by_file.setdefault(rel, []).extend(rules)

    def files(self):
        return sorted(self.by_file)

    def origin(self, rel):
        return self.by_file[rel][0].origin

    def apply(self, rel, data, cache):
        for rule in self.by_file[rel]:
            before = data
            data = cache.get((rule.key().encode(), rel.encode(), before),
                             lambda r=rule, d=before: r.apply(rel, d))
        return data
