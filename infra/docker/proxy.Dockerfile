# The proxy, which is stateless: run as many as the traffic needs.
# Build from the root of the repository: docker build -f infra/docker/proxy.Dockerfile .

FROM node:26-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc turbo.json tsconfig.base.json ./
COPY packages ./packages
COPY apps ./apps
COPY proto ./proto
RUN npm ci --ignore-scripts
RUN npx turbo run build --filter=@sluice/proxy...
# The program needs no tools and no optional packages: the image contains Node, and Postgres runs elsewhere.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --workspace apps/proxy

FROM node:26-bookworm-slim
ENV NODE_ENV=production SLUICE_PROXY_HOST=0.0.0.0 SLUICE_STATUS_HOST=0.0.0.0 SLUICE_DATA_DIR=/var/lib/sluice
WORKDIR /app
COPY --from=build /src/node_modules ./node_modules
COPY --from=build /src/packages ./packages
COPY --from=build /src/apps/proxy ./apps/proxy
COPY --from=build /src/proto ./proto
COPY package.json LICENSE ./
# The only folder that the program writes to; everything else can be mounted read-only.
RUN install -d -o node -g node -m 0700 /var/lib/sluice
VOLUME /var/lib/sluice
USER node
EXPOSE 8000 8100
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:8100/livez', { redirect: 'error', signal: AbortSignal.timeout(2000) }).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# As in apps/proxy/node-arguments.json: short garbage collections that use no helper threads.
ENTRYPOINT ["node", "--enable-source-maps", "--max-semi-space-size=4", "--no-parallel-scavenge", "apps/proxy/dist/main.js"]
