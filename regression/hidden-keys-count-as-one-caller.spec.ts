import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';
import { RawOrigin } from '../apps/proxy/src/upstream/testing/raw-origin.ts';

const keyOf = (username: string): string => `key-of-${username}-0123456789`;
const caller = (username: string) => [
  resource('consumer', { username }),
  resource('credential', {
    type: 'key',
    name: username,
    consumer: `consumer-${username}`,
    hash: createHash('sha256').update(keyOf(username)).digest('hex'),
    prefix: 'key-of',
  }),
];

describe('key-auth that hides its credential', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture | undefined;
  beforeEach(async () => {
    origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  afterEach(async () => {
    await proxy?.stop();
    origin.stop();
  });

  const start = async (...policies: object[]): Promise<ProxyFixture> =>
    (proxy = await ProxyFixture.start({
      resources: [
        resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
        resource('route', {
          name: 'orders',
          paths: ['/*'],
          service: 'service-orders',
          policies: policies as never,
        }),
        ...caller('alice'),
        ...caller('bob'),
      ],
    }));
  const sent = (): string =>
    origin.connections
      .map(({ received }) => received)
      .join('')
      .toLowerCase();
  const byKey = {
    name: 'rate-limit',
    config: { limit: 1, windowSeconds: 3600, by: 'header:X-Api-Key' },
  };

  it('shows it to a later limit, which counts each caller separately, and hides it from the upstream', async () => {
    const running = await start({ name: 'key-auth' }, byKey);
    const statuses: number[] = [];
    for (const username of ['alice', 'bob', 'alice'])
      statuses.push((await running.get('/', `X-Api-Key: ${keyOf(username)}`)).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect(sent()).not.toContain('key-of-');
    expect(sent()).toContain('x-consumer-username: bob');
  });

  it('also hides the other names, including empty field lines', async () => {
    const running = await start({ name: 'key-auth' });
    expect(
      (
        await running.get(
          '/',
          `apikey: ${keyOf('alice')}`,
          'X-Api-Key:',
          `X-Api-Key: ${keyOf('alice')}`,
        )
      ).status,
    ).toBe(200);
    expect(sent()).not.toMatch(/key-of-|x-api-key|apikey/);
  });

  it('keeps a field of the same name that the operator sets for the upstream', async () => {
    const running = await start(
      { name: 'key-auth' },
      {
        name: 'request-headers',
        config: { set: { 'X-Api-Key': 'of-the-gateway' }, rename: { apikey: 'X-Was' } },
      },
    );
    expect((await running.get('/', `apikey: ${keyOf('alice')}`)).status).toBe(200);
    expect(sent()).toContain('x-api-key: of-the-gateway');
    expect(sent()).not.toContain('key-of-');
  });

  it('removes nothing in shadow mode', async () => {
    const running = await start({ name: 'key-auth', mode: 'shadow' });
    expect((await running.get('/', `X-Api-Key: ${keyOf('alice')}`)).status).toBe(200);
    expect(sent()).toContain(`x-api-key: ${keyOf('alice')}`);
  });
});
