import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';

describe('the access log', () => {
  let proxy: ProxyFixture;
  beforeEach(async () => {
    proxy = await ProxyFixture.start({
      resources: [
        resource('service', { name: 'gone', targets: [{ address: '127.0.0.1:1' }] }),
        resource('route', { name: 'gone', paths: ['/gone'], service: 'service-gone' }),
        resource('route', {
          name: 'well',
          paths: ['/well'],
          policies: [{ name: 'static-response', config: { status: 200 } }],
        }),
      ],
    });
  });
  afterEach(() => proxy.stop());

  it('has the reason for a missing upstream response; the client does not get it', async () => {
    const { status, body } = await proxy.get('/gone');
    expect(status).toBe(502);
    expect(await proxy.line(0)).toMatchObject({
      code: 'upstream_connect_failed',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
    expect(body).not.toContain('ECONNREFUSED');
  });

  it('has the reason for a message that the listener refused', async () => {
    await proxy.send('GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await proxy.line(0)).toMatchObject({
      code: 'invalid_target',
      reason: expect.stringContaining('percent-encoded'),
    });
  });

  it('has no reason for a successful request', async () => {
    await proxy.get('/well');
    expect(await proxy.line(0)).not.toHaveProperty('reason');
  });
});
