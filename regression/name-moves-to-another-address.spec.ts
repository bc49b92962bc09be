import { createServer, type Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { SystemDns } from '../apps/proxy/src/names/dns-questions.ts';
import { NameResolver } from '../apps/proxy/src/names/name-resolver.ts';
import { DnsServer } from '../apps/proxy/src/names/testing/dns-server.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';

/**
 * Traffic stayed on the first address of a name while its connections lived; of several addresses
 * only one was used.
 */
describe('a target that is a name', () => {
  let dns: DnsServer;
  let proxy: ProxyFixture;
  let port = 0;
  const servers: (Server | Http2Server)[] = [];
  beforeEach(async () => {
    dns = await DnsServer.start();
    port = 0;
  });
  afterEach(async () => {
    await proxy.stop();
    for (const server of servers.splice(0)) server.close();
    dns.stop();
  });

  /** Starts servers on one port of several loopback addresses; each responds with its address. */
  const listen = async (protocol: 'http' | 'h2c', ...addresses: string[]): Promise<void> => {
    for (const address of addresses) {
      const server =
        protocol === 'http'
          ? createServer((_, response) => void response.end(address))
          : createHttp2Server((_, response) => void response.end(address));
      server.listen(port, address);
      await once(server, 'listening');
      ({ port } = server.address() as AddressInfo);
      servers.push(server);
    }
  };
  const start = async (protocol: 'http' | 'h2c'): Promise<void> => {
    const names = new NameResolver({ dns: new SystemDns([dns.address], 500) });
    const services = ['api', 'dead'].map((name) =>
      resource('service', {
        name,
        protocol,
        targets: [{ address: `${name}.test:${port}` }],
        health: { failures: 1_000 },
      }),
    );
    const routes = ['api', 'dead'].map((name) =>
      resource('route', { name, paths: [`/${name}`], service: `service-${name}` }),
    );
    proxy = await ProxyFixture.start({ upstream: { names }, resources: [...services, ...routes] });
  };
  const ask = async (path = '/api'): Promise<string> => {
    const client = await proxy.connect();
    const { status, body } = await client
      .send(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      .readResponse();
    return status === 200 ? body : String(status);
  };
  const askMany = async (count: number): Promise<string[]> => {
    const bodies: string[] = [];
    for (let turn = 0; turn < count; turn++) bodies.push(await ask());
    return bodies;
  };

  describe.each(['http', 'h2c'] as const)('over %s', (protocol) => {
    it('is used at its new address after a change', async () => {
      await listen(protocol, '127.0.0.1', '127.0.0.2');
      dns.zones.set('api.test', { a: ['127.0.0.1'], ttl: 1 });
      await start(protocol);
      expect(new Set(await askMany(3))).toEqual(new Set(['127.0.0.1']));
      dns.zones.set('api.test', { a: ['127.0.0.2'], ttl: 1 });
      const late = performance.now() + 10_000;
      // Steady traffic, so that the connection is never closed as idle.
      while ((await ask()) !== '127.0.0.2' && performance.now() < late) await sleep(100);
      expect(new Set(await askMany(5))).toEqual(new Set(['127.0.0.2']));
    });

    it('is used at all its addresses, and one that refuses connections fails no request', async () => {
      await listen(protocol, '127.0.0.1', '127.0.0.2');
      dns.zones.set('api.test', { a: ['127.0.0.1', '127.0.0.2', '127.0.0.3'], ttl: 1 });
      await start(protocol);
      const bodies = await askMany(40);
      const count = (address: string): number => bodies.filter((body) => body === address).length;
      expect(count('127.0.0.1') + count('127.0.0.2')).toBe(40);
      expect(Math.min(count('127.0.0.1'), count('127.0.0.2'))).toBeGreaterThanOrEqual(10);
    });
  });

  it('that never resolves delays no other target', async () => {
    await listen('http', '127.0.0.1');
    dns.zones.set('api.test', { a: ['127.0.0.1'], ttl: 1 });
    dns.zones.set('dead.test', { silent: true });
    await start('http');
    const lost = Array.from({ length: 20 }, () => ask('/dead'));
    for (let turn = 0; turn < 10; turn++) expect(await ask()).toBe('127.0.0.1');
    expect(new Set(await Promise.all(lost))).toEqual(new Set(['502']));
    // One query for all requests, sent at most twice, and again after a pause.
    expect(dns.asked.filter((name) => name === 'dead.test').length).toBeLessThanOrEqual(12);
  });
});
