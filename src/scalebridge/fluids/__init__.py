"""Fluids: molecular dynamics joined to Navier-Stokes."""
