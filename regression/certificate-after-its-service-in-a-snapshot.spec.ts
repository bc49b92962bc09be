import { afterEach, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';
import { createTestAuthority } from '../packages/testkit/src/certificates.ts';

let proxy: ProxyFixture | undefined;
afterEach(() => proxy?.stop());

it('serves a service whose certificate and CA follow it in the snapshot', async () => {
  const authority = await createTestAuthority('ours');
  const { cert, key } = await authority.issue({ names: ['mesh'] });
  const service = resource('service', {
    name: 'orders',
    protocol: 'https',
    targets: [{ address: '127.0.0.1:9' }],
    tls: { certificate: 'certificate-mesh', cas: ['ca-targets'] },
  });
  const started = await ProxyFixture.start({ resources: [] });
  proxy = started;
  const [gateway] = started.target.runtime.of('gateway').values();
  const outcome = await started.target.applySnapshot(2, [
    { kind: 'gateway', id: gateway?.id ?? '', spec: gateway?.spec as never },
    service,
    resource('ca', { name: 'targets', certificates: authority.ca }),
    resource('certificate', { name: 'mesh', certificate: cert, key, gateways: [] }),
  ]);
  expect(outcome).toEqual({ applied: true, faults: [], quarantined: [] });
});
