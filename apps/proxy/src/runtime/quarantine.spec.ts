import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { resource, unreadable } from './testing/resources.ts';
import { keyResource, open, TargetFixture, unknownPolicy } from './testing/target-fixture.ts';

describe('RuntimeTarget', () => {
  const fixture = new TargetFixture();
  beforeEach(() => fixture.start());
  afterEach(() => fixture.stop());

  describe('a refusal replaces', () => {
    const half = (spec: object) =>
      fixture.proxy.target.applySnapshot(++fixture.revision, [
        resource('gateway', { name: 'default' }),
        fixture.service(),
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
        expect([await fixture.answer('/half/1'), await fixture.answer('/other')]).toEqual([
          'resource_quarantined',
          'open',
        ]);
        expect(await fixture.proxy.line(0)).toHaveProperty(
          'reason',
          expect.stringContaining(`the route "half" cannot be used: ${pointer} `),
        );
        expect((await fixture.proxy.get('/half/1')).body).not.toMatch(/Admin API|mirrorTo/);
      },
    );

    it('only what it matches: method, host, header and query count', async () => {
      await half({ paths: ['/half'], methods: ['POST'], service: 'service-orders', mirrorTo: 'x' });
      expect(await fixture.answer('/half')).toBe('open');
      expect(
        (await fixture.proxy.send('POST /half HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n'))
          .status,
      ).toBe(503);
    });

    it.each(['gateway', 'service', 'group', 'consumer'] as const)(
      'a %s whose policies are not known',
      async (kind) => {
        await fixture.proxy.target.applySnapshot(++fixture.revision, [
          resource('gateway', {
            name: 'default',
            policies:
              kind === 'gateway'
                ? unknownPolicy
                : [{ name: 'key-auth', config: { optional: true } }],
          }),
          fixture.service(kind === 'service' ? { policies: unknownPolicy } : {}),
          resource('group', { name: 'gold', policies: kind === 'group' ? unknownPolicy : [] }),
          resource('consumer', {
            username: 'acme',
            groups: ['group-gold'],
            policies: kind === 'consumer' ? unknownPolicy : [],
          }),
          resource('consumer', { username: 'other' }),
          keyResource('acme'),
          keyResource('other'),
          resource('route', { name: 'a', paths: ['/a'], service: 'service-orders' }),
          open,
        ]);
        const refused = 'resource_quarantined';
        expect([
          await fixture.answer('/a', 'acme'),
          await fixture.answer('/a', 'other'),
          await fixture.answer('/open', 'other'),
          await fixture.answer('/open'),
        ]).toEqual(
          {
            gateway: [refused, refused, refused, refused],
            service: [refused, refused, 'open', 'open'],
            group: [refused, 'upstream', 'open', 'open'],
            consumer: [refused, 'upstream', 'open', 'open'],
          }[kind],
        );
        expect(fixture.origin.connections.length).toBe(
          kind === 'gateway' || kind === 'service' ? 0 : 1,
        );
      },
    );

    it.each([
      ['service', { protocol: 'smoke-signals' }],
      ['group', { policies: 'all' }],
      ['consumer', { groups: 'gold' }],
      ['quota', { limits: 'none' }],
    ] as const)('a %s that cannot be read, and never could', async (kind, spec) => {
      const resources = [
        fixture.service({ quotas: [] }),
        resource('group', { name: 'gold' }),
        resource('quota', { name: 'plan', limits: [{ requests: 100, per: 'hour' }] }),
        resource('consumer', { username: 'acme', groups: ['group-gold'], quotas: ['quota-plan'] }),
        resource('consumer', { username: 'other' }),
      ].filter(
        (each) => each.kind !== kind || (each.kind === 'consumer' && each.id !== 'consumer-acme'),
      );
      const outcome = await fixture.proxy.target.applySnapshot(++fixture.revision, [
        resource('gateway', { name: 'default', policies: [{ name: 'key-auth' }] }),
        ...resources,
        unreadable(
          kind,
          { service: 'orders', group: 'gold', consumer: 'acme', quota: 'plan' }[kind],
          spec,
        ),
        keyResource('acme'),
        keyResource('other'),
        resource('route', { name: 'a', paths: ['/a'], service: 'service-orders' }),
      ]);
      expect(outcome.applied).toBe(true);
      expect(await fixture.answer('/a', 'acme')).toBe('resource_quarantined');
      expect(await fixture.answer('/a', 'other')).toBe(
        kind === 'service' ? 'resource_quarantined' : 'upstream',
      );
    });

    it('a quota of a route or service that is missing', async () => {
      await fixture.proxy.apply([
        fixture.service(),
        resource('route', {
          name: 'a',
          paths: ['/a'],
          service: 'service-orders',
          quotas: ['quota-gone'],
        }),
        resource('route', { name: 'b', paths: ['/b'], service: 'service-orders' }),
      ]);
      expect([await fixture.answer('/a'), await fixture.answer('/b')]).toEqual([
        'resource_quarantined',
        'upstream',
      ]);
    });

    it('a policy where its hooks would never run', () => {
      const outcome = fixture.delta(
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
});
