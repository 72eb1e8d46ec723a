"""Elasticity of composites on paper: notation, symmetry, engineering constants, bounds, estimates, exact solutions.

Pure functions on arrays. Stiffnesses are 6x6 Mandel matrices, order 11, 22, 33, 23, 13, 12, in Pa; conductivities are
3x3 in W/(m K).
"""

from scalebridge.solids.elasticity._averages import reuss_average as reuss_average
from scalebridge.solids.elasticity._averages import voigt_average as voigt_average
from scalebridge.solids.elasticity._constants import EngineeringConstants as EngineeringConstants
from scalebridge.solids.elasticity._constants import directional_youngs_modulus as directional_youngs_modulus
from scalebridge.solids.elasticity._constants import engineering_constants as engineering_constants
from scalebridge.solids.elasticity._fibres import CylinderAssemblage as CylinderAssemblage
from scalebridge.solids.elasticity._fibres import TransverseIsotropy as TransverseIsotropy
from scalebridge.solids.elasticity._fibres import composite_cylinders as composite_cylinders
from scalebridge.solids.elasticity._hashin_shtrikman import ModuliBounds as ModuliBounds
from scalebridge.solids.elasticity._hashin_shtrikman import hashin_shtrikman as hashin_shtrikman
from scalebridge.solids.elasticity._hashin_shtrikman import (
    hashin_shtrikman_conductivity as hashin_shtrikman_conductivity,
)
from scalebridge.solids.elasticity._hashin_shtrikman import hashin_shtrikman_plane as hashin_shtrikman_plane
from scalebridge.solids.elasticity._isotropy import bulk_and_shear as bulk_and_shear
from scalebridge.solids.elasticity._isotropy import isotropic_projection as isotropic_projection
from scalebridge.solids.elasticity._isotropy import isotropic_stiffness as isotropic_stiffness
from scalebridge.solids.elasticity._isotropy import universal_anisotropy_index as universal_anisotropy_index
from scalebridge.solids.elasticity._isotropy import youngs_and_poisson as youngs_and_poisson
from scalebridge.solids.elasticity._laminate import laminate_conductivity as laminate_conductivity
from scalebridge.solids.elasticity._laminate import laminate_stiffness as laminate_stiffness
from scalebridge.solids.elasticity._mandel import check_conductivity as check_conductivity
from scalebridge.solids.elasticity._mandel import check_rotation as check_rotation
from scalebridge.solids.elasticity._mandel import check_stiffness as check_stiffness
from scalebridge.solids.elasticity._mandel import compliance_to_voigt as compliance_to_voigt
from scalebridge.solids.elasticity._mandel import finite_array as finite_array
from scalebridge.solids.elasticity._mandel import from_mandel as from_mandel
from scalebridge.solids.elasticity._mandel import mandel_rotation as mandel_rotation
from scalebridge.solids.elasticity._mandel import rotate_stiffness as rotate_stiffness
from scalebridge.solids.elasticity._mandel import stiffness_from_voigt as stiffness_from_voigt
from scalebridge.solids.elasticity._mandel import stiffness_to_voigt as stiffness_to_voigt
from scalebridge.solids.elasticity._mandel import tensor_from_mandel as tensor_from_mandel
from scalebridge.solids.elasticity._mandel import tensor_to_mandel as tensor_to_mandel
from scalebridge.solids.elasticity._mandel import to_mandel as to_mandel
from scalebridge.solids.elasticity._plots import plot_youngs_modulus as plot_youngs_modulus
from scalebridge.solids.elasticity._spheres import dilute_spheres as dilute_spheres
from scalebridge.solids.elasticity._spheres import mori_tanaka_spheres as mori_tanaka_spheres
from scalebridge.solids.elasticity._spheres import self_consistent_spheres as self_consistent_spheres
from scalebridge.solids.elasticity._symmetry import Symmetry as Symmetry
from scalebridge.solids.elasticity._symmetry import find_symmetry as find_symmetry
from scalebridge.solids.elasticity._symmetry_groups import SymmetryClass as SymmetryClass

__all__ = [
    "CylinderAssemblage",
    "EngineeringConstants",
    "ModuliBounds",
    "Symmetry",
    "SymmetryClass",
    "TransverseIsotropy",
    "bulk_and_shear",
    "check_conductivity",
    "check_rotation",
    "check_stiffness",
    "compliance_to_voigt",
    "composite_cylinders",
    "dilute_spheres",
    "directional_youngs_modulus",
    "engineering_constants",
    "find_symmetry",
    "finite_array",
    "from_mandel",
    "hashin_shtrikman",
    "hashin_shtrikman_conductivity",
    "hashin_shtrikman_plane",
    "isotropic_projection",
    "isotropic_stiffness",
    "laminate_conductivity",
    "laminate_stiffness",
    "mandel_rotation",
    "mori_tanaka_spheres",
    "plot_youngs_modulus",
    "reuss_average",
    "rotate_stiffness",
    "self_consistent_spheres",
    "stiffness_from_voigt",
    "stiffness_to_voigt",
    "tensor_from_mandel",
    "tensor_to_mandel",
    "to_mandel",
    "universal_anisotropy_index",
    "voigt_average",
    "youngs_and_poisson",
]
