"""The study that ``scalebridge new fe2`` writes."""

TEMPLATE = """\
# A small wing of glass fibres in epoxy that bends under far too much lift, with a cell of the composite at every point.
# Check it with 'scalebridge check', see its cost with 'scalebridge plan', carry it out with 'scalebridge run'.
bridge = "fe2"
title = "A wing of glass fibres in epoxy"
seed = 1
watch = "tip"                     # force and motion of this boundary are recorded

[body]
shape = "wing"                    # or "box", or "file": a mesh of gmsh, Abaqus, VTK
span = "2 m"
chord = "0.4 m"
taper = 0.5                       # chord at the tip over chord at the root
profile = "2418"                  # NACA four-digit number
skin = 0.02                       # thickness of the skins, share of the chord
skin_angles = [0.0]               # lay-up from outside in, degrees from the span
spar_angle = 45.0
spars = [0.3]                     # place of the inner web along the chord; front and rear are closed by webs
chordwise = 4                     # elements
spanwise = 4

[microstructure]                  # the cell, as in a homogenization study
source = "fibres"
arrangement = "square"
volume_fraction = 0.5
diameter = "12 um"
voxel_size = "2.5 um"

[laws.matrix]
phase = 0
law = "j2"
youngs_modulus = "3.5 GPa"
poisson_ratio = 0.35

[laws.matrix.hardening]
curve = "linear"
yield_stress = "60 MPa"
modulus = "300 MPa"

[laws.fibre]
phase = 1
law = "linear-elastic"
youngs_modulus = "72 GPa"
poisson_ratio = 0.22

[[displacement]]
boundary = "root"
value = { x = "0 m", y = "0 m", z = "0 m" }

[[traction]]
boundary = "lower"
value = { z = "60 kPa" }
distribution = "elliptic"         # or "uniform"

[loading]
steps = 3
unload = 0.5                      # share of the load that is taken back at the end

[ladder]                          # leave the table out to solve every cell in full
allowance = 0.02                  # error of a stress, of the largest in the body
# [ladder.reduced]                # a reduced model, made from the body's own cells: for cells of many voxels
# paths = 12                      # cells solved in full to learn from

[solver]
element = "hex20"                 # linear ones lock in bending
tolerance = 1e-5
workers = 0                       # processes that own the cells
"""
