"""The study that ``scalebridge new homogenization`` writes."""

TEMPLATE = """\
# Effective behaviour of a unidirectional fibre composite, from a generated section.
# Check it with 'scalebridge check', see its cost with 'scalebridge plan', carry it out with 'scalebridge run'.
bridge = "homogenization"
title = "Glass fibres in epoxy"
seed = 1                          # every random number of the run follows from it

[microstructure]
source = "fibres"                 # or "file", "spheres", "laminate", "polycrystal", "mosaic"
arrangement = "random"            # or "square", "hexagonal": without edge then
volume_fraction = 0.5
diameter = "12 um"
edge = "60 um"
voxel_size = "1 um"
# An image instead:
#   source = "file"
#   file = "section.png"
#   voxel_size = "0.2 um"
#   thresholds = "otsu"           # or grey values, e.g. [118]; "otsu-3" for three phases

[laws.matrix]                     # phases bear the names of these tables
phase = 0
law = "j2"                        # or "linear-elastic", "viscoelastic", "neo-hookean" (finite strain), ...
youngs_modulus = "3.5 GPa"
poisson_ratio = 0.35

[laws.matrix.hardening]
curve = "saturation"              # or "linear", "power", "table"
yield_stress = "60 MPa"
saturation_stress = "90 MPa"
rate = 60.0
modulus = "100 MPa"

[laws.fibre]
phase = 1
law = "linear-elastic"            # or "transversely-isotropic", "orthotropic", "anisotropic"
youngs_modulus = "72 GPa"
poisson_ratio = 0.22

[solver]
boundary = "periodic"             # or "kubc" (linear displacement), "subc" (uniform traction)
element = "reduced"               # one integration point per voxel; "full" and "bbar" have two along each axis

[[load]]
name = "transverse tension"
strain = { "11" = "1.5 %" }       # components that are not named are free of stress
increments = 10
fields = true                     # local fields of the last increment, for the report and for ParaView

[representative]                  # is the cell large enough?
sizes = ["20 um", "30 um", "40 um"]
realisations = 4
precision = "5 %"
"""
