import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createLogger } from '@sluice/telemetry';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { readEnv } from '../env.ts';
import { ProxyNode } from '../node/node.ts';
import { Serving } from '../node/serving.ts';
import { singleProcess } from '../node/traffic.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';

let folder: string;
let origin: RawOrigin;
let node: ProxyNode | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-identity-'));
  origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
});
afterEach(async () => {
  await node?.stop();
  origin.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A new private key on P-256, in PEM. */
function pem(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

it('an upstream verifies the token with the JWK set of the status port', async () => {
  const file = join(folder, 'config.json');
  const config = {
    signingKeys: [
      { name: 'now', gateway: 'default', use: 'identity', key: pem() },
      {
        name: 'next',
        gateway: 'default',
        use: 'identity',
        key: pem(),
        activeAt: '2999-01-01T00:00:00Z',
      },
      { name: 'session', gateway: 'default', use: 'session', key: 'A'.repeat(43) },
    ],
    services: [{ name: 'orders', targets: [{ address: origin.address }] }],
    consumers: [{ username: 'guest' }],
    routes: [
      {
        name: 'orders',
        paths: ['/*'],
        service: 'orders',
        policies: [
          { name: 'anonymous', config: { consumer: 'guest' } },
          { name: 'upstream-identity', config: { token: {} } },
        ],
      },
    ],
  };
  await writeFile(file, JSON.stringify(config));
  let statusPort = 0;
  const logger = createLogger({ name: 'node', level: 'error' });
  logger.level = 'silent';
  const heard = Object.assign(Object.create(logger) as typeof logger, {
    info: (fields: { statusPort?: number }) => (statusPort = fields.statusPort ?? statusPort),
  });
  const env = readEnv({
    SLUICE_PROXY_PORT: '0',
    SLUICE_STATUS_PORT: '0',
    SLUICE_DATA_DIR: join(folder, 'data'),
    SLUICE_ACCESS_LOG: 'off',
    SLUICE_CONFIG_FILE: file,
  });
  const serving = await Serving.create({ env, version: '1', logger: heard });
  const traffic = singleProcess(serving, { port: env.SLUICE_PROXY_PORT });
  node = new ProxyNode({ env, version: '1', logger: heard, traffic, policies: [] });
  await node.start();

  const forged = { 'X-Gateway-Identity': 'forged', 'x.gateway.identity': 'forged' };
  const response = await fetch(`http://127.0.0.1:${serving.port}/a`, { headers: forged });
  expect(response.status).toBe(200);
  const received = origin.connections.at(-1)?.received ?? '';
  expect(received).not.toContain('forged');
  const token = /x-gateway-identity: (\S+)/i.exec(received)?.[1] ?? '';

  const url = `http://127.0.0.1:${statusPort}/.well-known/jwks.json`;
  const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(url)), {
    audience: 'orders',
    issuer: 'sluice',
    algorithms: ['ES256'],
  });
  expect(payload['consumer']).toMatchObject({ username: 'guest' });
  const set = await fetch(url);
  expect(set.headers.get('content-type')).toBe('application/jwk-set+json');
  expect(set.headers.get('cache-control')).toBe('public, max-age=300');
  const { keys } = (await set.json()) as { keys: Record<string, string>[] };
  expect(keys).toHaveLength(2);
  for (const key of keys)
    expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
});
