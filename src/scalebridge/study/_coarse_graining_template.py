"""The study that ``scalebridge new coarse-graining`` writes."""

TEMPLATE = """\
# SPC/E water: each molecule becomes one bead, by iterative Boltzmann inversion.
# Check it with 'scalebridge check', see its cost with 'scalebridge plan', carry it out with 'scalebridge run'.
bridge = "coarse-graining"
title = "Water as single beads"
seed = 1                          # every random number of the run follows from it

[reference]
source = "water"                  # or "chains" (alkanes), "protein" (a PDB file in water), "files" (your trajectory)
molecules = 500
temperature = "300 K"
duration = "40 ps"                # of the all-atom simulation; more gives smoother potentials
equilibration = "10 ps"
every = "0.25 ps"
# Your own trajectory instead, of any program that MDAnalysis reads:
#   source = "files"
#   topology = "topol.tpr"
#   trajectory = "traj.trr"
#   temperature = "300 K"

[[mapping.molecule]]
name = "SOL"
select = "resname HOH"            # all atoms of all molecules of this kind
each = "residue"                  # what one molecule is

[[mapping.molecule.bead]]
name = "W"
atoms = "all"                     # within the molecule
weights = "mass"                  # or "uniform", or numbers in the order of the atoms

[fit]
method = "ibi"                    # or "bi", "imc", "gn", "fm" (needs forces), "re"
cutoff = "0.9 nm"
bins = "0.01 nm"
iterations = 15
# pressure = "1 bar"              # move the pressure there
# correction = "wjk"

[fit.iteration]
steps = 2500
timestep = "4 fs"
every = 20

[production]
steps = 12500
timestep = "4 fs"
every = 50
"""
