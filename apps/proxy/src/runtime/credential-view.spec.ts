import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hashPassword } from '@sluice/passwords';
import { principal } from '@sluice/policy-sdk';
import type { FoundCredential } from '@sluice/policy-sdk';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { CredentialNotes } from '../usage/credential-notes.ts';
import { removal, resource } from './testing/resources.ts';

const foreign = '$2y$07$usesomesillystringfore2uDLvp1Ii2e./U9C8sBjqp8I90dH6hi';
const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();

const acme = resource('consumer', { username: 'acme' });
const hooli = resource('consumer', { username: 'hooli' });
const login = (more: object = {}) => ({
  ...resource('credential', {
    type: 'basic',
    name: 'login',
    consumer: acme.id,
    username: 'jane',
    passwordHash: foreign,
    ...more,
  }),
  id: 'credential-login',
});
const others = [
  resource('credential', {
    type: 'key',
    name: 'key',
    consumer: acme.id,
    hash: 'a'.repeat(64),
    prefix: 'a',
  }),
  resource('credential', {
    type: 'hmac',
    name: 'hmac',
    consumer: acme.id,
    username: 'jane',
    secret: 'a secret of sixteen letters',
  }),
];

describe('a caller whose stream stays open', () => {
  let proxy: ProxyFixture;
  beforeEach(async () => {
    proxy = await ProxyFixture.start({ resources: [acme, hooli, login(), ...others] });
  });
  afterEach(() => proxy.stop());

  const find = (type: string, lookup: string): FoundCredential => {
    const found = proxy.target.runtime.findCredential(type, lookup);
    if (found === undefined) throw new Error(`there is no ${type} credential "${lookup}"`);
    return found;
  };
  const isLiveOf = (found: FoundCredential): (() => boolean) => {
    const { isLive } = principal(found);
    if (isLive === undefined) throw new Error('nothing tells whether it is live');
    return isLive;
  };

  it.each<[string, () => unknown]>([
    ['its deletion', () => proxy.change(removal(login()))],
    ['that of its consumer', () => proxy.change(removal(login()), removal(acme))],
    ['it is disabled', () => proxy.change(login({ disabled: true }))],
    ['it has expired', () => proxy.change(login({ expiresAt: inHours(-1) }))],
    ['another password', () => proxy.change(login({ passwordHash: foreign.replace('07', '08') }))],
    ['another username', () => proxy.change(login({ username: 'janet' }))],
    ['another consumer', () => proxy.change(login({ consumer: hooli.id }))],
    [
      'another credential with its username',
      () => proxy.change(removal(login()), { ...login(), id: 'credential-second' }),
    ],
    ['a snapshot without it', () => proxy.apply([acme, hooli, ...others])],
  ])('is not live after %s', async (_what, change) => {
    const isLive = isLiveOf(find('basic', 'jane'));
    const [key, hmac] = [isLiveOf(find('key', 'a'.repeat(64))), isLiveOf(find('hmac', 'jane'))];
    expect([isLive(), key(), hmac()]).toEqual([true, true, true]);
    await change();
    expect(isLive()).toBe(false);
    expect(key()).toBe(proxy.target.runtime.findCredential('key', 'a'.repeat(64)) !== undefined);
  });

  it('is live after any other change, and each snapshot', async () => {
    const isLive = isLiveOf(find('basic', 'jane'));
    proxy.change(login({ tags: ['x'], name: 'renamed', expiresAt: inHours(1) }));
    proxy.change(resource('consumer', { username: 'acme', tags: ['x'] }));
    expect(isLive()).toBe(true);
    await proxy.apply([acme, hooli, login(), ...others]);
    await proxy.apply([hooli, acme, login(), ...others]);
    expect(isLive()).toBe(true);
    proxy.change(login({ disabled: true }));
    expect(isLive()).toBe(false);
    proxy.change(login());
    expect(isLive()).toBe(true);
  });

  it('is live when its imported hash is replaced, and not when its password is', async () => {
    const [found, hash] = [find('basic', 'jane'), await hashPassword('rasmuslerdorf')];
    const isLive = isLiveOf(found);
    new CredentialNotes().noteRehash(found, hash);
    expect(isLive()).toBe(true);
    proxy.change(login({ passwordHash: hash }));
    expect(isLive()).toBe(true);
    proxy.change(login({ passwordHash: await hashPassword('rasmuslerdorf') }));
    expect(isLive()).toBe(false);
  });
});
