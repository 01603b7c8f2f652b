# One image for web, worker, beat and migrate. `make lock-images` writes the digests of what it begins
# with, here and in docker-compose.yml.
FROM python:3.11.15-slim-trixie AS packages
COPY requirements.txt /
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes -r /requirements.txt \
 && /venv/bin/pip uninstall --yes pip

FROM python:3.11.15-slim-trixie
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data \
    KEYRING_DIR=/keyring
# Pillow looks for it to join and order letters of Arabic, Hebrew, Devanagari and Thai; any will do.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libfribidi0 \
 && rm -rf /var/lib/apt/lists/*
# Nothing that installs anything is left.
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3.11/site-packages/pip* \
    /usr/local/lib/python3.11/ensurepip
# A new volume takes owner and mode from the directory that it is mounted over.
RUN groupadd --gid 10001 presave \
 && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin presave \
 && install --directory --owner 10001 --group 10001 --mode 0755 /data /data/artwork \
 && install --directory --owner 10001 --group 10001 --mode 0700 /keyring
COPY --from=packages /venv /venv
WORKDIR /app
COPY manage.py ./
COPY presave presave
COPY presave_check presave_check
COPY campaigns campaigns
COPY templates templates
COPY locale locale
# What `manage.py rehearse` starts: the stand-in for Spotify, on loopback.
COPY sandbox sandbox
COPY embedded/__init__.py embedded/interruption.py embedded/processes.py embedded/
# The made-up settings are there for this one command and stay in no layer.
RUN --mount=type=bind,source=deploy/check.env,target=/check.env \
    set -a && . /check.env && DATA_DIR=/data && python manage.py collectstatic --no-input
# Comes last, as it changes with every build.
ARG COMMIT=
ARG VERSION=
ENV COMMIT=$COMMIT
LABEL org.opencontainers.image.title=Presave \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$COMMIT
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# docker-compose.yml checks the health of each service in its own way.
HEALTHCHECK NONE
CMD ["granian", "--interface", "asgi", "presave.web:application", "--no-ws", "--http", "1", "--http1-header-read-timeout", "10000", "--backpressure", "1024", "--respawn-failed-workers", "--workers-kill-timeout", "8", "--host", "0.0.0.0", "--port", "8000", "--workers", "2"]
