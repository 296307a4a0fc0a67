# gcmirror in two stages on Debian: built with everything, run with the libraries it needs, as a user without rights.
# Packages are those of the pinned Debian release with its security updates; pinning each would keep those out.
FROM debian:12.12 AS build
# hadolint ignore=DL3008
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        build-essential cmake ninja-build pkg-config libpoco-dev libpq-dev libsimdjson-dev libtomlplusplus-dev libcli11-dev \
        libhowardhinnant-date-dev libxxhash-dev zlib1g-dev libssl-dev libseccomp-dev prometheus-cpp-dev libfmt-dev libutf8proc-dev libisal-dev libxlsxwriter-dev libjs-chart.js tzdata \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
# the flags of the tested release: the same preset
RUN cmake --preset release -DGCMIRROR_TESTS=OFF && cmake --build build/release --target gcmirror

FROM debian:12.12-slim
# hadolint ignore=DL3008
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates tzdata postgresql-client libpococrypto80 libpocodata80 libpocodatapostgresql80 libpocofoundation80 libpocojson80 libpoconet80 \
        libpoconetssl80 libpocoutil80 libpocoxml80 libpq5 libsimdjson14 libtomlplusplus3 libdate-tz3 libseccomp2 libprometheus-cpp-core1.0 libfmt9 libutf8proc2 libisal2 libxlsxwriter4 zlib1g libssl3 \
    && rm -rf /var/lib/apt/lists/* && useradd --system --uid 10001 --no-create-home gcmirror
COPY --from=build /source/build/release/gcmirror /usr/local/bin/gcmirror
USER 10001
EXPOSE 8080
ENTRYPOINT ["gcmirror"]
CMD ["serve"]
