import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { resource } from '../runtime/testing/resources.ts';
import { CredentialNotes } from './credential-notes.ts';

describe('CredentialNotes', () => {
  it('note a use once a minute, and report it once', () => {
    const notes = new CredentialNotes();
    for (const usedAtMs of [1_000, 2_000, 60_999]) notes.used('a', usedAtMs);
    expect(notes.take()).toEqual({ uses: [{ id: 'a', usedAtMs: 1_000 }], rehashes: [] });
    notes.used('a', 60_999);
    expect(notes.take()).toBeUndefined();
    notes.used('a', 61_000);
    expect(notes.take()?.uses).toEqual([{ id: 'a', usedAtMs: 61_000 }]);
  });

  it('keep a bounded number, and count the others', () => {
    const notes = new CredentialNotes();
    for (let index = 0; index < 10_500; index++) notes.used(`id-${index}`, 1_000);
    expect(notes.dropped).toBe(500);
    const taken: string[] = [];
    for (let report = notes.take(); report !== undefined; report = notes.take()) {
      expect(report.uses.length).toBeLessThanOrEqual(1_000);
      taken.push(...report.uses.map(({ id }) => id));
    }
    expect(new Set(taken).size).toBe(10_000);
    // One that was dropped is noted when it is used again.
    notes.used('id-10400', 2_000);
    expect(notes.take()?.uses).toEqual([{ id: 'id-10400', usedAtMs: 2_000 }]);
  });

  it('keep nothing on a node without a control plane', () => {
    const notes = new CredentialNotes(false);
    for (let index = 0; index < 10_500; index++) notes.used(`id-${index}`, 1_000);
    notes.rehashed({ id: 'a', replaced: new Uint8Array(32), hash: '$argon2id$' });
    expect([notes.take(), notes.dropped]).toEqual([undefined, 0]);
  });

  it('add the reports of several processes', () => {
    const [all, ...workers] = [new CredentialNotes(), new CredentialNotes(), new CredentialNotes()];
    for (const worker of workers) worker.used('a', 5_000);
    const rehash = { id: 'b', replaced: new Uint8Array(32), hash: '$argon2id$' };
    workers[0]?.rehashed(rehash);
    workers[1]?.rehashed(rehash);
    for (const worker of workers) all.add(worker.take() ?? { uses: [], rehashes: [] });
    expect(all.take()).toEqual({ uses: [{ id: 'a', usedAtMs: 5_000 }], rehashes: [rehash] });
  });
});

describe('the uses of credentials in the proxy', () => {
  let proxy: ProxyFixture | undefined;
  afterEach(() => proxy?.stop());

  const key = (name: string, more: object = {}) =>
    resource('credential', {
      type: 'key',
      name,
      consumer: 'consumer-acme',
      hash: createHash('sha256').update(`the-${name}`).digest('hex'),
      prefix: 'the-',
      ...more,
    });

  it('are noted for accepted requests only, also after the configuration has changed', async () => {
    proxy = await ProxyFixture.start({
      resources: [
        resource('consumer', { username: 'acme' }),
        key('used'),
        key('disabled', { disabled: true }),
        key('other'),
        resource('route', {
          name: 'r',
          paths: ['/*'],
          policies: [{ name: 'key-auth' }, { name: 'static-response', config: { status: 204 } }],
        }),
      ],
    });
    const statusWith = async (name: string): Promise<number | undefined> =>
      (await proxy?.get('/', `X-API-Key: the-${name}`))?.status;
    for (let round = 0; round < 5; round++) expect(await statusWith('used')).toBe(204);
    expect([await statusWith('disabled'), await statusWith('unknown')]).toEqual([401, 401]);
    const ids = (): string[] | undefined => proxy?.credentialNotes.take()?.uses.map(({ id }) => id);
    expect(ids()).toEqual([key('used').id]);
    // Every credential is joined with its consumer again.
    proxy.change(resource('consumer', { username: 'acme', tags: ['changed'] }));
    expect(await statusWith('used')).toBe(204);
    expect(ids()).toBeUndefined();
    expect(await statusWith('other')).toBe(204);
    expect(ids()).toEqual([key('other').id]);
  });
});
