# The receiving side: `cardwright verify`, `gate` and `render`, with Pango and the fonts, and nothing else.
#   docker build -t cardwright .
#   docker run --rm --network none -v "$PWD:/work:ro" cardwright verify DOSSIER --trust TRUST
# The review desk is built with the libraries that it needs besides; compose.yaml brings it with PostgreSQL:
#   docker build --build-arg LOCK=desk -t cardwright-desk .
# The system packages are those of src/cardwright/files/system_libraries.toml, Python's those of requirements/LOCK.lock.

FROM python:3.13.9-slim-bookworm AS build
ARG LOCK=core
WORKDIR /checkout
COPY . .
RUN python -m venv /opt/cardwright \
    && requirements/install /opt/cardwright/bin/python "$LOCK" \
    && /opt/cardwright/bin/python -m pip uninstall --yes --quiet pip

FROM python:3.13.9-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 \
        libpangoft2-1.0-0 \
        libharfbuzz0b \
        libharfbuzz-subset0 \
        libfontconfig1 \
        libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/cardwright /opt/cardwright
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin cardwright \
    && install --directory --owner=10001 --group=10001 /var/lib/cardwright
ENV PATH=/opt/cardwright/bin:$PATH \
    XDG_CACHE_HOME=/tmp
RUN cardwright doctor --quiet
USER 10001:10001
WORKDIR /work
ENTRYPOINT ["cardwright"]
CMD ["--help"]
