import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { parseConfigFile } from './config-file.ts';
import { readRecord } from './read-records.ts';

const hash = createHash('sha256').update('a-key-of-their-own').digest('hex');
const parse = (content: object): ReturnType<typeof parseConfigFile> =>
  parseConfigFile(JSON.stringify(content), 'sluice.json', 'default');
const consumers = [{ username: 'acme' }];
const phc = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'B'.repeat(43)}`;

describe('keys of the time before credentials had types', () => {
  it('are credentials of type key when they are read from a stored snapshot', () => {
    const spec = { name: 'ci', consumer: 'c', hash, prefix: 'a-ke', tags: [] };
    expect(readRecord({ kind: 'key', id: 'k', json: JSON.stringify(spec) })).toEqual({
      kind: 'credential',
      id: 'k',
      spec: { type: 'key', ...spec },
    });
    expect(readRecord({ kind: 'key', id: 'k', json: '[' })).toMatchObject({
      code: 'malformed_resource',
    });
  });

  it('stay valid in a configuration file, beside credentials with a type', () => {
    const resources = parse({
      consumers,
      keys: [{ name: 'old', consumer: 'acme', key: 'a-key-of-their-own' }],
      credentials: [
        { type: 'key', name: 'new', consumer: 'acme', key: 'another-key-of-theirs' },
        { type: 'basic', name: 'login', consumer: 'acme', username: 'u', passwordHash: phc },
      ],
    });
    const credentials = resources.filter(({ kind }) => kind === 'credential');
    expect(credentials.map(({ spec }) => spec)).toMatchObject([
      { type: 'key', name: 'new' },
      { type: 'basic', name: 'login', username: 'u', passwordHash: phc },
      { type: 'key', name: 'old', hash },
    ]);
  });

  it('may be written as a hash, and show no more than a quarter of a short key', () => {
    const key = { type: 'key', consumer: 'acme' };
    const resources = parse({
      consumers,
      credentials: [
        { ...key, name: 'hashed', hash: hash.toUpperCase() },
        { ...key, name: 'short', key: 'hunter2', short: true },
      ],
    });
    expect(
      resources.filter(({ kind }) => kind === 'credential').map(({ spec }) => spec),
    ).toMatchObject([
      { name: 'hashed', hash, prefix: '' },
      { name: 'short', prefix: 'h', short: true },
    ]);
  });

  it.each([
    [{ type: 'basic', name: 'a', consumer: 'acme', username: 'u', password: 'x' }, '/password'],
    [{ type: 'ldap', name: 'a', consumer: 'acme' }, '/credentials/0/type'],
    [{ name: 'a', consumer: 'acme', key: 'a-key-of-their-own' }, '/credentials/0/type'],
  ])('are refused as credentials that are not complete: %j', (credential, pointer) => {
    expect(() => parse({ consumers, credentials: [credential] })).toThrow(pointer);
  });

  it('refuses two credentials with one username', () => {
    const login = { type: 'basic', consumer: 'acme', username: 'u', passwordHash: phc };
    const credentials = ['a', 'b'].map((name) => ({ ...login, name }));
    expect(() => parse({ consumers, credentials })).toThrow(
      '/credentials/1/username: another credential has the same username',
    );
  });
});
