# An image with gcdiff for campaigns: docs/install.md.
#
#   docker build --tag gcdiff .
#   docker run --rm --volume "$PWD:/work" gcdiff fuzz --seconds 600 --report report

FROM rust:1.95-slim-bookworm AS build
WORKDIR /gcdiff
COPY . .
# The caches are those of BuildKit, so the binary has to be copied out of the one with the builds. Files
# may be older than what was built there of another clone, and cargo compares times.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/gcdiff/target \
    touch src/lib.rs src/main.rs \
    && cargo build --locked --profile dist --bin gcdiff \
    && cp target/dist/gcdiff /usr/local/bin/gcdiff

# The C library of the same release of Debian, which runners of engines that are mounted may need, too.
FROM debian:bookworm-slim
RUN useradd --uid 1000 --create-home gcdiff \
    && install --directory --owner gcdiff /work
COPY --from=build /usr/local/bin/gcdiff /usr/local/bin/gcdiff
USER gcdiff
WORKDIR /work
# gcdiff ends a campaign at TERM with its table, and needs no other process above it for that.
ENTRYPOINT ["gcdiff"]
CMD ["--help"]
