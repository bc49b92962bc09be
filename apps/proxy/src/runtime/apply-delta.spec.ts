import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ResourceChange } from '../config/source.ts';
import { removal, resource } from './testing/resources.ts';
import { open, answering, TargetFixture, unknownPolicy } from './testing/target-fixture.ts';

describe('RuntimeTarget', () => {
  const fixture = new TargetFixture();
  beforeEach(() => fixture.start());
  afterEach(() => fixture.stop());

  describe('a delta', () => {
    beforeEach(() =>
      fixture.proxy.apply([
        fixture.service(),
        open,
        resource('route', { name: 'a', paths: ['/a/*'], service: 'service-orders' }),
      ]),
    );

    it('adds, changes and removes', async () => {
      expect(
        fixture.delta(resource('route', { name: 'b', paths: ['/b'], ...answering('b') })),
      ).toEqual({
        applied: true,
        faults: [],
        quarantined: [],
      });
      expect([await fixture.answer('/b'), await fixture.answer('/a/1')]).toEqual(['b', 'upstream']);
      fixture.delta(resource('route', { name: 'b', paths: ['/b2'], ...answering('b2') }));
      expect([await fixture.answer('/b'), await fixture.answer('/b2')]).toEqual(['open', 'b2']);
      fixture.delta(removal(open), removal(resource('route', { name: 'a', ...answering('') })));
      expect([await fixture.answer('/a/1'), await fixture.answer('/b2')]).toEqual([
        'route_not_found',
        'b2',
      ]);
      expect(fixture.proxy.target.runtime.revision).toBe(fixture.revision);
    });

    it('ignores the removal of an unknown resource', () => {
      expect(
        fixture.delta(
          removal(resource('route', { name: 'never', ...answering('') })),
          removal(
            resource('credential', {
              type: 'key',
              name: 'n',
              consumer: 'c',
              hash: '0'.repeat(64),
              prefix: '',
            }),
          ),
        ),
      ).toMatchObject({ applied: true });
    });

    it('with one broken resource is refused completely, with its name, pointer and reason', async () => {
      const outcome = fixture.delta(
        resource('route', { name: 'b', paths: ['/b'], ...answering('b') }),
        resource('route', {
          name: 'a',
          paths: ['/a/*'],
          service: 'service-orders',
          policies: [{ name: 'key-auth', config: { headerNames: 7 } }, ...unknownPolicy],
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
      expect([await fixture.answer('/b'), await fixture.answer('/a/1')]).toEqual([
        'open',
        'upstream',
      ]);
      expect(fixture.proxy.target.runtime.revision).toBe(1);
    });

    it('after a refused one applies its changes, with the broken resource at its last good version', async () => {
      fixture.delta(
        resource('route', { name: 'b', paths: ['/b'], ...answering('b') }),
        resource('route', {
          name: 'a',
          paths: ['/a/*'],
          ...answering('new'),
          policies: unknownPolicy,
          service: 'service-orders',
        }),
      );
      const outcome = fixture.delta(
        resource('route', { name: 'c', paths: ['/c'], ...answering('c') }),
      );
      expect(outcome).toMatchObject({
        applied: true,
        faults: [],
        quarantined: [{ id: 'route-a', pointer: '/policies/0/name' }],
      });
      expect([
        await fixture.answer('/b'),
        await fixture.answer('/c'),
        await fixture.answer('/a/1'),
      ]).toEqual(['b', 'c', 'upstream']);
    });

    it('repairs what was broken', async () => {
      fixture.delta(
        resource('route', {
          name: 'new',
          paths: ['/new'],
          ...answering('x'),
          policies: [...answering('x').policies, ...unknownPolicy],
        }),
      );
      fixture.delta();
      expect(await fixture.answer('/new')).toBe('resource_quarantined');
      expect(
        fixture.delta(
          resource('route', { name: 'new', paths: ['/new'], ...answering('repaired') }),
        ),
      ).toEqual({ applied: true, faults: [], quarantined: [] });
      expect(await fixture.answer('/new')).toBe('repaired');
    });

    it('forgets what is broken when it is removed', async () => {
      const broken = resource('route', {
        name: 'new',
        paths: ['/new'],
        ...answering('x'),
        policies: [...answering('x').policies, ...unknownPolicy],
      });
      fixture.delta(broken);
      fixture.delta();
      expect(fixture.delta(removal(broken))).toEqual({
        applied: true,
        faults: [],
        quarantined: [],
      });
      expect(await fixture.answer('/new')).toBe('open');
    });

    it('that changes a broken route updates its refusal: no request reaches a less specific route', async () => {
      const broken = (paths: string[]) =>
        resource('route', {
          name: 'new',
          paths,
          ...answering('x'),
          policies: [...answering('x').policies, ...unknownPolicy],
        });
      fixture.delta(broken(['/admin']));
      fixture.delta();
      expect([await fixture.answer('/admin'), await fixture.answer('/secret')]).toEqual([
        'resource_quarantined',
        'open',
      ]);
      fixture.delta(broken(['/secret']));
      fixture.delta();
      expect([await fixture.answer('/admin'), await fixture.answer('/secret')]).toEqual([
        'open',
        'resource_quarantined',
      ]);
    });

    it('reports all faults again when it is sent again', () => {
      const broken = resource('route', {
        name: 'a',
        paths: ['/a/*'],
        service: 'service-orders',
        policies: unknownPolicy,
      });
      expect(fixture.delta(broken)).toMatchObject({ applied: false });
      expect(fixture.delta(broken)).toMatchObject({ applied: false, faults: [{ id: 'route-a' }] });
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
        expect(fixture.delta(change())).toMatchObject({
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
        expect(await fixture.answer('/a/1')).toBe('upstream');
        expect(
          fixture.delta(resource('route', { name: 'b', paths: ['/b'], ...answering('b') })),
        ).toMatchObject({
          applied: true,
          quarantined: [{ id: 'gateway-default' }],
        });
        expect([await fixture.answer('/b'), await fixture.answer('/a/1')]).toEqual([
          'b',
          'upstream',
        ]);
        expect(fixture.delta(resource('gateway', { name: 'default' }))).toMatchObject({
          applied: true,
          quarantined: [],
        });
      },
    );

    it('may put another gateway of the same name in its place', async () => {
      const next = {
        ...resource('gateway', { name: 'default', ...answering('from the new gateway') }),
        id: 'gateway-second',
      };
      expect(fixture.delta(removal(resource('gateway', { name: 'default' })), next)).toMatchObject({
        applied: true,
      });
      expect(await fixture.answer('/a/1')).toBe('from the new gateway');
    });
  });
});
