"""What a coarse-graining hands over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scalebridge.bridge import Headline, Outcome
from scalebridge.errors import InputError
from scalebridge.molecules.coarse._compare import Comparison, compare
from scalebridge.molecules.coarse._methods import methods
from scalebridge.molecules.coarse._model import CoarseModel, model_of
from scalebridge.molecules.coarse._pictures import pictures
from scalebridge.molecules.coarse._state import CoarseState, Production

if TYPE_CHECKING:
    import xarray as xr

    from scalebridge.molecules.coarse._bridge import CoarseGraining


def outcome(bridge: CoarseGraining, state: CoarseState) -> Outcome:
    """Data, headline numbers, pictures, files and methods from the last state."""
    from scalebridge.molecules.export._model import model_files

    if state.production is None:
        raise InputError("This coarse-graining is not finished; its last step simulates the final potentials")
    model = model_of(state.targets, bridge.fit, state, bridge.potentials(state))
    found = compare(model, state.targets[0], state.production.run)
    text, sources = methods(bridge, state)
    return Outcome(
        data=_dataset(model, found),
        headlines=_headlines(state, state.production, found),
        pictures=pictures(bridge, state, model, found),
        files={f"model/{name}": content.encode() for name, content in model_files(model).items()},
        methods=text + _limits(found),
        citations=sources,
    )


def _limits(found: Comparison) -> str:
    return "".join(f" Limit: {text}." for text in found.warnings)


def _headlines(state: CoarseState, production: Production, found: Comparison) -> dict[str, Headline]:
    run, free = production.run, production.free
    pressure, error = run.pressure
    worst = min(found.similarity, key=lambda name: found.similarity[name])
    lines = {
        "similarity": Headline(found.similarity[worst], "1", f"least similarity to the atoms, {worst}"),
        "pressure": Headline(pressure, "bar", "pressure of the coarse model", 2.0 * error),
        "temperature": Headline(float(run.kinetic.mean()), "K", "kinetic temperature"),
        "drift": Headline(free.drift * 1e-2, "kJ/mol", "energy drift per bead in 10 ps at constant energy"),
        "cost": Headline(run.seconds_per_nanosecond, "s/ns", "processor seconds per nanosecond of the coarse model"),
    }
    if state.fine_cost is not None:
        ratio = state.fine_cost.seconds / run.seconds_per_nanosecond
        lines["speed_up"] = Headline(ratio, "1", "processor time of the atoms over that of the beads, per nanosecond")
    if found.timescale is not None:
        lines["time_scale"] = Headline(found.timescale, "1", "diffusion of the beads over that of the atoms")
    if len(found.compressibility) == 2:
        for side, (value, error) in zip(("fine", "coarse"), found.compressibility, strict=True):
            known = 2.0 * error if np.isfinite(error) else None
            lines[f"compressibility_{side}"] = Headline(value, "1/bar", f"compressibility, {side}", known)
    return lines


def _dataset(model: CoarseModel, found: Comparison) -> xr.Dataset:
    import xarray as xr

    variables: dict[str, Any] = {}
    coordinates: dict[str, Any] = {}
    for name, coarse in found.coarse.items():
        key = name.replace(" ", "_").replace("-", "_")
        unit = "nm" if coarse.kind in ("pair", "bond") else "rad"
        density = "1" if coarse.kind == "pair" else f"1/{unit}"
        x = coarse.grid.centers
        coordinates[f"x_{key}"] = (f"x_{key}", x, {"units": unit})
        variables[f"fine_{key}"] = (f"x_{key}", found.fine[name].mean, {"units": density})
        variables[f"coarse_{key}"] = (f"x_{key}", coarse.mean, {"units": density})
        variables[f"error_{key}"] = (f"x_{key}", coarse.error(), {"units": density})
        if name in model.potentials:
            inside = np.clip(x, max(x[0], 1e-6), x[-1])
            variables[f"energy_{key}"] = (f"x_{key}", model.potentials[name].energy(inside), {"units": "kJ/mol"})
    if model.history:
        number = np.arange(1, len(model.history) + 1)
        coordinates["iteration"] = ("iteration", number, {"units": "1"})
        pressures = [record.pressures[0] for record in model.history]
        worst = [max(record.misfit.values()) for record in model.history]
        variables["pressure"] = ("iteration", np.array(pressures), {"units": "bar"})
        variables["misfit"] = ("iteration", np.array(worst), {"units": "1"})
    return xr.Dataset(variables, coordinates)
