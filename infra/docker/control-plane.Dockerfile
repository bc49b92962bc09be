# The control plane: Admin API and config stream on Postgres.
# Build from the root of the repository: docker build -f infra/docker/control-plane.Dockerfile .

FROM node:26-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc turbo.json tsconfig.base.json ./
COPY packages ./packages
COPY apps ./apps
COPY proto ./proto
RUN npm ci --ignore-scripts
RUN npx turbo run build --filter=@sluice/control-plane...
# The program needs no tools and no optional packages: the image contains Node, and Postgres runs elsewhere.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --workspace apps/control-plane

FROM node:26-bookworm-slim
ENV NODE_ENV=production SLUICE_ADMIN_HOST=0.0.0.0 SLUICE_STREAM_HOST=0.0.0.0 SLUICE_DATA_DIR=/var/lib/sluice
WORKDIR /app
COPY --from=build /src/node_modules ./node_modules
COPY --from=build /src/packages ./packages
COPY --from=build /src/apps/control-plane ./apps/control-plane
COPY --from=build /src/proto ./proto
COPY package.json LICENSE ./
# The only folder that the program writes to; everything else can be mounted read-only.
RUN install -d -o node -g node -m 0700 /var/lib/sluice
VOLUME /var/lib/sluice
USER node
EXPOSE 8001 8005
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:8001/livez', { redirect: 'error', signal: AbortSignal.timeout(2000) }).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--enable-source-maps", "apps/control-plane/dist/main.js"]
