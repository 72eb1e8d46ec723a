"""A run folder made into one page: self-contained, readable offline, fit to be attached to a paper."""

from scalebridge.report._write import write_report as write_report

__all__ = ["write_report"]
