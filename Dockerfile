# The production image: `docker build -t my21staff .`, then docs/DEPLOY.md.

FROM rust:1.96-slim-trixie AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends build-essential ca-certificates curl git nodejs npm \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# The tools first: they change seldom, and everything after them often.
COPY Cargo.lock package.json package-lock.json .npmrc ./
COPY scripts scripts
RUN scripts/setup build
COPY . .
RUN scripts/build

FROM debian:trixie-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --create-home --home-dir /var/lib/my21staff --shell /usr/sbin/nologin my21staff
WORKDIR /app
# The binary, hash.txt (which must stand beside it), Leptos.toml and the site.
COPY --from=build /build/target/dist ./
USER my21staff
ENV LEPTOS_SITE_ADDR=0.0.0.0:3000 \
    LEPTOS_SITE_ROOT=/app/site \
    DATA_DIR=/var/lib/my21staff \
    LOG_FORMAT=json
EXPOSE 3000
VOLUME /var/lib/my21staff
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["/app/my21staff", "healthcheck"]
# SIGTERM drains: no new requests, open ones and jobs are finished.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/app/my21staff"]
CMD ["serve"]
