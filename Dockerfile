# Written, not built here. A container that judges exercises on a CPU: the package, the judge, and nothing else.
#
#   docker build -t gmcourse-grade --build-arg CPU_INDEX=ADDRESS .
#
# ADDRESS is the package index with PyTorch's builds for CPUs, as PyTorch's page "Get started" names it after
# --index-url. Without it, Linux gets the builds for GPUs, which are 3 GB more to download and 4 GB more on disk.
# How to run it: book/instructor/guide.md.
FROM python:3.12-slim
ARG CPU_INDEX
COPY . /course
RUN test -n "$CPU_INDEX" \
    && PIP_EXTRA_INDEX_URL="$CPU_INDEX" pip install --no-cache-dir -c /course/constraints.txt "/course[check]"
RUN useradd grader
USER grader
