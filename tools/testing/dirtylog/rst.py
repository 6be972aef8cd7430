#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""rst.py FILE...: what docutils has to say about them, Sphinx's own words apart.

Debian's python3, whose docutils it is.
"""
import sys

from docutils.core import publish_doctree
from docutils.parsers.rst import Directive, directives


class Skip(Directive):
    """A directive of Sphinx, with any arguments, options and contents."""
    has_content = True
    optional_arguments = 100
    final_argument_whitespace = True
    option_spec = {"doc": directives.unchanged, "internal": directives.flag,
                   "identifiers": directives.unchanged}

    def run(self):
        return []


for name in ("kernel-doc", "toctree"):
    directives.register_directive(name, Skip)
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        publish_doctree(file.read(), source_path=path,
                        settings_overrides={"report_level": 1})
