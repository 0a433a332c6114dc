# docker build -t emojitrack-streamer . && docker run -p 8001:8001 -e REDIS_URL=redis://… emojitrack-streamer
#
# Node 24: of the two versions that the tests run on, the one with the longer support. slim, which is Debian, not Alpine: koffi brings a
# binary for glibc, and the tests run on Debian too. A test executes these steps (test/e2e/deploy/deploy-image.e2e-spec.ts).

FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

FROM packages AS build
RUN npm ci
COPY . .
RUN npm run build

# A separate stage: its layer changes with the lock file alone, and npm's cache stays out of the image.
FROM packages AS modules
RUN npm ci --omit=dev

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=modules /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
USER node
EXPOSE 8001
# Live, not ready: a container without Redis needs no restart.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://localhost:' + (process.env.PORT || 8001) + '/health/live').then(({ ok }) => process.exit(ok ? 0 : 1))"]
# The program itself, without npm or a shell: it is process 1, and SIGTERM reaches it. It waits for its workers itself, so it needs no init
# except for one case: the kernel drops signals that process 1 doesn't handle yet, while Node starts (50 ms). docker run --init covers that.
CMD ["node", "--enable-source-maps", "dist/main.js"]
