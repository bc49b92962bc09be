import { createHmac } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';
import { RawOrigin } from '../apps/proxy/src/upstream/testing/raw-origin.ts';

/**
 * A gateway removes the fields that Connection names, and Connection cannot be signed: a proxy on
 * the path could take a signed header away from the upstream by adding Connection.
 */
it('refuses a request whose Connection names a header that is signed', async () => {
  await using started = new AsyncDisposableStack();
  const origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  started.defer(() => origin.stop());
  const secret = 'a-secret-of-thirty-two-characters';
  const proxy = await ProxyFixture.start({
    resources: [
      resource('consumer', { username: 'acme', policies: [] }),
      resource('credential', {
        type: 'hmac',
        name: 'ci',
        consumer: 'consumer-acme',
        username: 'acme-ci',
        secret,
      }),
      resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
      resource('route', {
        name: 'orders',
        paths: ['/*'],
        service: 'service-orders',
        policies: [{ name: 'hmac-auth', config: { components: ['X-Tenant'], replay: 'allow' } }],
      }),
    ],
  });
  started.defer(() => proxy.stop());
  const date = new Date().toUTCString();
  const base = `x-date: ${date}\n@request-target: get /\nx-tenant: small`;
  const signature = createHmac('sha256', secret).update(base).digest('base64');
  const fields = [
    `X-Date: ${date}`,
    'X-Tenant: small',
    `Authorization: hmac username="acme-ci", algorithm="hmac-sha256", headers="x-date @request-target x-tenant", signature="${signature}"`,
  ];
  for (const [connection, status] of [
    ['keep-alive', 200],
    ['close, X-TENANT', 401],
    ['x-date', 401],
    ['x-other', 200],
  ] as const) {
    const answer = await proxy.get('/', ...fields, `Connection: ${connection}`);
    expect([connection, answer.status]).toEqual([connection, status]);
  }
  const received = origin.connections.map((each) => each.received).join('');
  expect(received.match(/^x-tenant: small/gim)).toHaveLength(2);
});
