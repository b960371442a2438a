# What is installed is what package-lock.json says, without what only development needs. The base is
# glibc on purpose: better-sqlite3 brings its library for it.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY core/package.json core/package.json
COPY core/no-native-crypto core/no-native-crypto
COPY registration/package.json registration/package.json
COPY bridges/example/package.json bridges/example/package.json
COPY bridges/irc/package.json bridges/irc/package.json
COPY bridges/slack/package.json bridges/slack/package.json
COPY bridges/discord/package.json bridges/discord/package.json
COPY bridges/telegram/package.json bridges/telegram/package.json
COPY test/package.json test/package.json
RUN npm ci --omit=dev --omit=optional
COPY bridgebox.js LICENSE ./
COPY core/src core/src
COPY registration/src registration/src
COPY bridges bridges

FROM node:24-bookworm-slim
RUN install -d -o 1337 -g 1337 -m 0700 /data
COPY --from=build /app /app
# Nothing is ever written but to /data, and nothing is ever chowned: any --user that owns it will do.
USER 1337:1337
WORKDIR /data
VOLUME /data
ENV NODE_ENV=production \
    BRIDGEBOX_CONFIG=/data/config.yaml \
    BRIDGEBOX_APPSERVICE__HOSTNAME=0.0.0.0 \
    BRIDGEBOX_APPSERVICE__PORT=29320
EXPOSE 29320
# Alive, not ready: what restarts an unhealthy box must not do so because a database or a network is away.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.BRIDGEBOX_APPSERVICE__PORT}/live`).then((it) => process.exit(it.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--expose-gc", "/app/bridgebox.js"]
