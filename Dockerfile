# Multi-stage: compilers and pip's cache stay behind; the image holds no secret.
# Targets: `web` (no torch) and `worker` (torch, sentence-transformers).
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements/base.txt requirements/production.txt requirements/worker.txt requirements/
RUN python -m venv /opt/web && /opt/web/bin/pip install -r requirements/production.txt

FROM build AS build-worker
# TORCH_INDEX: an index with CPU builds keeps several gigabytes of CUDA libraries out.
ARG TORCH_INDEX=""
RUN python -m venv /opt/worker \
    && /opt/worker/bin/pip install ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -r requirements/worker.txt

FROM python:3.11-slim-bookworm AS base
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 HF_HUB_OFFLINE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production \
    ENDCAP_VAR=/var/lib/endcap STATIC_ROOT=/srv/endcap/static-built
RUN useradd --system --uid 10001 --home-dir /srv/endcap --shell /usr/sbin/nologin endcap \
    && install -d -o endcap -g endcap /var/lib/endcap /srv/endcap /metrics
WORKDIR /srv/endcap
COPY --chown=endcap:endcap manage.py celery_app.py ./
COPY --chown=endcap:endcap config config
COPY --chown=endcap:endcap apps apps
COPY --chown=endcap:endcap templates templates
COPY --chown=endcap:endcap static static
COPY --chown=endcap:endcap docs docs

FROM base AS web
COPY --from=build /opt/web /opt/web
ENV PATH=/opt/web/bin:$PATH ENDCAP_SERVICE=web
USER endcap
# Build-time settings only: production ones would ask for secrets.
RUN DJANGO_SETTINGS_MODULE=config.settings.local python -m django collectstatic --noinput --verbosity 0
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "config.wsgi:application", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", "--respawn-failed-workers", "--no-ws"]

FROM base AS worker
COPY --from=build-worker /opt/worker /opt/worker
ENV PATH=/opt/worker/bin:$PATH ENDCAP_SERVICE=worker
USER endcap
CMD ["celery", "-A", "celery_app", "worker", "--concurrency", "2", "--loglevel", "INFO"]
