# Written, not built here. A container that judges exercises on a CPU: the package, the judge, and nothing else.
#
#   docker build -t gmcourse-grade --build-arg CPU_INDEX=ADDRESS .
#
# ADDRESS is the package index with PyTorch's builds for CPUs, as PyTorch's page "Get started" names it after
# --index-url. Without it the build stops, for Linux would get the builds for GPUs: 2.4 GB more to download.
# How to run it: book/instructor/guide.md.
FROM python:3.12-slim
ARG CPU_INDEX
COPY . /course
RUN : "${CPU_INDEX:?build with --build-arg CPU_INDEX=ADDRESS, the package index with builds of PyTorch for CPUs}" \
    && PIP_EXTRA_INDEX_URL="$CPU_INDEX" pip install --no-cache-dir -c /course/constraints.txt "/course[check]"
RUN useradd grader
USER grader
