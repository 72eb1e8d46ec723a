"""Mistakes in the less usual shapes of a study: unions, lists of tables, numbered keys, checks across keys."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pytest
from pydantic import Field, model_validator

from scalebridge.bridge import Bridge
from scalebridge.errors import InputError, Problem, StudyError
from scalebridge.study import StudyModel, StudyPart, register
from scalebridge.study._read import parse_study
from scalebridge.units import Quantity

Pressure = Annotated[float, Quantity("pressure", gt=0.0)]


class Boundary(Enum):
    PERIODIC = "periodic"
    KUBC = "kubc"


class Elastic(StudyPart):
    law: Literal["elastic"]
    modulus: Pressure
    ratio: Annotated[float, Quantity("dimensionless", gt=-1.0, lt=0.5)]


class Plastic(StudyPart):
    law: Literal["plastic"]
    elastic: Elastic
    curve: tuple[tuple[float, Pressure], ...] = Field(min_length=1)


Law = Annotated[Elastic | Plastic, Field(discriminator="law")]


class Load(StudyPart):
    strain: tuple[float, float, float] | None = None
    stress: Pressure | Literal["free"] = "free"
    times: list[float] = Field(default_factory=list)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.strain is None and self.stress == "free":
            raise InputError("a load needs a strain or a stress")
        return self


class LawsStudy(StudyModel):
    bridge: Literal["laws of the tests"]
    boundary: Boundary = Boundary.PERIODIC
    laws: dict[int, Law]
    loads: tuple[Load, ...] = ()

    def build(self) -> Bridge[Any]:
        raise InputError("this study is only read")

    @classmethod
    def template(cls) -> dict[str, bytes]:
        return {"study.toml": VALID.encode()}


register("laws of the tests", LawsStudy)

VALID = """\
bridge = "laws of the tests"
boundary = "kubc"

[laws.1]
law = "elastic"
modulus = "70 GPa"
ratio = 0.3

[laws.2]
law = "plastic"
elastic = { law = "elastic", modulus = "1 GPa", ratio = 0.4 }
curve = [[0.0, "10 MPa"], [0.1, "20 MPa"]]

[[loads]]
strain = [0.1, 0, 0.0]

[[loads]]
stress = "5 MPa"
"""


def problems(text: str) -> list[Problem]:
    with pytest.raises(StudyError) as caught:
        parse_study(text, Path())
    return list(caught.value.problems)


def test_the_valid_study() -> None:
    study = parse_study(VALID, Path())
    assert isinstance(study, LawsStudy)
    assert study.laws[2].curve[1] == (0.1, 20e6)  # type: ignore[union-attr]
    assert study.boundary is Boundary.KUBC
    assert study.loads[0].strain == (0.1, 0.0, 0.0)


@pytest.mark.parametrize(
    ("old", "new", "key", "line", "found", "allowed", "suggestion"),
    [
        ('"kubc"', '"kubk"', "boundary", 2, "'kubk'", "one of periodic, kubc", "kubc"),
        ("[laws.1]", "[laws.fibre]", "laws.fibre", 4, "'fibre'", "an integer as key", ""),
        ("ratio = 0.3", "ratio = 0.5", "laws.1.ratio", 7, "0.5", "less than 0.5", ""),
        ("ratio = 0.3", "ration = 0.3", "laws.1.ration", 7, "the unknown key 'ration'", "law, modulus, ratio", "ratio"),
        ("ratio = 0.3", "", "laws.1.ratio", 4, "nothing", "a dimensionless", ""),
        ('law = "plastic"', 'law = "plastik"', "laws.2.law", 10, "'plastik'", "one of elastic, plastic", "plastic"),
        ('law = "plastic"\n', "", "laws.2.law", 9, "nothing", "one of elastic, plastic", ""),
        ("ratio = 0.4", 'ratio = "x"', "laws.2.elastic.ratio", 11, "'x'", "a number without a unit", ""),
        ('"20 MPa"', '"20 mm"', "laws.2.curve.1.1", 12, "'20 mm', which has the dimension [length]", "a pressure", ""),
        ('[0.1, "20 MPa"]', "[0.1]", "laws.2.curve.1", 12, "a list of 1 value", "a list of 2 values", ""),
        ("curve = [", "curve = [] # [", "laws.2.curve", 12, "a list of 0 values", "at least 1", ""),
        (
            "strain = [0.1, 0, 0.0]",
            "strain = [0.1]",
            "loads.0.strain",
            15,
            "a list of 1 value",
            "a list of 3 values",
            "",
        ),
        ("strain = [0.1, 0, 0.0]", "", "loads.0", 14, "a table with no keys", "a load needs a strain or a stress", ""),
        ('"5 MPa"', '"fre"', "loads.1.stress", 18, "'fre'", "a pressure as text", "free"),
        ('stress = "5 MPa"', "strain = true", "loads.1.strain", 18, "true", "a list", ""),
        ('stress = "5 MPa"', 'times = [1, "2"]', "loads.1.times.1", 18, "'2'", "a number", ""),
        ("[[loads]]", "[loads]", "loads", 14, "a table with strain", "a list", ""),
    ],
)
def test_one_mistake(old: str, new: str, key: str, line: int, found: str, allowed: str, suggestion: str) -> None:
    text = VALID.replace(old, new, 1) if old != "[[loads]]" else VALID[: VALID.rindex("[[loads]]")].replace(old, new)
    (problem,) = problems(text)
    assert (problem.key, problem.line, problem.suggestion) == (key, line, suggestion), str(problem)
    assert problem.found == found
    assert allowed in problem.allowed
