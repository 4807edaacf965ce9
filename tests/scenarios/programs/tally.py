#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A batch job that is started anew for each run: tally.py FOLDER [KEY=VALUE...]. Adds up the CSV files of a folder. column: that it
adds up; settings: a file of KEY = VALUE with `folder`, that replaces FOLDER; out: where it writes the sum; mb: of which size;
tool: a program that it needs for each file."""
import configparser
import csv
import os
import subprocess
import sys

options = {"column": "amount", "settings": "", "out": "", "mb": 0, "tool": ""}
for word in sys.argv[2:]:
    name, _, text = word.partition("=")
    options[name] = type(options[name])(text)


def folder():
    if not options["settings"]:
        return sys.argv[1]
    settings = configparser.ConfigParser()
    with open(options["settings"]) as file:
        settings.read_file(file)
    return settings["tally"]["folder"]


def add_up(path):
    if options["tool"]:
        subprocess.run([options["tool"], path], check=True)
    with open(path, newline="") as file:
        return sum(float(row[options["column"]]) for row in csv.DictReader(file))


def main():
    place = folder()
    sums = {name: add_up(os.path.join(place, name)) for name in sorted(os.listdir(place)) if name.endswith(".csv")}
    if options["out"]:
        with open(options["out"], "ab") as file:
            file.write(repr(sums).encode() + b"\n" + b" " * (options["mb"] << 20))


main()
