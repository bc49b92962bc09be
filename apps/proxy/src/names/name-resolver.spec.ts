import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SystemDns } from './dns-questions.ts';
import { NameResolver } from './name-resolver.ts';
import { candidates, parseHosts, parseSearchRules } from './system-files.ts';
import { DnsServer, SERVFAIL } from './testing/dns-server.ts';

describe('system files', () => {
  it('/etc/hosts is read with comments, aliases and both families', () => {
    const hosts = parseHosts(
      '# all\n127.0.0.1\tlocalhost Local.Test # here\n::1 localhost\nnot-an-address x\n10.0.0.1 local.test\n',
    );
    expect([...hosts]).toEqual([
      ['localhost', ['127.0.0.1', '::1']],
      ['local.test', ['127.0.0.1', '10.0.0.1']],
    ]);
  });

  it.each([
    [
      'search a.test b.test.\noptions timeout:2 ndots:5\n',
      { domains: ['a.test', 'b.test'], ndots: 5 },
    ],
    ['domain a.test\nsearch b.test\n', { domains: ['b.test'], ndots: 1 }],
    ['nameserver 10.0.0.1\noptions ndots:99', { domains: [], ndots: 15 }],
    ['', { domains: [], ndots: 1 }],
  ])('/etc/resolv.conf %j says %j', (text, rules) => expect(parseSearchRules(text)).toEqual(rules));

  it.each([
    ['api', { domains: ['ns.svc', 'svc'], ndots: 5 }, ['api.ns.svc', 'api.svc', 'api']],
    ['a.b', { domains: ['c'], ndots: 1 }, ['a.b', 'a.b.c']],
    ['a.b.', { domains: ['c'], ndots: 5 }, ['a.b']],
  ])('%s is tried in the order of the C library', (name, rules, names) =>
    expect(candidates(name, rules)).toEqual(names),
  );
});

describe('NameResolver', () => {
  let server: DnsServer;
  let folder: string;
  let hostsFile: string;
  let resolvConf: string;
  let nowMs = 0;
  let names: NameResolver;

  beforeEach(async () => {
    server = await DnsServer.start();
    folder = await mkdtemp(join(tmpdir(), 'sluice-names-'));
    [hostsFile, resolvConf] = [join(folder, 'hosts'), join(folder, 'resolv.conf')];
    nowMs = 1_000;
    names = new NameResolver({
      dns: new SystemDns([server.address], 200),
      hostsFile,
      resolvConf,
      clock: () => nowMs,
      questionMs: 2_000,
      refreshWaitMs: 2_000,
    });
  });
  afterEach(async () => {
    server.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const texts = async (name: string): Promise<string[]> =>
    (await names.addresses(name)).map(({ address }) => address);

  it('gives all addresses of both families', async () => {
    server.zones.set('both.test', { a: ['192.0.2.1', '192.0.2.2'], aaaa: ['2001:db8::1'] });
    expect((await texts('both.test')).toSorted()).toEqual([
      '192.0.2.1',
      '192.0.2.2',
      '2001:db8::1',
    ]);
    expect(await texts('192.0.2.9')).toEqual(['192.0.2.9']);
    expect(await texts('::1')).toEqual(['::1']);
  });

  it('sends one query for concurrent callers, and another after the TTL', async () => {
    server.zones.set('one.test', { a: ['192.0.2.1'], ttl: 30, delayMs: 20 });
    await Promise.all(Array.from({ length: 200 }, () => texts('ONE.test')));
    expect(server.asked).toHaveLength(1);
    nowMs += 29_000;
    await texts('one.test');
    expect(server.asked).toHaveLength(1);
    server.zones.set('one.test', { a: ['192.0.2.2'], ttl: 30 });
    nowMs += 2_000;
    expect(await texts('one.test')).toEqual(['192.0.2.2']);
    expect(server.asked).toHaveLength(2);
  });

  it.each([
    [0, 1_000],
    [4_000_000, 300_000],
  ])('bounds a TTL of %d s', async (ttl, boundMs) => {
    server.zones.set('odd.test', { a: ['192.0.2.1'], ttl });
    await texts('odd.test');
    expect(names.freshForMs('odd.test')).toBe(boundMs);
  });

  it('queries over TCP when the response was truncated', async () => {
    const many = Array.from({ length: 120 }, (_, index) => `192.0.2.${index}`);
    server.zones.set('long.test', { a: many, truncated: true });
    expect(await texts('long.test')).toHaveLength(120);
  });

  it('caches briefly that a name does not exist', async () => {
    await expect(texts('no.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(texts('no.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    expect(server.asked).toHaveLength(1);
    server.zones.set('no.test', { a: ['192.0.2.1'] });
    nowMs += 2_500;
    expect(await texts('no.test')).toEqual(['192.0.2.1']);
  });

  it.each([
    ['never answers', { silent: true }],
    ['fails', { rcode: SERVFAIL }],
  ])('uses the last good answer when the resolver %s', async (_, zone) => {
    server.zones.set('kept.test', { a: ['192.0.2.1'], ttl: 1 });
    await texts('kept.test');
    server.zones.set('kept.test', zone);
    nowMs += 60_000;
    expect(await texts('kept.test')).toEqual(['192.0.2.1']);
    expect(names.counts).toMatchObject({ answered: 1, failed: 1 });
    expect(names.counts.stale).toBeGreaterThan(0);
    server.zones.set('kept.test', { a: ['192.0.2.7'], ttl: 1 });
    nowMs += 60_000;
    expect(await texts('kept.test')).toEqual(['192.0.2.7']);
  });

  it('replaces an earlier answer when the name no longer exists', async () => {
    server.zones.set('left.test', { a: ['192.0.2.1'], ttl: 1 });
    await texts('left.test');
    server.zones.delete('left.test');
    nowMs += 60_000;
    await expect(texts('left.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('times out an unanswered query, which does not delay other names', async () => {
    server.zones.set('silent.test', { silent: true });
    server.zones.set('fine.test', { a: ['192.0.2.1'] });
    const lost = Promise.allSettled(Array.from({ length: 50 }, () => texts('silent.test')));
    expect(await texts('fine.test')).toEqual(['192.0.2.1']);
    expect(new Set((await lost).map(({ status }) => status))).toEqual(new Set(['rejected']));
    await expect(texts('silent.test')).rejects.toMatchObject({ code: 'EAI_AGAIN' });
  });

  it('completes names with the search list, and reads the files again when they change', async () => {
    await writeFile(resolvConf, 'search ns.test\noptions ndots:2\n');
    server.zones.set('api.ns.test', { a: ['192.0.2.1'] });
    server.zones.set('api.other.test', { a: ['192.0.2.2'] });
    expect(await texts('api')).toEqual(['192.0.2.1']);
    await writeFile(resolvConf, 'search other.test other2.test\n');
    nowMs += 600_000;
    expect(await texts('api')).toEqual(['192.0.2.2']);
    await writeFile(hostsFile, '192.0.2.3 api\n');
    nowMs += 600_000;
    expect(await texts('api')).toEqual(['192.0.2.3']);
  });

  it('resolves localhost without DNS', async () => {
    server.zones.set('localhost', { a: ['192.0.2.1'] });
    expect(await texts('localhost')).toEqual(['127.0.0.1', '::1']);
    expect(await texts('db.localhost')).toEqual(['127.0.0.1', '::1']);
    expect(server.asked).toEqual([]);
  });

  it('works as the lookup option of net.connect', async () => {
    const listener = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    server.zones.set('here.test', { a: ['127.0.0.1'] });
    const socket = connect({
      host: 'here.test',
      port: (listener.address() as AddressInfo).port,
      lookup: names.lookup,
    });
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(chunk.toString()).toBe('hello');
    const nowhere = connect({ host: 'nowhere.test', port: 1, lookup: names.lookup });
    expect(await once(nowhere, 'error')).toMatchObject([{ code: 'ENOTFOUND' }]);
    socket.destroy();
    listener.close();
  });
});
