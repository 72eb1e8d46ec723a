"""What was done, in the words of a methods section, with the sources of what was really used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scalebridge.bridge import Citation
from scalebridge.solids.homogenization._constants import SYMMETRY_TOLERANCE, symmetry_of
from scalebridge.solids.homogenization._sources import WindowSource
from scalebridge.solids.laws import Law
from scalebridge.solids.representative import LENGTHS, readable_unit

if TYPE_CHECKING:
    from scalebridge.solids.homogenization._bridge import Homogenization
    from scalebridge.solids.homogenization._settings import SizeStudy
    from scalebridge.solids.homogenization._state import HomogenizationState

HILL = Citation(
    "R. Hill (1963), Elastic properties of reinforced solids: some theoretical principles, Journal of the Mechanics "
    "and Physics of Solids 11, 357-372",
    "10.1016/0022-5096(63)90036-X",
    "the balance of macroscopic and averaged microscopic work",
)
LEUSCHNER = Citation(
    "M. Leuschner, F. Fritzen (2018), Fourier-Accelerated Nodal Solvers (FANS) for homogenization problems, "
    "Computational Mechanics 62, 359-392",
    "10.1007/s00466-017-1501-5",
    "finite elements on voxels, preconditioned by a homogeneous body",
)
LADECKY = Citation(
    "M. Ladecký, R. J. Leute, A. Falsafi, I. Pultarová, L. Pastewka, T. Junge, J. Zeman (2023), An optimal "
    "preconditioned FFT-accelerated finite element solver for homogenization, Applied Mathematics and Computation "
    "446, 127835",
    "10.1016/j.amc.2023.127835",
    "the preconditioner and why its iterations do not grow with the grid",
)
EISENSTAT = Citation(
    "S. C. Eisenstat, H. F. Walker (1996), Choosing the forcing terms in an inexact Newton method, SIAM Journal on "
    "Scientific Computing 17, 16-32",
    "10.1137/0917003",
    "tolerances of the linear solves within Newton's method",
)
MOAKHER = Citation(
    "M. Moakher, A. N. Norris (2006), The closest elastic tensor of arbitrary symmetry to an elasticity tensor of "
    "lower symmetry, Journal of Elasticity 85, 215-263",
    "10.1007/s10659-006-9082-0",
    "the symmetry class of the effective stiffness",
)
KANIT = Citation(
    "T. Kanit, S. Forest, I. Galliet, V. Mounoury, D. Jeulin (2003), Determination of the size of the representative "
    "volume element for random composites: statistical and numerical approach, International Journal of Solids and "
    "Structures 40, 3647-3679",
    "10.1016/S0020-7683(03)00143-4",
    "variance law, integral range and the size of the RVE",
)
HUET = Citation(
    "C. Huet (1990), Application of variational concepts to size effects in elastic heterogeneous bodies, Journal of "
    "the Mechanics and Physics of Solids 38, 813-841",
    "10.1016/0022-5096(90)90041-2",
    "the ordering of apparent properties by boundary condition",
)
HILL_BOUNDS = Citation(
    "R. Hill (1952), The elastic behaviour of a crystalline aggregate, Proceedings of the Physical Society A 65, "
    "349-354",
    "10.1088/0370-1298/65/5/307",
    "Voigt and Reuss bounds",
)
HASHIN = Citation(
    "Z. Hashin, S. Shtrikman (1963), A variational approach to the theory of the elastic behaviour of multiphase "
    "materials, Journal of the Mechanics and Physics of Solids 11, 127-140",
    "10.1016/0022-5096(63)90060-7",
    "bounds of isotropic mixtures",
)
OTSU = Citation(
    "N. Otsu (1979), A threshold selection method from gray-level histograms, IEEE Transactions on Systems, Man, and "
    "Cybernetics 9, 62-66",
    "10.1109/TSMC.1979.4310076",
    "the threshold that separates the phases",
)
METROPOLIS = Citation(
    "N. Metropolis, A. W. Rosenbluth, M. N. Rosenbluth, A. H. Teller, E. Teller (1953), Equation of state "
    "calculations by fast computing machines, The Journal of Chemical Physics 21, 1087-1092",
    "10.1063/1.1699114",
    "random arrangements of particles that do not overlap",
)
HUGHES = Citation(
    "T. J. R. Hughes (1980), Generalization of selective integration procedures to anisotropic and nonlinear media, "
    "International Journal for Numerical Methods in Engineering 15, 1413-1418",
    "10.1002/nme.1620150914",
    "elements with a mean dilatation",
)

_POINTS = {
    "full": "full integration",
    "bbar": "full integration of the deviator and the mean dilatation of each element",
    "reduced": "one integration point",
}

_BOUNDARY = {
    "periodic": "periodic fluctuations",
    "kubc": "linear displacements on its boundary (KUBC)",
    "subc": "uniform tractions on its boundary (SUBC)",
}


class _References:
    """Sources in the order in which they are cited."""

    def __init__(self) -> None:
        self.list: list[Citation] = []

    def __call__(self, *sources: Citation) -> str:
        """The marks of sources, e.g. ``"[1, 3]"``; empty for none."""
        for source in sources:
            if source not in self.list:
                self.list.append(source)
        marks = ", ".join(str(self.list.index(source) + 1) for source in sources)
        return f"[{marks}]" if marks else ""


def methods(bridge: Homogenization, state: HomogenizationState) -> tuple[str, tuple[Citation, ...]]:
    """The text, paragraphs apart by an empty line, and its sources in the order of their numbers."""
    cite = _References()
    paragraphs = [_cell(bridge, cite), _solver(bridge, cite)]
    if bridge.laws:
        paragraphs.append(_stiffness(bridge, state, cite))
    if bridge.loads:
        paragraphs.append(_paths(bridge, cite))
    if bridge.study is not None:
        paragraphs.append(_study(bridge, bridge.study, state, cite))
    return "\n\n".join(paragraphs), tuple(cite.list)


def _cell(bridge: Homogenization, cite: _References) -> str:
    cell = bridge.microstructure
    shares = cell.volume_fractions()
    grid = " × ".join(str(n) for n in cell.shape)
    kind = "a cross-section whose third direction is uniform" if cell.ndim == 2 else "a volume"
    text = f"The volume element is {kind}, {grid} voxels"
    if len(shares) <= 8:
        text += ": " + ", ".join(f"{100 * share:.1f} % {cell.name(p)}" for p, share in shares.items())
    origin = _without_folder(cell.origin)
    if origin:
        text += f". It was {origin}" if origin.startswith("read from") else f". It was generated: {origin}"
    if "otsu" in origin:
        text += f" {cite(OTSU)}"
    elif origin.startswith(("fibres", "spheres")):
        text += f" {cite(METROPOLIS)}"
    return text + "."


def _without_folder(origin: str) -> str:
    """Origin with the name of the file instead of its path, which is the machine's business."""
    head, mark, rest = origin.partition("read from ")
    if not mark:
        return origin
    file, comma, more = rest.partition(",")
    return f"{head}{mark}{file.rsplit('/', 1)[-1]}{comma}{more}"


def _solver(bridge: Homogenization, cite: _References) -> str:
    n = bridge.numerics
    kind = "bilinear" if bridge.microstructure.ndim == 2 else "trilinear"
    points = _POINTS[n.element] + (f" {cite(HUGHES)}" if n.element == "bbar" else "")
    return (
        f"Displacements (temperatures) are {kind} finite elements on the voxels with {points}, with "
        f"{_BOUNDARY[n.boundary]}. Equilibrium was solved by conjugate gradients, preconditioned by the inverse of a "
        f"homogeneous body {cite(LEUSCHNER, LADECKY)}, to a relative residual of {n.tolerance:g}. In every solution "
        f"the macroscopic work was compared with the average of the microscopic one {cite(HILL)}."
    ).replace("Displacements (temperatures)", "Displacements" if bridge.laws and not bridge.conduction else "Fields")


def _stiffness(bridge: Homogenization, state: HomogenizationState, cite: _References) -> str:
    found = symmetry_of(state.effective["stiffness"].tensor)
    nonlinear = [law for law in bridge.laws.values() if not law.is_linear]
    start = " for the behaviour at the start of loading" if nonlinear else ""
    name = found.symmetry_class
    return (
        f"The effective stiffness follows from six unit strains{start}. Within {100 * SYMMETRY_TOLERANCE:g} % "
        f"(Frobenius norm) it is {name.value}; its distance to that class is {100 * found.distances[name]:.2g} % "
        f"{cite(MOAKHER)}. Engineering constants are those of the nearest stiffness of the class. It lies between the "
        f"Voigt and Reuss bounds {cite(HILL_BOUNDS)}."
    )


def _paths(bridge: Homogenization, cite: _References) -> str:
    kinds = {type(law).__name__: law for law in bridge.laws.values() if isinstance(law, Law)}
    sources = tuple(dict.fromkeys(c for law in kinds.values() for c in law.citations))
    strain = "finite" if bridge.numerics.kinematics == "finite" else "small"
    solver = f"Newton's method and inexact linear solves {cite(EISENSTAT)}"
    laws = f"; the laws are those of {cite(*sources)}" if sources else ""
    return (
        f"Load paths were followed in {strain} strain with {solver}, with the tangents consistent with the stress "
        f"updates{laws}. Increments that failed were halved. The macroscopic tangent of each increment follows from "
        "linear solves with the tangents of the converged state."
    )


def _study(bridge: Homogenization, asked: SizeStudy, state: HomogenizationState, cite: _References) -> str:
    scale, unit = readable_unit(LENGTHS, max(asked.sizes))
    sizes = ", ".join(f"{d / scale:.4g} {unit}" for d in asked.sizes)
    counts = ", ".join(map(str, asked.realisations))
    windows = isinstance(asked.source, WindowSource)
    kind = "windows cut from the microstructure at random places" if windows else "newly generated cells"
    text = (
        f"Whether the cell is representative was judged from {kind} with edges {sizes} ({counts} of each) under "
        f"{', '.join(b if b == 'periodic' else b.upper() for b in asked.boundaries)} boundary conditions: scatter by "
        f"the variance law {cite(KANIT)}, bias by the ordering of the boundary conditions {cite(HUET)}, against the "
        f"bounds of {cite(HILL_BOUNDS, HASHIN)}."
    )
    if windows:
        text += (
            " Windows of one image may overlap; where they do they are not independent, and intervals are too narrow."
        )
    return text if state.study is None else f"{text} {state.study.recommendation.sentence}"
