import { afterEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';

describe('a service whose target is the gateway itself', () => {
  let proxy: ProxyFixture;
  afterEach(() => proxy.stop());

  it('is answered with 508 after a few rounds, detected by the Via of the gateway', async () => {
    proxy = await ProxyFixture.start({ resources: [] });
    await proxy.apply([
      resource('service', { name: 's', targets: [{ address: `127.0.0.1:${proxy.port}` }] }),
      resource('route', { name: 'r', service: 'service-s' }),
    ]);
    const response = await proxy.get('/x');
    expect(response.status).toBe(508);
    expect(JSON.parse(response.body.toString())).toMatchObject({ code: 'loop_detected' });
    await proxy.line(4);
    expect(proxy.lines.length).toBeLessThanOrEqual(6);
  });
});
