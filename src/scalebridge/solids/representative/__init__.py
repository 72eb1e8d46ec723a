"""Is a cell representative? Statistics of apparent properties over size, realisation and boundary condition.

`rve_study` does it in one call. A bridge goes step by step: `StudyPlan.tasks`, `homogenize_realisation` for each, then
`reduce_study`.
"""

from scalebridge.solids.representative._correlation import correlation_length as correlation_length
from scalebridge.solids.representative._correlation import study_separations as study_separations
from scalebridge.solids.representative._model import Apparent as Apparent
from scalebridge.solids.representative._model import ApparentModel as ApparentModel
from scalebridge.solids.representative._ordering import ordering_entries as ordering_entries
from scalebridge.solids.representative._plan import StudyPlan as StudyPlan
from scalebridge.solids.representative._quantities import Bounds as Bounds
from scalebridge.solids.representative._quantities import Quantity as Quantity
from scalebridge.solids.representative._quantities import quantity_bounds as quantity_bounds
from scalebridge.solids.representative._quantities import study_quantities as study_quantities
from scalebridge.solids.representative._readable import LENGTHS as LENGTHS
from scalebridge.solids.representative._readable import readable_unit as readable_unit
from scalebridge.solids.representative._realisation import RealisationResult as RealisationResult
from scalebridge.solids.representative._realisation import RealisationTask as RealisationTask
from scalebridge.solids.representative._realisation import homogenize_realisation as homogenize_realisation
from scalebridge.solids.representative._recommendation import Recommendation as Recommendation
from scalebridge.solids.representative._recommendation import Requirement as Requirement
from scalebridge.solids.representative._recommendation import volume_for_precision as volume_for_precision
from scalebridge.solids.representative._reduction import reduce_study as reduce_study
from scalebridge.solids.representative._run import run_tasks as run_tasks
from scalebridge.solids.representative._run import rve_study as rve_study
from scalebridge.solids.representative._statistics import MeanInterval as MeanInterval
from scalebridge.solids.representative._statistics import mean_interval as mean_interval
from scalebridge.solids.representative._study import RVEStudy as RVEStudy
from scalebridge.solids.representative._variance import VarianceLaw as VarianceLaw
from scalebridge.solids.representative._variance import fit_variance_law as fit_variance_law
from scalebridge.solids.representative._variance import point_variance as point_variance
from scalebridge.solids.representative._voxel_model import VoxelModel as VoxelModel
from scalebridge.solids.representative._voxel_model import initial_stiffness as initial_stiffness
from scalebridge.solids.representative._voxel_model import linearised as linearised

__all__ = [
    "LENGTHS",
    "Apparent",
    "ApparentModel",
    "Bounds",
    "MeanInterval",
    "Quantity",
    "RVEStudy",
    "RealisationResult",
    "RealisationTask",
    "Recommendation",
    "Requirement",
    "StudyPlan",
    "VarianceLaw",
    "VoxelModel",
    "correlation_length",
    "fit_variance_law",
    "homogenize_realisation",
    "initial_stiffness",
    "linearised",
    "mean_interval",
    "ordering_entries",
    "point_variance",
    "quantity_bounds",
    "readable_unit",
    "reduce_study",
    "run_tasks",
    "rve_study",
    "study_quantities",
    "study_separations",
    "volume_for_precision",
]
