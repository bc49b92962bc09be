import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { signJwt } from '@sluice/tokens';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { issuerFaults, KeyServer } from './testing/key-server.ts';

/** Issuers that fail to publish their keys, in the proxy: see published-keys.spec.ts for hours. */
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'one' };
let servers: KeyServer[] = [];
let origin: RawOrigin;
let gateway: ProxyFixture;

beforeAll(() => import('undici'));
afterEach(async () => {
  await gateway.stop();
  origin.stop();
  for (const server of servers) await server.stop();
});

async function start(): Promise<void> {
  origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  servers = [];
  for (const fault of issuerFaults) {
    const server = await KeyServer.start([jwk]);
    server.fault = fault;
    servers.push(server);
  }
  gateway = await ProxyFixture.start({
    resources: [
      resource('service', { name: 'api', targets: [{ address: origin.address }] }),
      ...servers.map(({ issuer, jwksUri }, index) =>
        resource('route', {
          name: `route-${index}`,
          paths: [`/${index}`],
          service: 'service-api',
          policies: [
            {
              name: 'jwt',
              // Authentication is closed all the same.
              onError: index % 2 === 0 ? ('open' as const) : ('closed' as const),
              config: {
                allowPrivateAddresses: true,
                // Half of them are found by discovery.
                issuers: [{ issuer, audience: 'any', ...(index % 2 === 0 && { jwksUri }) }],
              },
            },
          ],
        }),
      ),
    ],
  });
}

const get = (index: number) => {
  const claims = { iss: servers[index]?.issuer, exp: Math.floor(Date.now() / 1_000) + 600 };
  const token = signJwt(claims, pair.privateKey, { alg: 'ES256', kid: 'one' });
  return gateway.get(`/${index}`, `Authorization: Bearer ${token}`);
};

describe('issuers that are down when the proxy starts', () => {
  it('lead to 503, and to 200 when they recover, without a restart', async () => {
    await start();
    const answers = await Promise.all(servers.map((_, index) => get(index)));
    expect(answers.map(({ status }) => status)).toEqual(servers.map(() => 503));
    expect(answers.map(({ headers }) => headers.get('retry-after'))).toEqual(
      servers.map(() => '5'),
    );
    await eventually(() => gateway.lines.length === servers.length);
    expect(gateway.lines.map(({ authReason }) => authReason)).toEqual(
      servers.map(() => 'dependency_failed'),
    );
    expect(origin.connections).toEqual([]);
    const failed = gateway.counted('sluice_policy_jwt_key_fetches_total', { outcome: 'failed' });
    expect(failed).toBeGreaterThanOrEqual(servers.length);
    for (const server of servers) server.fault = undefined;
    for (const index of servers.keys())
      await eventually(async () => (await get(index)).status === 200);
    // While keys are there, requests do not wait for an issuer that fails again.
    for (const server of servers) server.fault = 'slow';
    const later = await Promise.all(servers.map((_, index) => get(index)));
    expect(later.map(({ status }) => status)).toEqual(servers.map(() => 200));
  });
});
