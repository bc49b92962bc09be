import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { certificateA } from '../upstream/testing/certificates.ts';
import { resource, unreadable } from './testing/resources.ts';
import { open, answering, TargetFixture, unknownPolicy } from './testing/target-fixture.ts';

describe('RuntimeTarget', () => {
  const fixture = new TargetFixture();
  beforeEach(() => fixture.start());
  afterEach(() => fixture.stop());

  it('a service that is to show a certificate this node does not have is refused, until it has it', async () => {
    const secure = fixture.service({ protocol: 'https', tls: { clientCertificate: 'mesh' } });
    await fixture.proxy.apply([
      resource('route', { name: 'a', paths: ['/a'], service: 'service-orders' }),
      fixture.service(),
      open,
    ]);
    const refused = fixture.delta(secure);
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
    expect(await fixture.answer('/a')).toBe('upstream');
    fixture.proxy.upstreams.clientCertificates.replace({ mesh: certificateA });
    // What was refused is tried again with the next revision.
    expect(fixture.delta()).toMatchObject({ applied: true, quarantined: [] });
    expect(
      fixture.proxy.target.runtime.find('service', 'service-orders')?.spec.tls.clientCertificate,
    ).toBe('mesh');
  });

  describe('a snapshot', () => {
    it('replaces everything', async () => {
      await fixture.proxy.apply([
        fixture.service(),
        resource('route', { name: 'a', paths: ['/a'], service: 'service-orders' }),
        open,
      ]);
      expect([await fixture.answer('/a'), await fixture.answer('/b')]).toEqual([
        'upstream',
        'open',
      ]);
      await fixture.proxy.apply([
        resource('route', { name: 'b', paths: ['/b'], ...answering('b') }),
      ]);
      expect([await fixture.answer('/a'), await fixture.answer('/b')]).toEqual([
        'route_not_found',
        'b',
      ]);
      expect(fixture.proxy.target.runtime.revision).toBe(2);
      expect([...fixture.proxy.target.runtime.resources()].map(({ id }) => id)).toEqual([
        'gateway-default',
        'route-b',
      ]);
      expect(fixture.proxy.upstreams.connections()).toEqual([]);
    });

    it('serves the valid resources, and reports the others', async () => {
      const outcome = await fixture.proxy.target.applySnapshot(7, [
        resource('gateway', { name: 'default' }),
        open,
        resource('route', {
          name: 'broken',
          paths: ['/broken/*'],
          ...answering('x'),
          policies: [{ name: 'static-response', config: { status: 200 } }, ...unknownPolicy],
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
      expect(fixture.proxy.target.quarantined).toBe(outcome.quarantined);
      expect([await fixture.answer('/x'), await fixture.answer('/broken/1')]).toEqual([
        'open',
        'resource_quarantined',
      ]);
    });

    it('keeps a broken resource at its last good version, as a delta does', async () => {
      await fixture.proxy.apply([
        fixture.service(),
        resource('route', { name: 'a', paths: ['/a'], service: 'service-orders' }),
      ]);
      const first = fixture.proxy.target.runtime.find('service', 'service-orders');
      const outcome = await fixture.proxy.target.applySnapshot(2, [
        resource('gateway', { name: 'default' }),
        fixture.service({ policies: unknownPolicy }),
        resource('route', {
          name: 'a',
          paths: ['/a2'],
          service: 'service-orders',
          policies: unknownPolicy,
        }),
      ]);
      expect(outcome.applied).toBe(true);
      expect(outcome.quarantined).toHaveLength(2);
      expect(await fixture.answer('/a')).toBe('upstream');
      expect(fixture.proxy.target.runtime.find('service', 'service-orders')).toBe(first);
      expect(fixture.proxy.upstreams.connections()).toHaveLength(1);
    });

    it('joins the kept resources with the current gateway', async () => {
      const resources = (policies: object[], route: object) => [
        resource('gateway', { name: 'default', policies: policies as never }),
        fixture.service(),
        resource('route', { name: 'a', paths: ['/a'], service: 'service-orders', ...route }),
      ];
      await fixture.proxy.target.applySnapshot(1, resources([], {}));
      expect(await fixture.answer('/a')).toBe('upstream');
      expect(
        await fixture.proxy.target.applySnapshot(
          2,
          resources([{ name: 'key-auth' }], { policies: unknownPolicy }),
        ),
      ).toMatchObject({ applied: true, quarantined: [{ id: 'route-a' }] });
      expect(await fixture.answer('/a')).toBe('unauthorized');
    });

    it('and a delta after it share their refusals', async () => {
      const broken = (paths: string[]) =>
        resource('route', {
          name: 'new',
          paths,
          ...answering('x'),
          policies: [...answering('x').policies, ...unknownPolicy],
        });
      await fixture.proxy.target.applySnapshot(1, [
        resource('gateway', { name: 'default' }),
        open,
        broken(['/admin']),
      ]);
      expect(await fixture.answer('/admin')).toBe('resource_quarantined');
      fixture.delta(broken(['/secret']));
      fixture.delta();
      expect([await fixture.answer('/admin'), await fixture.answer('/secret')]).toEqual([
        'open',
        'resource_quarantined',
      ]);
      await fixture.proxy.target.applySnapshot(2, [
        resource('gateway', { name: 'default' }),
        open,
        broken(['/third']),
      ]);
      expect([await fixture.answer('/secret'), await fixture.answer('/third')]).toEqual([
        'open',
        'resource_quarantined',
      ]);
    });

    it('is compiled while requests are served, and installed in one turn', async () => {
      await fixture.proxy.apply([
        resource('route', { name: 'a', paths: ['/a'], ...answering('before') }),
      ]);
      const many = Array.from({ length: 5_000 }, (_, index) =>
        resource('route', {
          name: `r-${index}`,
          paths: [`/r/${index}/*`],
          ...answering(String(index)),
        }),
      );
      const client = await fixture.proxy.connect();
      const applied = fixture.proxy.target.applySnapshot(2, [
        resource('gateway', { name: 'default' }),
        resource('route', { name: 'a', paths: ['/a'], ...answering('after') }),
        ...many,
      ]);
      expect((await client.send('GET /a HTTP/1.1\r\nHost: a\r\n\r\n').readResponse()).body).toBe(
        'before',
      );
      expect(fixture.proxy.target.runtime.revision).toBe(1);
      expect(await applied).toMatchObject({ applied: true, quarantined: [] });
      expect([await fixture.answer('/a'), await fixture.answer('/r/4999/x')]).toEqual([
        'after',
        '4999',
      ]);
    });

    it('without the gateway of this node is refused; the current configuration stays', async () => {
      await fixture.proxy.apply([open]);
      const outcome = await fixture.proxy.target.applySnapshot(2, [
        resource('gateway', { name: 'other' }),
        fixture.service(),
      ]);
      expect(outcome).toMatchObject({
        applied: false,
        faults: [{ kind: 'gateway', name: 'default', code: 'unknown_gateway' }],
      });
      expect(await fixture.answer('/')).toBe('open');
      // The unused compiled resources are released.
      expect(fixture.proxy.upstreams.connections()).toEqual([]);
    });

    it('with a gateway that cannot be read is refused for that, not for its absence', async () => {
      const outcome = await fixture.proxy.target.applySnapshot(1, [
        unreadable('gateway', 'default', { trustedProxies: 'all' }),
        open,
      ]);
      expect(outcome).toMatchObject({
        applied: false,
        faults: [{ kind: 'gateway', pointer: '/trustedProxies', code: 'invalid_resource' }],
      });
      expect(outcome.faults).toHaveLength(1);
      expect(await fixture.answer('/')).toBe('not_ready');
    });
  });
});
