"""Which bridges exist, and the study model of each; a model is imported when it is first asked for."""

from __future__ import annotations

import importlib

from scalebridge.errors import InputError
from scalebridge.study._model import StudyModel
from scalebridge.study._problems import nearest

__all__ = ["bridges", "model_of", "register"]

_MODELS: dict[str, str | type[StudyModel]] = {
    "adaptive-protein": "scalebridge.study.adaptive_protein:AdaptiveProteinStudy",
    "adaptive-resolution": "scalebridge.study.adaptive_resolution:AdaptiveResolutionStudy",
    "coarse-graining": "scalebridge.study.coarse_graining:CoarseGrainingStudy",
    "fe2": "scalebridge.study.fe2:FE2Study",
    "homogenization": "scalebridge.study.homogenization:HomogenizationStudy",
    "hybrid-fluid": "scalebridge.study.hybrid_fluid:HybridFluidStudy",
    "hybrid-water": "scalebridge.study.hybrid_water:HybridWaterStudy",
    "kinetics": "scalebridge.study.kinetics:KineticsStudy",
    "long-channel": "scalebridge.study.long_channel:LongChannelStudy",
    "nanochannel": "scalebridge.study.nanochannel:NanochannelStudy",
}


def register(name: str, model: str | type[StudyModel]) -> None:
    """Make a bridge known to studies and to the command line.

    Args:
        name: value of the key ``bridge`` in a study.
        model: the study model, or ``"package.module:Class"`` to import it when needed.

    Raises:
        InputError: another model has this name.
    """
    if _MODELS.get(name, model) != model:
        raise InputError(f"A bridge named {name!r} is registered already; choose another name")
    _MODELS[name] = model


def bridges() -> tuple[str, ...]:
    """Names of all bridges, sorted."""
    return tuple(sorted(_MODELS))


def model_of(name: str) -> type[StudyModel]:
    """Study model of a bridge.

    Raises:
        InputError: no bridge has this name.
    """
    if name not in _MODELS:
        near = nearest(name, list(bridges()))
        hint = f". Did you mean {near}?" if near else ""
        raise InputError(f"Unknown bridge {name!r}; known are: {', '.join(bridges()) or 'none'}{hint}")
    model = _MODELS[name]
    if isinstance(model, str):
        module, _, attribute = model.partition(":")
        model = getattr(importlib.import_module(module), attribute)
        if not (isinstance(model, type) and issubclass(model, StudyModel)):
            raise InputError(f"The bridge {name!r} is registered with {_MODELS[name]!r}, which is no StudyModel")
        _MODELS[name] = model
    return model
