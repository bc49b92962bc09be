import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ResourceChange } from '../config/source.ts';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { certificateA } from '../upstream/testing/certificates.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { removal, resource, unreadable } from './testing/resources.ts';

const keyOf = (username: string): string => `key-of-${username}-0123456789`;
const key = (username: string) =>
  resource('key', {
    name: username,
    consumer: `consumer-${username}`,
    hash: createHash('sha256').update(keyOf(username)).digest('hex'),
    prefix: 'key-of',
  });
const says = (content: string, more: object = {}) => ({
  policies: [{ name: 'static-response', config: { status: 200, content } }],
  ...more,
});
const unknown = [{ name: 'of-tomorrow' }];

describe('RuntimeTarget', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture;
  let revision = 100;

  beforeEach(async () => {
    origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nupstream');
    proxy = await ProxyFixture.start();
  });
  afterEach(async () => {
    await proxy.stop();
    origin.stop();
  });

  const delta = (...changes: ResourceChange[]) => proxy.target.applyDelta(++revision, changes);
  const service = (more: object = {}) =>
    resource('service', { name: 'orders', targets: [{ address: origin.address }], ...more });
  const open = resource('route', { name: 'open', paths: ['/*'], ...says('open') });
  /** What a request is answered: the content, or the code of the problem document. */
  const answer = async (path: string, username?: string): Promise<string> => {
    const { body, status } = await proxy.get(
      path,
      ...(username === undefined ? [] : [`X-Api-Key: ${keyOf(username)}`]),
    );
    return status >= 400 ? (JSON.parse(body) as { code: string }).code : body;
  };

  it('a service that is to show a certificate this node does not have is refused, until it has it', async () => {
    const secure = service({ protocol: 'https', tls: { clientCertificate: 'mesh' } });
    await proxy.apply([
      resource('route', { name: 'a', paths: ['/a'], service: 'service-orders' }),
      service(),
      open,
    ]);
    const refused = delta(secure);
    expect(refused).toMatchObject({
      applied: false,
      faults: [
        {
          kind: 'service',
          name: 'orders',
          pointer: '/tls/clientCertificate',
          code: 'resource_compile_failed',
          reason: expect.stringContaining('SLUICE_CLIENT_CERT_DIR'),
        },
      ],
    });
    expect(await answer('/a')).toBe('upstream');
    proxy.upstreams.clientCertificates.replace({ mesh: certificateA });
    // What was refused is tried again with the next revision.
    expect(delta()).toMatchObject({ applied: true, quarantined: [] });
    expect(proxy.target.runtime.services.get('service-orders')?.spec.tls.clientCertificate).toBe(
      'mesh',
    );
  });

  describe('a snapshot', () => {
    it('replaces everything', async () => {
      await proxy.apply([
        service(),
        resource('route', { name: 'a', paths: ['/a'], service: 'service-orders' }),
        open,
      ]);
      expect([await answer('/a'), await answer('/b')]).toEqual(['upstream', 'open']);
      await proxy.apply([resource('route', { name: 'b', paths: ['/b'], ...says('b') })]);
      expect([await answer('/a'), await answer('/b')]).toEqual(['route_not_found', 'b']);
      expect(proxy.target.runtime.revision).toBe(2);
      expect([...proxy.target.runtime.resources()].map(({ id }) => id)).toEqual([
        'gateway-default',
        'route-b',
      ]);
      expect(proxy.upstreams.connections()).toEqual([]);
    });

    it('serves the valid resources, and reports the others', async () => {
      const outcome = await proxy.target.applySnapshot(7, [
        resource('gateway', { name: 'default' }),
        open,
        resource('route', {
          name: 'broken',
          paths: ['/broken/*'],
          ...says('x'),
          policies: [{ name: 'static-response', config: { status: 200 } }, ...unknown],
        }),
        unreadable('service', 'odd', { protocol: 'smoke-signals', targets: [] }),
      ]);
      expect(outcome).toMatchObject({ applied: true, faults: [] });
      expect(
        outcome.quarantined.map(({ kind, name, pointer, code }) => [kind, name, pointer, code]),
      ).toEqual([
        ['route', 'broken', '/policies/1/name', 'unknown_policy'],
        ['service', 'odd', '/protocol', 'invalid_resource'],
        ['service', 'odd', '/targets', 'invalid_resource'],
      ]);
      expect(proxy.target.quarantined).toBe(outcome.quarantined);
      expect([await answer('/x'), await answer('/broken/1')]).toEqual([
        'open',
        'resource_quarantined',
      ]);
    });

    it('keeps a broken resource at its last good version, as a delta does', async () => {
      await proxy.apply([
        service(),
        resource('route', { name: 'a', paths: ['/a'], service: 'service-orders' }),
      ]);
      const first = proxy.target.runtime.services.get('service-orders');
      const outcome = await proxy.target.applySnapshot(2, [
        resource('gateway', { name: 'default' }),
        service({ policies: unknown }),
        resource('route', {
          name: 'a',
          paths: ['/a2'],
          service: 'service-orders',
          policies: unknown,
        }),
      ]);
      expect(outcome.applied).toBe(true);
      expect(outcome.quarantined).toHaveLength(2);
      expect(await answer('/a')).toBe('upstream');
      expect(proxy.target.runtime.services.get('service-orders')).toBe(first);
      expect(proxy.upstreams.connections()).toHaveLength(1);
    });

    it('joins the kept resources with the current gateway', async () => {
      const resources = (policies: object[], route: object) => [
        resource('gateway', { name: 'default', policies: policies as never }),
        service(),
        resource('route', { name: 'a', paths: ['/a'], service: 'service-orders', ...route }),
      ];
      await proxy.target.applySnapshot(1, resources([], {}));
      expect(await answer('/a')).toBe('upstream');
      expect(
        await proxy.target.applySnapshot(
          2,
          resources([{ name: 'key-auth' }], { policies: unknown }),
        ),
      ).toMatchObject({ applied: true, quarantined: [{ id: 'route-a' }] });
      expect(await answer('/a')).toBe('unauthorized');
    });

    it('and a delta after it share their refusals', async () => {
      const broken = (paths: string[]) =>
        resource('route', {
          name: 'new',
          paths,
          ...says('x'),
          policies: [...says('x').policies, ...unknown],
        });
      await proxy.target.applySnapshot(1, [
        resource('gateway', { name: 'default' }),
        open,
        broken(['/admin']),
      ]);
      expect(await answer('/admin')).toBe('resource_quarantined');
      delta(broken(['/secret']));
      delta();
      expect([await answer('/admin'), await answer('/secret')]).toEqual([
        'open',
        'resource_quarantined',
      ]);
      await proxy.target.applySnapshot(2, [
        resource('gateway', { name: 'default' }),
        open,
        broken(['/third']),
      ]);
      expect([await answer('/secret'), await answer('/third')]).toEqual([
        'open',
        'resource_quarantined',
      ]);
    });

    it('is compiled while requests are served, and installed in one turn', async () => {
      await proxy.apply([resource('route', { name: 'a', paths: ['/a'], ...says('before') })]);
      const many = Array.from({ length: 5_000 }, (_, index) =>
        resource('route', { name: `r-${index}`, paths: [`/r/${index}/*`], ...says(String(index)) }),
      );
      const client = await proxy.connect();
      const applied = proxy.target.applySnapshot(2, [
        resource('gateway', { name: 'default' }),
        resource('route', { name: 'a', paths: ['/a'], ...says('after') }),
        ...many,
      ]);
      expect((await client.send('GET /a HTTP/1.1\r\nHost: a\r\n\r\n').readResponse()).body).toBe(
        'before',
      );
      expect(proxy.target.runtime.revision).toBe(1);
      expect(await applied).toMatchObject({ applied: true, quarantined: [] });
      expect([await answer('/a'), await answer('/r/4999/x')]).toEqual(['after', '4999']);
    });

    it('without the gateway of this node is refused; the current configuration stays', async () => {
      await proxy.apply([open]);
      const outcome = await proxy.target.applySnapshot(2, [
        resource('gateway', { name: 'other' }),
        service(),
      ]);
      expect(outcome).toMatchObject({
        applied: false,
        faults: [{ kind: 'gateway', name: 'default', code: 'unknown_gateway' }],
      });
      expect(await answer('/')).toBe('open');
      // The unused compiled resources are released.
      expect(proxy.upstreams.connections()).toEqual([]);
    });

    it('with a gateway that cannot be read is refused for that, not for its absence', async () => {
      const outcome = await proxy.target.applySnapshot(1, [
        unreadable('gateway', 'default', { trustedProxies: 'all' }),
        open,
      ]);
      expect(outcome).toMatchObject({
        applied: false,
        faults: [{ kind: 'gateway', pointer: '/trustedProxies', code: 'invalid_resource' }],
      });
      expect(outcome.faults).toHaveLength(1);
      expect(await answer('/')).toBe('not_ready');
    });
  });

  describe('a delta', () => {
    beforeEach(() =>
      proxy.apply([
        service(),
        open,
        resource('route', { name: 'a', paths: ['/a/*'], service: 'service-orders' }),
      ]),
    );

    it('adds, changes and removes', async () => {
      expect(delta(resource('route', { name: 'b', paths: ['/b'], ...says('b') }))).toEqual({
        applied: true,
        faults: [],
        quarantined: [],
      });
      expect([await answer('/b'), await answer('/a/1')]).toEqual(['b', 'upstream']);
      delta(resource('route', { name: 'b', paths: ['/b2'], ...says('b2') }));
      expect([await answer('/b'), await answer('/b2')]).toEqual(['open', 'b2']);
      delta(removal(open), removal(resource('route', { name: 'a', ...says('') })));
      expect([await answer('/a/1'), await answer('/b2')]).toEqual(['route_not_found', 'b2']);
      expect(proxy.target.runtime.revision).toBe(revision);
    });

    it('ignores the removal of an unknown resource', () => {
      expect(
        delta(
          removal(resource('route', { name: 'never', ...says('') })),
          removal(resource('key', { name: 'n', consumer: 'c', hash: '0'.repeat(64), prefix: '' })),
        ),
      ).toMatchObject({ applied: true });
    });

    it('with one broken resource is refused completely, with its name, pointer and reason', async () => {
      const outcome = delta(
        resource('route', { name: 'b', paths: ['/b'], ...says('b') }),
        resource('route', {
          name: 'a',
          paths: ['/a/*'],
          service: 'service-orders',
          policies: [{ name: 'key-auth', config: { headerNames: 7 } }, ...unknown],
        }),
      );
      expect(outcome).toEqual({
        applied: false,
        quarantined: [],
        faults: [
          {
            kind: 'route',
            id: 'route-a',
            name: 'a',
            pointer: '/policies/0/config/headerNames',
            code: 'invalid_policy_config',
            reason: expect.any(String),
          },
          {
            kind: 'route',
            id: 'route-a',
            name: 'a',
            pointer: '/policies/1/name',
            code: 'unknown_policy',
            reason: 'this node does not know the policy "of-tomorrow"',
          },
        ],
      });
      expect([await answer('/b'), await answer('/a/1')]).toEqual(['open', 'upstream']);
      expect(proxy.target.runtime.revision).toBe(1);
    });

    it('after a refused one applies its changes, with the broken resource at its last good version', async () => {
      delta(
        resource('route', { name: 'b', paths: ['/b'], ...says('b') }),
        resource('route', {
          name: 'a',
          paths: ['/a/*'],
          ...says('new'),
          policies: unknown,
          service: 'service-orders',
        }),
      );
      const outcome = delta(resource('route', { name: 'c', paths: ['/c'], ...says('c') }));
      expect(outcome).toMatchObject({
        applied: true,
        faults: [],
        quarantined: [{ id: 'route-a', pointer: '/policies/0/name' }],
      });
      expect([await answer('/b'), await answer('/c'), await answer('/a/1')]).toEqual([
        'b',
        'c',
        'upstream',
      ]);
    });

    it('repairs what was broken', async () => {
      delta(
        resource('route', {
          name: 'new',
          paths: ['/new'],
          ...says('x'),
          policies: [...says('x').policies, ...unknown],
        }),
      );
      delta();
      expect(await answer('/new')).toBe('resource_quarantined');
      expect(
        delta(resource('route', { name: 'new', paths: ['/new'], ...says('repaired') })),
      ).toEqual({ applied: true, faults: [], quarantined: [] });
      expect(await answer('/new')).toBe('repaired');
    });

    it('forgets what is broken when it is removed', async () => {
      const broken = resource('route', {
        name: 'new',
        paths: ['/new'],
        ...says('x'),
        policies: [...says('x').policies, ...unknown],
      });
      delta(broken);
      delta();
      expect(delta(removal(broken))).toEqual({ applied: true, faults: [], quarantined: [] });
      expect(await answer('/new')).toBe('open');
    });

    it('that changes a broken route updates its refusal: no request reaches a less specific route', async () => {
      const broken = (paths: string[]) =>
        resource('route', {
          name: 'new',
          paths,
          ...says('x'),
          policies: [...says('x').policies, ...unknown],
        });
      delta(broken(['/admin']));
      delta();
      expect([await answer('/admin'), await answer('/secret')]).toEqual([
        'resource_quarantined',
        'open',
      ]);
      delta(broken(['/secret']));
      delta();
      expect([await answer('/admin'), await answer('/secret')]).toEqual([
        'open',
        'resource_quarantined',
      ]);
    });

    it('reports all faults again when it is sent again', () => {
      const broken = resource('route', {
        name: 'a',
        paths: ['/a/*'],
        service: 'service-orders',
        policies: unknown,
      });
      expect(delta(broken)).toMatchObject({ applied: false });
      expect(delta(broken)).toMatchObject({ applied: false, faults: [{ id: 'route-a' }] });
    });

    it.each([
      ['removes', (): ResourceChange => removal(resource('gateway', { name: 'default' }))],
      [
        'renames',
        (): ResourceChange => ({
          ...resource('gateway', { name: 'renamed' }),
          id: 'gateway-default',
        }),
      ],
    ])(
      'that %s the gateway of this node is refused: it would leave it with nothing to serve',
      async (_, change) => {
        expect(delta(change())).toMatchObject({
          applied: false,
          faults: [
            {
              kind: 'gateway',
              id: 'gateway-default',
              code: 'unknown_gateway',
              reason: expect.stringContaining('SLUICE_GATEWAY'),
            },
          ],
        });
        expect(await answer('/a/1')).toBe('upstream');
        expect(delta(resource('route', { name: 'b', paths: ['/b'], ...says('b') }))).toMatchObject({
          applied: true,
          quarantined: [{ id: 'gateway-default' }],
        });
        expect([await answer('/b'), await answer('/a/1')]).toEqual(['b', 'upstream']);
        expect(delta(resource('gateway', { name: 'default' }))).toMatchObject({
          applied: true,
          quarantined: [],
        });
      },
    );

    it('may put another gateway of the same name in its place', async () => {
      const next = {
        ...resource('gateway', { name: 'default', ...says('from the new gateway') }),
        id: 'gateway-second',
      };
      expect(delta(removal(resource('gateway', { name: 'default' })), next)).toMatchObject({
        applied: true,
      });
      expect(await answer('/a/1')).toBe('from the new gateway');
    });
  });

  describe('a refusal replaces', () => {
    const half = (spec: object) =>
      proxy.target.applySnapshot(++revision, [
        resource('gateway', { name: 'default' }),
        service(),
        open,
        unreadable('route', 'half', spec),
      ]);

    it.each([
      [
        'a property it does not know',
        { paths: ['/half/*'], service: 'service-orders', mirrorTo: 'service-shadow' },
        '/mirrorTo',
      ],
      [
        'a policy written in a way it does not know',
        {
          paths: ['/half/*'],
          service: 'service-orders',
          policies: [{ name: 'key-auth', when: 'always' }],
        },
        '/policies/0/when',
      ],
      [
        'a rewrite it does not know',
        { paths: ['/half/*'], service: 'service-orders', rewrite: { regex: 'x' } },
        '/rewrite/regex',
      ],
    ])(
      'a route with %s: it matches as written, so that an open route does not get its requests',
      async (_, spec, pointer) => {
        expect(await half(spec)).toMatchObject({
          applied: true,
          quarantined: [{ kind: 'route', name: 'half', pointer, code: 'invalid_resource' }],
        });
        expect([await answer('/half/1'), await answer('/other')]).toEqual([
          'resource_quarantined',
          'open',
        ]);
      },
    );

    it('only what it matches: method, host, header and query count', async () => {
      await half({ paths: ['/half'], methods: ['POST'], service: 'service-orders', mirrorTo: 'x' });
      expect(await answer('/half')).toBe('open');
      expect(
        (await proxy.send('POST /half HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n')).status,
      ).toBe(503);
    });

    it.each(['gateway', 'service', 'group', 'consumer'] as const)(
      'a %s whose policies are not known',
      async (kind) => {
        await proxy.target.applySnapshot(++revision, [
          resource('gateway', {
            name: 'default',
            policies:
              kind === 'gateway' ? unknown : [{ name: 'key-auth', config: { optional: true } }],
          }),
          service(kind === 'service' ? { policies: unknown } : {}),
          resource('group', { name: 'gold', policies: kind === 'group' ? unknown : [] }),
          resource('consumer', {
            username: 'acme',
            groups: ['group-gold'],
            policies: kind === 'consumer' ? unknown : [],
          }),
          resource('consumer', { username: 'other' }),
          key('acme'),
          key('other'),
          resource('route', { name: 'a', paths: ['/a'], service: 'service-orders' }),
          open,
        ]);
        const refused = 'resource_quarantined';
        expect([
          await answer('/a', 'acme'),
          await answer('/a', 'other'),
          await answer('/open', 'other'),
          await answer('/open'),
        ]).toEqual(
          {
            gateway: [refused, refused, refused, refused],
            service: [refused, refused, 'open', 'open'],
            group: [refused, 'upstream', 'open', 'open'],
            consumer: [refused, 'upstream', 'open', 'open'],
          }[kind],
        );
        expect(origin.connections.length).toBe(kind === 'gateway' || kind === 'service' ? 0 : 1);
      },
    );

    it.each([
      ['service', { protocol: 'smoke-signals' }],
      ['group', { policies: 'all' }],
      ['consumer', { groups: 'gold' }],
      ['quota', { limits: 'none' }],
    ] as const)('a %s that cannot be read, and never could', async (kind, spec) => {
      const resources = [
        service({ quotas: [] }),
        resource('group', { name: 'gold' }),
        resource('quota', { name: 'plan', limits: [{ requests: 100, per: 'hour' }] }),
        resource('consumer', { username: 'acme', groups: ['group-gold'], quotas: ['quota-plan'] }),
        resource('consumer', { username: 'other' }),
      ].filter(
        (each) => each.kind !== kind || (each.kind === 'consumer' && each.id !== 'consumer-acme'),
      );
      const outcome = await proxy.target.applySnapshot(++revision, [
        resource('gateway', { name: 'default', policies: [{ name: 'key-auth' }] }),
        ...resources,
        unreadable(
          kind,
          { service: 'orders', group: 'gold', consumer: 'acme', quota: 'plan' }[kind],
          spec,
        ),
        key('acme'),
        key('other'),
        resource('route', { name: 'a', paths: ['/a'], service: 'service-orders' }),
      ]);
      expect(outcome.applied).toBe(true);
      expect(await answer('/a', 'acme')).toBe('resource_quarantined');
      expect(await answer('/a', 'other')).toBe(
        kind === 'service' ? 'resource_quarantined' : 'upstream',
      );
    });

    it('a quota of a route or service that is missing', async () => {
      await proxy.apply([
        service(),
        resource('route', {
          name: 'a',
          paths: ['/a'],
          service: 'service-orders',
          quotas: ['quota-gone'],
        }),
        resource('route', { name: 'b', paths: ['/b'], service: 'service-orders' }),
      ]);
      expect([await answer('/a'), await answer('/b')]).toEqual([
        'resource_quarantined',
        'upstream',
      ]);
    });

    it('a policy where its hooks would never run', () => {
      const outcome = delta(
        resource('consumer', {
          username: 'acme',
          policies: [{ name: 'ip-restriction', config: { deny: ['0.0.0.0/0'] } }],
        }),
      );
      expect(outcome).toMatchObject({
        applied: false,
        faults: [
          {
            kind: 'consumer',
            pointer: '/policies/0/name',
            code: 'misplaced_policy',
            reason: expect.stringContaining('not to a consumer'),
          },
        ],
      });
    });
  });

  describe('keys', () => {
    const gateway = resource('gateway', { name: 'default', policies: [{ name: 'key-auth' }] });

    it('of an unknown consumer are invalid until the consumer exists', async () => {
      await proxy.apply([gateway, open, key('acme')]);
      expect(await answer('/', 'acme')).toBe('invalid_credential');
      delta(resource('consumer', { username: 'acme' }));
      expect(await answer('/', 'acme')).toBe('open');
      delta(removal(resource('consumer', { username: 'acme' })));
      expect(await answer('/', 'acme')).toBe('invalid_credential');
    });

    it('that were removed are invalid from the next request on', async () => {
      await proxy.apply([gateway, open, resource('consumer', { username: 'acme' }), key('acme')]);
      expect(await answer('/', 'acme')).toBe('open');
      delta(removal(key('acme')));
      expect(await answer('/', 'acme')).toBe('invalid_credential');
    });

    it.each(['the new one first', 'the old one first'])(
      'may move to another key resource in one revision, %s',
      async (order) => {
        await proxy.apply([gateway, open, resource('consumer', { username: 'acme' }), key('acme')]);
        const again = { ...key('acme'), id: 'key-second' };
        const changes = [again, removal(key('acme'))];
        delta(...(order === 'the new one first' ? changes : changes.toReversed()));
        expect(await answer('/', 'acme')).toBe('open');
      },
    );
  });
});
