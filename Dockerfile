# The bot alone, without the demo's tools. Any builder will do; BASE may be any Debian 12 or later, or Ubuntu 24.04.
ARG BASE=debian:bookworm-slim

# libvirt-python is compiled here, against the base's own libvirt; compilers and headers stay behind.
FROM ${BASE} AS builder
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv python3-dev gcc libc6-dev pkg-config libvirt-dev
COPY requirements.lock /src/
RUN python3 -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r /src/requirements.lock

# The bot is user 1000, as the owner of ./data on most machines; Ubuntu's images have a user of that number already.
FROM ${BASE}
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 libvirt0 openssh-client ca-certificates tzdata \
 && apt-get clean && rm -rf /var/lib/apt/lists/* \
 && if id 1000 >/dev/null 2>&1; then userdel "$(id --name --user 1000)"; fi \
 && useradd --uid 1000 --user-group --home-dir /data caretaker \
 && install -d -o caretaker -g caretaker /data
COPY --from=builder /opt/venv /opt/venv
COPY bot /opt/caretaker/bot
COPY handlers /opt/caretaker/handlers
COPY runbooks /opt/caretaker/runbooks
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/opt/caretaker PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1

# /data has all that is the owner's: lab.yaml, runbooks, database, and as the user's home .ssh with key and known_hosts.
USER caretaker
WORKDIR /data
VOLUME /data

# Healthy while the bot writes that it is alive, which it does every 30 s.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["python", "-m", "bot", "health"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run", "--config", "/data/lab.yaml"]
