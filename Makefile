# Each target is one Python call. Without make: `python3 -m tools TARGET` (on Windows `py -m tools TARGET`).
# GMCOURSE_SOLUTIONS=none make book leaves the solutions out: see book/instructor/guide.md.
PYTHON ?= python3

.PHONY: book test check kernels next lab serve pdf slides bench clean
book test check kernels next lab serve pdf slides bench clean:
	@$(PYTHON) -m tools $@
