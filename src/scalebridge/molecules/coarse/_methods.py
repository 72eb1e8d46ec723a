"""What was done, in the words of a methods section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scalebridge.bridge import Citation
from scalebridge.molecules.coarse._settings import NAMES
from scalebridge.molecules.coarse._state import CoarseState

if TYPE_CHECKING:
    from scalebridge.molecules.coarse._bridge import CoarseGraining

_NOID = Citation(
    "W. G. Noid et al., 2008, J. Chem. Phys. 128, 244114", "10.1063/1.2938860", "mapping with consistent forces"
)
_OPENMM = Citation(
    "P. Eastman et al., 2017, PLoS Comput. Biol. 13, e1005659", "10.1371/journal.pcbi.1005659", "dynamics"
)
_SOURCES = {
    "bi": Citation(
        "A. K. Soper, 1996, Chem. Phys. 202, 295", "10.1016/0301-0104(95)00357-6", "potential of mean force"
    ),
    "ibi": Citation(
        "D. Reith, M. Puetz, F. Mueller-Plathe, 2003, J. Comput. Chem. 24, 1624", "10.1002/jcc.10307",
        "iterative Boltzmann inversion",
    ),
    "imc": Citation(
        "A. P. Lyubartsev, A. Laaksonen, 1995, Phys. Rev. E 52, 3730", "10.1103/PhysRevE.52.3730", "inverse Monte Carlo"
    ),
    "gn": Citation(
        "M. P. Bernhardt, M. Hanke, N. F. A. van der Vegt, 2021, J. Chem. Phys. 154, 084118", "10.1063/5.0038633",
        "Gauss-Newton with the response of integral equations",
    ),
    "fm": Citation(
        "S. Izvekov, G. A. Voth, 2005, J. Phys. Chem. B 109, 2469", "10.1021/jp044629q", "force matching"
    ),
    "re": Citation("M. S. Shell, 2008, J. Chem. Phys. 129, 144108", "10.1063/1.2992060", "relative entropy"),
}  # fmt: skip
_WJK = Citation(
    "H. Wang, C. Junghans, K. Kremer, 2009, Eur. Phys. J. E 28, 221",
    "10.1140/epje/i2008-10413-5",
    "pressure correction",
)


_LYMAN = Citation(
    "E. Lyman, J. Pfaendtner, G. A. Voth, 2008, Biophys. J. 95, 4183",
    "10.1529/biophysj.108.139733",
    "springs matched to fluctuations",
)


def methods(bridge: CoarseGraining, state: CoarseState) -> tuple[str, tuple[Citation, ...]]:
    """Text with numbered sources."""
    fit, target = bridge.fit, state.targets[0]
    sources = [_NOID, _SOURCES[fit.method], _OPENMM]
    text = (
        f"Atoms were mapped to {len(target.beads)} beads of the types {', '.join(target.beads.types)} [1]. Potentials "
        f"with a cutoff of {fit.cutoff:g} nm were obtained by {NAMES[fit.method]} [2] at {target.temperature:g} K"
    )
    if len(state.targets) > 1:
        text += f", from {len(state.targets)} state points at once"
    if fit.iterative:
        run = fit.iteration
        text += (
            f", in {len(state.history)} iterations of {run.steps} steps of {1000 * run.timestep:g} fs; the result is "
            f"the mean over the last {min(fit.average, len(state.kept))}"
        )
    if fit.regularisation:
        text += f"; the regularisation was {fit.regularisation:g}"
    text += ". "
    if fit.pressure is not None:
        sources.append(_WJK)
        text += (
            f"A linear term moved the pressure towards {fit.pressure:g} bar ({fit.pressure_method}) [{len(sources)}]. "
        )
    if state.springs:
        sources.append(_LYMAN)
        text += (
            f"Lengths and stiffnesses of {len(state.springs)} springs followed the means and variances of the atoms, "
            f"iteration by iteration [{len(sources)}]. "
        )
    text += (
        "Bonded distributions were inverted with their Jacobians. Simulations used the Langevin middle scheme, and "
        "Verlet's at constant energy, of OpenMM [3], with pair forces from cubic splines in the squared distance in "
        "compiled loops."
    )
    return text, tuple(sources)
