"""Bottom-up methods as functions of statistics: no files, no simulation."""

from __future__ import annotations

from scalebridge.molecules.inverse._boltzmann import boltzmann_inversion as boltzmann_inversion
from scalebridge.molecules.inverse._boltzmann import ibi_update as ibi_update
from scalebridge.molecules.inverse._boltzmann import multistate_update as multistate_update
from scalebridge.molecules.inverse._boltzmann import similarity as similarity
from scalebridge.molecules.inverse._force_matching import ForceMatch as ForceMatch
from scalebridge.molecules.inverse._force_matching import force_matching as force_matching
from scalebridge.molecules.inverse._gauss_newton import gauss_newton_update as gauss_newton_update
from scalebridge.molecules.inverse._gauss_newton import hnc_potential as hnc_potential
from scalebridge.molecules.inverse._gauss_newton import hnc_response as hnc_response
from scalebridge.molecules.inverse._monte_carlo import Response as Response
from scalebridge.molecules.inverse._monte_carlo import covariance as covariance
from scalebridge.molecules.inverse._monte_carlo import imc_update as imc_update
from scalebridge.molecules.inverse._monte_carlo import linear_response as linear_response
from scalebridge.molecules.inverse._monte_carlo import tikhonov as tikhonov
from scalebridge.molecules.inverse._pressure import simple_amplitude as simple_amplitude
from scalebridge.molecules.inverse._pressure import wjk_amplitude as wjk_amplitude
from scalebridge.molecules.inverse._relative_entropy import EntropySlope as EntropySlope
from scalebridge.molecules.inverse._relative_entropy import entropy_slope as entropy_slope
from scalebridge.molecules.inverse._relative_entropy import newton_step as newton_step
from scalebridge.molecules.inverse._relative_entropy import pair_entropy_slope as pair_entropy_slope
from scalebridge.molecules.inverse._reweighting import reweight as reweight

__all__ = [
    "EntropySlope",
    "ForceMatch",
    "Response",
    "boltzmann_inversion",
    "covariance",
    "entropy_slope",
    "force_matching",
    "gauss_newton_update",
    "hnc_potential",
    "hnc_response",
    "ibi_update",
    "imc_update",
    "linear_response",
    "multistate_update",
    "newton_step",
    "pair_entropy_slope",
    "reweight",
    "similarity",
    "simple_amplitude",
    "tikhonov",
    "wjk_amplitude",
]
