"""A run folder made into one page: self-contained, readable offline, fit to be attached to a paper."""

from scalebridge.report._notebook import result_html as result_html
from scalebridge.report._write import write_report as write_report

__all__ = ["result_html", "write_report"]
