# SPDX-License-Identifier: MIT
# Every tool that the kit needs, installed by the kit's own script.
#
#   docker build -t schism-labs .
#   docker run --rm -it -v "$PWD:/kit" schism-labs
#
# To grade submissions, add --security-opt seccomp=unconfined --security-opt
# apparmor=unconfined: they are built in bubblewrap, which needs user namespaces.
FROM debian:13-slim
WORKDIR /kit
COPY . .
RUN ./setup.sh --dev && rm -rf /var/lib/apt/lists/* /kit/*
CMD ["bash"]
