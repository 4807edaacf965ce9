# SPDX-License-Identifier: Apache-2.0
"""league WAY: tables and fixtures of a league; a defect for each way."""
import collections
import dataclasses
import datetime
import decimal
import enum
import logging
import os
import sys


class Outcome(enum.Enum):
    WIN = 3
    DRAW = 1
    LOSS = 0


class LeagueError(Exception):
    pass


class FixtureError(LeagueError):
    pass


@dataclasses.dataclass
class Team:
    name: str
    points: int = 0
    players: list = dataclasses.field(default_factory=list)
    captain: object = None


@dataclasses.dataclass(frozen=True)
class Match:
    home: Team
    away: Team
    goals: tuple

    def outcome(self):
        home, away = self.goals
        return Outcome.WIN if home > away else Outcome.DRAW if home == away else Outcome.LOSS


def logged(function):
    def wrapper(league, *args):
        logging.info("league %d: %s", league.number, function.__name__)
        return function(league, *args)
    return wrapper


class League:
    def __init__(self, number):
        self.number = number
        self.teams = [Team("reds"), Team(f"blues {number}")]
        self.matches = []

    def play(self, home, away, goals):
        match = Match(self.teams[home], self.teams[away], goals)
        self.matches.append(match)
        match.home.points += match.outcome().value
        return match

    @logged
    def table(self):
        return sorted(self.teams, key=lambda team: -team.points)

    @logged
    def average(self):
        return decimal.Decimal(sum(team.points for team in self.teams)) / len(self.matches)

    def season(self, year):
        try:
            return datetime.date(year, 2, 29)
        except ValueError as error:
            raise FixtureError(f"season {year} of league {self.number}") from error

    def fixtures(self, rounds):
        for turn in range(rounds):
            if turn >= len(self.teams):
                raise FixtureError(f"round {turn} of {rounds} has no teams")
            yield self.teams[turn], self.teams[turn - 1]


def transferred(league):
    league.teams[0].players.remove(f"player {league.number}")


def relegated(league):
    league.teams[1].points = None
    return league.table()[-1].name


def scored(league):
    return league.play(0, 1, (league.number % 5, 1, 0))


def amended(league):
    match = league.play(0, 1, (2, 1))
    match.goals = (league.number % 4, 0)


def averaged(league):
    return league.average()


def dated(league):
    return league.season(2001 + league.number % 7 * 4)


def scheduled(league):
    return [home.name + away.name for home, away in league.fixtures(3 + league.number % 4)]


def promoted(league):
    return {team.name: team.captain.upper() for team in league.teams}


def classified(league):
    return [Outcome(points) for points in (0, 3, 4 + league.number)]


def counted(league):
    wins = collections.Counter(league.teams[0].name)
    for name in wins:
        del wins[name]
        wins[name.upper()] += 1


if __name__ == "__main__":
    globals()[sys.argv[1]](League(os.getpid()))
