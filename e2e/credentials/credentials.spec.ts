import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { applied, registerService } from '../harness/configure.ts';
import { Origin } from '../harness/origin.ts';
import { Stack } from '../harness/stack.ts';

/** The bound that the guide promises. */
const bitesWithinMs = 1_000;

/** One node with several processes and one without, as fleets have both. */
describe('a credential, on two connected nodes', () => {
  const started = new AsyncDisposableStack();
  let stack: Stack;

  beforeAll(async () => {
    const origin = started.use(await Origin.start('orders'));
    stack = started.use(await Stack.start());
    await stack.addProxy({}, true, ['--workers', '2']);
    await registerService(stack.admin, 'orders', [origin.address], {
      route: { policies: [{ name: 'key-auth' }] },
    });
    await stack.admin.consumers.create({ username: 'acme' }, applied);
  }, 60_000);
  afterAll(() => started.disposeAsync());

  const keys = '/v1/consumers/acme/keys';

  async function create(name: string, more: object = {}): Promise<string> {
    const { status, body } = await stack.admin.request('POST', `${keys}?wait=applied`, {
      content: { name, ...more },
    });
    expect(status).toBe(201);
    return String(body['key']);
  }

  /** The status and the code of a request with the key, on each node. */
  const ask = (key: string): Promise<string[]> =>
    Promise.all(
      stack.proxies.map(async ({ url }) => {
        const response = await fetch(`${url}/orders/1`, { headers: { 'X-API-Key': key } });
        const { code } = (await response.json().catch(() => ({}))) as { code?: string };
        return code === undefined ? String(response.status) : `${response.status} ${code}`;
      }),
    );

  /** Resolves to the milliseconds after which the answer of every node is this one. */
  async function until(key: string, answer: string): Promise<number> {
    const startMs = performance.now();
    for (;;) {
      const answers = await ask(key);
      const tookMs = performance.now() - startMs;
      if (answers.every((each) => each === answer)) return tookMs;
      if (tookMs > 10_000) throw new Error(`the nodes answer ${answers.join(', ')}`);
      await sleep(10);
    }
  }

  it('is listed with its last use, whichever process of which node saw it', async () => {
    await create('idle');
    for (const { name, url } of stack.proxies) {
      const startedAtMs = Date.now();
      const key = await create(`used-at-${name}`);
      const { status } = await fetch(`${url}/orders/1`, { headers: { 'X-API-Key': key } });
      expect(status).toBe(200);
      const lastUsedAt = async (): Promise<unknown> =>
        (await stack.admin.request('GET', `${keys}/used-at-${name}`)).body['lastUsedAt'];
      for (const deadline = performance.now() + 20_000; (await lastUsedAt()) === undefined;) {
        if (performance.now() > deadline) throw new Error('the use was not reported');
        await sleep(50);
      }
      // Ages are reported in seconds.
      expect(Date.parse(String(await lastUsedAt()))).toBeGreaterThan(startedAtMs - 2_000);
    }
    expect((await stack.admin.request('GET', `${keys}/idle`)).body).not.toHaveProperty(
      'lastUsedAt',
    );
  });

  it('is refused within a second of a PATCH that disables it, and works again after the next', async () => {
    const key = await create('switched');
    expect(await ask(key)).toEqual(['200', '200']);
    await stack.admin.request('PATCH', `${keys}/switched`, { content: { disabled: true } });
    expect(await until(key, '401 credential_disabled')).toBeLessThan(bitesWithinMs);
    await stack.admin.request('PATCH', `${keys}/switched`, { content: { disabled: false } });
    expect(await until(key, '200')).toBeLessThan(bitesWithinMs);
  });

  it('is refused within a second of its DELETE', async () => {
    const key = await create('revoked');
    expect(await ask(key)).toEqual(['200', '200']);
    await stack.admin.request('DELETE', `${keys}/revoked`);
    expect(await until(key, '401 invalid_credential')).toBeLessThan(bitesWithinMs);
  });

  it('is refused within a second of its expiry, also when a PATCH has just set it', async () => {
    const key = await create('short-lived');
    expect(await ask(key)).toEqual(['200', '200']);
    const expiresAt = new Date(Date.now() + 1_500);
    await stack.admin.request('PATCH', `${keys}/short-lived`, {
      content: { expiresAt: expiresAt.toISOString() },
    });
    await until(key, '401 credential_expired');
    expect(Date.now() - expiresAt.getTime()).toBeGreaterThanOrEqual(0);
    expect(Date.now() - expiresAt.getTime()).toBeLessThan(bitesWithinMs);
  });

  it('leaves the second key of its consumer in use, so that a rotation interrupts nothing', async () => {
    const [before, after] = [await create('before'), await create('after')];
    expect([await ask(before), await ask(after)]).toEqual([
      ['200', '200'],
      ['200', '200'],
    ]);
    await stack.admin.request('DELETE', `${keys}/before`);
    await until(before, '401 invalid_credential');
    expect(await ask(after)).toEqual(['200', '200']);
  });
});
