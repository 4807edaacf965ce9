# SPDX-License-Identifier: Apache-2.0
import asyncio
import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile


class ClinicError(Exception):
    pass


@dataclasses.dataclass
class Patient:
    number: int
    visits: list

    @property
    def oldest(self):
        return min(visit.year for visit in self.visits)


def require(good, what):
    if not good:
        raise ClinicError("%s of patient %d" % (what, os.getpid()))


def admitted(patient):
    require(patient.visits[1:], "no visit")


def discharged(patient):
    patient.visits.clear()
    require(patient.visits, "no visit")


def loaded(read):
    try:
        return read()
    except (OSError, ValueError) as error:
        raise ClinicError("record %d cannot be read" % os.getpid()) from error


def absent(patient):
    return loaded(lambda: open("/tmp/clinic-%d" % patient.number, encoding="utf-8").read())


def broken(patient):
    return loaded(lambda: json.loads("{%d" % patient.number))


def oldest(patient):
    return patient.oldest + 1


def prescribed(patient):
    return [{"name": "a"}[key] for key in ("name", "dose-%d" % patient.number)]


@contextlib.contextmanager
def room(number):
    yield number
    raise RuntimeError("room %d of %s is not clean" % (number, tempfile.gettempdir()))


def cleaned(patient):
    with room(patient.number) as number:
        return number


async def nurse(patient):
    await asyncio.sleep(0.001)
    assert patient.number < 0, "nurse of %d is away" % patient.number


async def ward(patient):
    await asyncio.create_task(nurse(patient))


def nursed(patient):
    asyncio.run(ward(patient))


def called(patient):
    subprocess.run([sys.executable, "-c", "raise SystemExit(%d)" % (patient.number % 100 + 1)], check=True)


def imported(patient):
    import clinic_plugins
    return clinic_plugins.find(patient)


def left(n):
    return right(n + 1)


def right(n):
    return left(n + 1)


def lost(patient):
    return left(patient.number)


def closed(patient):
    print("clinic: ward %d is closed until %d:%02d" % (patient.number % 9, patient.number % 12, patient.number % 60),
          file=sys.stderr)
    sys.exit(4)


def sorted_by(patient):
    return sorted([patient, patient], key=lambda p: p.name)


# The defect is in here, whoever calls.
def age(text):
    return int(text.split("-")[3])


def young(patient):
    return age("2001-%d" % patient.number)


def old(patient):
    return max(age(text) for text in ["1930-%d" % patient.number])


globals()[sys.argv[1]](Patient(os.getpid(), [1]))
