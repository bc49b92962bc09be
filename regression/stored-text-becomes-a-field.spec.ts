import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource, unreadable } from '../apps/proxy/src/runtime/testing/resources.ts';
import { RawOrigin } from '../apps/proxy/src/upstream/testing/raw-origin.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

describe('text with line breaks that an earlier version stored', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture;
  beforeEach(async () => {
    origin = await RawOrigin.answering(ok);
    proxy = await ProxyFixture.start({ resources: [] });
  });
  afterEach(async () => {
    await proxy.stop();
    origin.stop();
  });

  const route = {
    paths: ['/x/*'],
    service: 'service-s',
    gateways: ['default'],
    hosts: [],
    methods: [],
    headers: {},
    query: {},
  };
  const rest = { encodedSlashes: 'refuse', priority: 0, policies: [], quotas: [], tags: [] };

  it.each([
    ['rewrite.host', { rewrite: { host: 'a\r\nX-Consumer-Username: root' } }],
    [
      'rewrite.host, a whole request',
      { rewrite: { host: 'a\r\n\r\nGET /admin HTTP/1.1\r\nHost: a' } },
    ],
    ['rewrite.stripPrefix', { rewrite: { host: 'target', stripPrefix: '/日本' } }],
    ['rewrite.path', { rewrite: { host: 'target', path: '//evil.test' } }],
    ['a condition', { rewrite: { host: 'target' }, headers: { X_V: '1' } }],
  ])(
    'in %s quarantines the route: the node serves the others, and sends none of the text',
    async (_, written) => {
      const outcome = await proxy.target.applySnapshot(7, [
        resource('gateway', { name: 'default' }),
        resource('service', { name: 's', targets: [{ address: origin.address }] }),
        resource('route', { name: 'other', paths: ['/other'], service: 'service-s' }),
        unreadable('route', 'old', { ...route, ...rest, ...written }),
      ]);
      expect(outcome.applied).toBe(true);
      expect(outcome.quarantined.map(({ name }) => name)).toContain('old');
      const answer = await proxy.get('/x/1', 'X-V: 1');
      expect([
        answer.status,
        (JSON.parse(answer.body.toString()) as { code: string }).code,
      ]).toEqual([503, 'resource_quarantined']);
      expect((await proxy.get('/other')).status).toBe(200);
      expect(origin.connections.map(({ received }) => received).join('')).not.toMatch(
        /root|admin|evil/,
      );
    },
  );
});
