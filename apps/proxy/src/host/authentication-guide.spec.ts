import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hashPassword } from '@sluice/passwords';
import { authReasons } from '@sluice/policy-sdk';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';

/** The examples of docs/guides/authentication.md, on the configuration that a node serves. */
const guide = readFileSync(
  new URL('../../../../docs/guides/authentication.md', import.meta.url),
  'utf8',
);

interface Attached {
  readonly name: string;
  readonly config?: { readonly allow?: { readonly groups: string[] } };
}

/** The lists of policies in JSON examples and in the commands that change a route. */
const examples: readonly (readonly Attached[])[] = [
  ...[...guide.matchAll(/^```json\n(.*?)^```$/gms)].map(([, text = '']) => JSON.parse(text)),
  ...[...guide.matchAll(/\/routes\/.* -d '(.*)'$/gm)].map(
    ([, text = '']) => (JSON.parse(text) as { policies: Attached[] }).policies,
  ),
].map((each: Attached | Attached[]) => (Array.isArray(each) ? each : [each]));

/** A node receives ids where an operator writes names. */
const withIds = (policy: Attached): Attached =>
  policy.name === 'acl' ? { ...policy, config: { allow: { groups: ['group-gold'] } } } : policy;

const withKey = 'X-API-Key: key-of-acme';
const withPassword = `Authorization: Basic ${Buffer.from('jane:open sesame').toString('base64')}`;
/** Status without a credential, with a key, with a password, with both. */
const expected: Readonly<Record<string, readonly number[]>> = {
  'key-auth(required) basic-auth': [401, 401, 401, 200],
  anonymous: [200, 200, 401, 401],
  'key-auth acl': [401, 200, 401, 200],
  'key-auth basic-auth': [401, 200, 200, 200],
};
const nameOf = ({ name, config }: Attached): string =>
  config !== undefined && 'required' in config ? `${name}(required)` : name;

let origin: RawOrigin;
let passwordHash: string;

beforeAll(async () => {
  origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  passwordHash = await hashPassword('open sesame');
});
afterAll(() => origin.stop());

describe('the guide to authentication', () => {
  it('has these examples', () => {
    expect(examples.map((each) => each.map(nameOf).join(' ')).sort()).toEqual(
      Object.keys(expected).sort(),
    );
  });

  it.each(examples.map((policies) => [policies.map(nameOf).join(' '), policies] as const))(
    'says what happens with %s',
    async (name, policies) => {
      const proxy = await ProxyFixture.start({
        resources: [
          resource('group', { name: 'gold' }),
          resource('consumer', { username: 'acme', groups: ['group-gold'] }),
          resource('consumer', { username: 'public' }),
          resource('credential', {
            type: 'key',
            name: 'ci',
            consumer: 'consumer-acme',
            hash: createHash('sha256').update('key-of-acme').digest('hex'),
            prefix: 'key',
          }),
          resource('credential', {
            type: 'basic',
            name: 'jane',
            consumer: 'consumer-acme',
            username: 'jane',
            passwordHash,
          }),
          resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
          resource('route', {
            name: 'orders',
            paths: ['/*'],
            service: 'service-orders',
            policies: policies.map(withIds),
          }),
        ],
      });
      try {
        const statuses: number[] = [];
        for (const fields of [[], [withKey], [withPassword], [withKey, withPassword]])
          statuses.push((await proxy.get('/orders', ...fields)).status);
        expect(statuses).toEqual(expected[name]);
      } finally {
        await proxy.stop();
      }
    },
  );

  it('explains every reason of a refusal', () => {
    const [section = ''] = /^## Why a request was refused\n.*?(?=^## )/ms.exec(guide) ?? [];
    const rows = [...section.matchAll(/^\| (`[a-z_]+`(?:, `[a-z_]+`)*) \|/gm)].map(
      ([, cell = '']) => cell.replaceAll('`', '').split(', '),
    );
    const named = rows.flat().filter((name) => (authReasons as readonly string[]).includes(name));
    expect(new Set([...named, 'dependency_failed'])).toEqual(new Set(authReasons));
  });
});
