import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock, PolicyTester } from '@sluice/policy-sdk/testing';
import { signJwt } from '@sluice/tokens';
import { TestService } from '../../testing/test-service.ts';
import { jwt } from './policy.ts';

/** Keys of an issuer over hours and days, with a clock of the test's own. */
const pairs = {
  one: generateKeyPairSync('ed25519'),
  two: generateKeyPairSync('ed25519'),
};
type Kid = keyof typeof pairs;
let clock: ManualClock;
let service: TestService;
let kids: Kid[];
let isDown: boolean;
let policy: PolicyTester<typeof jwt.schema.config>;

beforeEach(async () => {
  clock = new ManualClock(1_800_000_000_000);
  kids = ['one'];
  isDown = false;
  service = await TestService.start((_request, response) => {
    if (isDown) {
      response.writeHead(503).end();
      return;
    }
    const keys = kids.map((kid) => ({
      ...pairs[kid].publicKey.export({ format: 'jwk' }),
      kid,
    }));
    response.end(JSON.stringify({ keys }));
  });
  policy = new PolicyTester(
    jwt,
    {
      allowPrivateAddresses: true,
      issuers: [{ issuer: 'id', jwksUri: service.url, algorithms: ['EdDSA'], audience: 'any' }],
    },
    { clock },
  );
});
afterEach(async () => {
  await policy.close();
  await service.stop();
});

const day = 86_400_000;
const tokenBy = (kid: Kid): string => {
  const exp = clock.now() / 1_000 + 3 * 86_400;
  return signJwt({ iss: 'id', sub: 'jane', exp }, pairs[kid].privateKey, { alg: 'EdDSA', kid });
};
const send = async (token: string): Promise<string> => {
  const { status, authReason } = await policy.send({
    headers: { Authorization: `Bearer ${token}` },
  });
  return `${status} ${authReason ?? ''}`.trim();
};

describe('published keys', () => {
  it('are replaced without a restart, and a cached token ends with its key', async () => {
    const old = tokenBy('one');
    expect(await send(old)).toBe('200');
    kids = ['two'];
    expect(await send(tokenBy('two'))).toBe('401 unknown_key');
    clock.advance(30_000);
    expect(await send(tokenBy('two'))).toBe('200');
    expect(await send(old)).toBe('401 unknown_key');
  });

  it('stay in use for a day while the issuer fails, and recover', async () => {
    const cached = tokenBy('one');
    expect(await send(cached)).toBe('200');
    isDown = true;
    clock.advance(day - 60_000);
    expect([await send(cached), await send(tokenBy('one'))]).toEqual(['200', '200']);
    // The key may be a new one that could not be fetched.
    expect(await send(tokenBy('two'))).toBe('503 dependency_failed');
    clock.advance(60_000);
    expect([await send(cached), await send(tokenBy('one'))]).toEqual([
      '503 dependency_failed',
      '503 dependency_failed',
    ]);
    isDown = false;
    clock.advance(30_000);
    expect(await send(cached)).toBe('200');
  });

  it('are fetched once for many tokens at the same time', async () => {
    clock.advance(60_000);
    const before = service.received.length;
    kids = ['one', 'two'];
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => await send(tokenBy('two'))),
    );
    expect(new Set(answers)).toEqual(new Set(['200']));
    expect(service.received.length - before).toBeLessThanOrEqual(1);
  });
});
