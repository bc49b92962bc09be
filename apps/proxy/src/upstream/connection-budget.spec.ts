import { afterEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { resource } from '../runtime/testing/resources.ts';
import { ConnectionBudget } from './connection-budget.ts';
import { isLocalFault } from './local-fault.ts';
import { RawOrigin } from './testing/raw-origin.ts';

const fault = (code: string): Error => Object.assign(new Error(code), { code });

describe('a local fault', () => {
  it.each(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'])(
    'is %s, alone or for all addresses of a name',
    (code) => {
      expect(isLocalFault(fault(code))).toBe(true);
      expect(isLocalFault(new AggregateError([fault(code), fault('EMFILE')]))).toBe(true);
      expect(isLocalFault(new AggregateError([fault(code), fault('ECONNREFUSED')]))).toBe(false);
    },
  );

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH'])(
    'is not %s',
    (code) => {
      expect(isLocalFault(fault(code))).toBe(false);
      expect(isLocalFault(new AggregateError([]))).toBe(false);
    },
  );
});

describe('connections to all targets together', () => {
  const origins: RawOrigin[] = [];
  let proxy: ProxyFixture;
  afterEach(async () => {
    await proxy.stop();
    for (const origin of origins.splice(0)) origin.stop();
  });
  const start = async (max: number, ...answers: string[]): Promise<void> => {
    origins.push(
      await RawOrigin.answering(...answers),
      await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb'),
    );
    const service = (name: string, origin: RawOrigin | undefined) =>
      resource('service', {
        name,
        targets: [{ address: origin?.address ?? '' }],
        retries: { attempts: 0 },
        health: { failures: 1 },
      });
    const route = (name: string) =>
      resource('route', { name, paths: [`/${name}`], service: `service-${name}` });
    proxy = await ProxyFixture.start({
      upstream: { budget: new ConnectionBudget(max) },
      resources: [service('a', origins[0]), service('b', origins[1]), route('a'), route('b')],
    });
  };
  const ask = async (path: string) =>
    (await proxy.connect()).send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).readResponse();

  it('close an idle one for a target that has none', async () => {
    await start(1, 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na');
    expect(await ask('/a')).toMatchObject({ status: 200, body: 'a' });
    expect(await ask('/b')).toMatchObject({ status: 200, body: 'b' });
  });

  it('are refused with a gateway error when all are busy, without an effect on the health of targets', async () => {
    await start(1, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na');
    const slow = await proxy.connect();
    slow.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    while (proxy.upstreams.connections().every(({ open }) => open === 0))
      await new Promise((resolve) => setImmediate(resolve));
    for (let attempt = 0; attempt < 3; attempt++) {
      const refused = await ask('/b');
      expect([refused.status, JSON.parse(refused.body)]).toMatchObject([
        503,
        { code: 'local_resources_exhausted' },
      ]);
    }
    const service = [...proxy.target.runtime.of('service').values()].find(
      ({ name }) => name === 'b',
    );
    expect(service?.upstream.health()).toMatchObject([{ healthy: true }]);
  });
});
