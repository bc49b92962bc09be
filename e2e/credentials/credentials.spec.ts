import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestAuthority, startOtlpReceiver } from '@sluice/testkit';
import { applied, registerService } from '../harness/configure.ts';
import { Origin } from '../harness/origin.ts';
import { Stack } from '../harness/stack.ts';

/** The bound that the guide promises. */
const bitesWithinMs = 1_000;
/** The bound of a single wait, on a machine with other work. */
const patienceMs = 30_000;

const acme = '/v1/consumers/acme/credentials';

/** What to send with a credential, by its type. Policies of other types have specs of their own. */
type Fields = Readonly<Record<string, string>>;

/** One node with several processes and one without, as fleets have both. */
describe('a credential, on two connected nodes', () => {
  const started = new AsyncDisposableStack();
  let stack: Stack;
  let receiver: Awaited<ReturnType<typeof startOtlpReceiver>>;

  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    started.defer(() => receiver.close());
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
    const origin = started.use(await Origin.start('orders'));
    stack = started.use(await Stack.start({ controlPlaneEnv: env, proxyEnv: env }));
    await stack.addProxy({}, true, ['--workers', '2']);
    await registerService(stack.admin, 'orders', [origin.address], {
      route: { policies: [{ name: 'key-auth' }, { name: 'basic-auth' }] },
    });
    const { ca: certificates } = await createTestAuthority();
    await stack.admin.cas.create({ name: 'partners', certificates }, applied);
    await stack.admin.consumers.create({ username: 'acme' }, applied);
  }, 90_000);
  afterAll(() => started.disposeAsync());

  /** Creates a credential on all nodes; resolves to the fields with which it is sent. */
  async function create(content: Readonly<Record<string, unknown>>): Promise<Fields> {
    const { status, body } = await stack.admin.request('POST', `${acme}?wait=applied`, { content });
    expect(status).toBe(201);
    if (content['type'] === 'key') return { 'X-API-Key': String(body['key']) };
    const login = `${String(content['username'])}:${String(content['password'])}`;
    return { Authorization: `Basic ${Buffer.from(login).toString('base64')}` };
  }
  const createKey = (name: string): Promise<Fields> => create({ type: 'key', name });

  /** The status and the code of a request with these fields, on each node. */
  const ask = (headers: Fields): Promise<string[]> =>
    Promise.all(
      stack.proxies.map(async ({ url }) => {
        const response = await fetch(`${url}/orders/1`, { headers });
        const { code } = (await response.json().catch(() => ({}))) as { code?: string };
        return code === undefined ? String(response.status) : `${response.status} ${code}`;
      }),
    );

  /** Waits until every node answers this; resolves to when the last other answer was asked for. */
  async function until(headers: Fields, answer: string): Promise<number> {
    let lastOtherAtMs = 0;
    for (const deadline = performance.now() + patienceMs; ;) {
      const askedAtMs = Date.now();
      const answers = await ask(headers);
      if (answers.every((each) => each === answer)) return lastOtherAtMs;
      lastOtherAtMs = askedAtMs;
      if (performance.now() > deadline) throw new Error(`the nodes answer ${answers.join(', ')}`);
      await sleep(10);
    }
  }

  /** Sends a write without waiting for the nodes; resolves to the id of its trace. */
  async function write(method: string, path: string, content?: object): Promise<string> {
    const traceId = randomBytes(16).toString('hex');
    const { status } = await stack.admin.request(method, path, {
      headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
      ...(content === undefined ? {} : { content }),
    });
    expect([200, 204]).toContain(status);
    return traceId;
  }

  /**
   * Resolves to the milliseconds from the commit of a write until the last node had it in service in
   * all its processes, as their spans say.
   */
  async function delayOf(traceId: string): Promise<number> {
    for (const deadline = performance.now() + patienceMs; performance.now() < deadline;) {
      const spans = receiver.spans().filter((span) => span.traceId === traceId);
      const commit = spans.find(({ name }) => name === 'commit revision');
      const applies = spans.filter(({ name }) => name === 'apply revision');
      const nodes = new Set(applies.map(({ attributes }) => attributes['sluice.node']));
      if (commit !== undefined && nodes.size === stack.proxies.length) {
        const ends = applies.map(({ endTimeUnixNano }) => endTimeUnixNano);
        return Math.max(...ends.map((end) => Number(end - commit.endTimeUnixNano) / 1e6));
      }
      await sleep(20);
    }
    throw new Error('a node has not applied the write');
  }

  it('is listed with its last use, whichever process of which node saw it', async () => {
    await createKey('idle');
    const read = async (name: string): Promise<Record<string, unknown>> =>
      (await stack.admin.request('GET', `${acme}/${name}`)).body;
    for (const { name, url } of stack.proxies) {
      const startedAtMs = Date.now();
      const headers = await createKey(`used-at-${name}`);
      expect((await fetch(`${url}/orders/1`, { headers })).status).toBe(200);
      const lastUsedAt = async (): Promise<unknown> =>
        (await read(`used-at-${name}`))['lastUsedAt'];
      for (const deadline = performance.now() + patienceMs; (await lastUsedAt()) === undefined;) {
        if (performance.now() > deadline) throw new Error('the use was not reported');
        await sleep(50);
      }
      // Ages are reported in seconds.
      expect(Date.parse(String(await lastUsedAt()))).toBeGreaterThan(startedAtMs - 2_000);
    }
    expect(await read('idle')).not.toHaveProperty('lastUsedAt');
  });

  it('is disabled, enabled, given another password and revoked within a second', async () => {
    const writes: string[] = [];
    const change = async (name: string, content: object): Promise<void> => {
      writes.push(await write('PATCH', `${acme}/${name}`, content));
    };
    const contents = [
      { type: 'key', name: 'key' },
      { type: 'basic', name: 'basic', username: 'jane', password: 'open sesame' },
      { type: 'hmac', name: 'hmac', username: 'signer' },
      { type: 'mtls', name: 'mtls', ca: 'partners', identity: 'DNS:orders.internal' },
    ];
    for (const { name, type, ...content } of contents) {
      const fields = await create({ name, type, ...content });
      const isAsked = type === 'key' || type === 'basic';
      if (isAsked) expect(await ask(fields)).toEqual(['200', '200']);
      await change(name, { disabled: true });
      if (isAsked) await until(fields, '401 credential_disabled');
      await change(name, { disabled: false });
      if (isAsked) await until(fields, '200');
      if (type === 'basic') {
        await change(name, { password: 'another one' });
        await until(fields, '401 invalid_credential');
        await change(name, { password: 'open sesame' });
        await until(fields, '200');
      }
      writes.push(await write('DELETE', `${acme}/${name}`));
      if (isAsked) await until(fields, '401 invalid_credential');
    }
    const consumer = await create({ type: 'key', name: 'of-the-consumer' });
    writes.push(await write('DELETE', '/v1/consumers/acme'));
    await until(consumer, '401 invalid_credential');
    await stack.admin.consumers.create({ username: 'acme' }, applied);
    const delaysMs: number[] = [];
    for (const each of writes) delaysMs.push(await delayOf(each));
    // A busy machine may delay some of them.
    const [median = Infinity] = delaysMs.sort((a, b) => a - b).slice(delaysMs.length / 2);
    expect(delaysMs).toHaveLength(15);
    expect(median).toBeLessThan(bitesWithinMs);
  }, 120_000);

  it('is refused from the instant of its expiry, also when a PATCH has just set it', async () => {
    const latenessMs: number[] = [];
    for (const round of [1, 2, 3]) {
      const fields = await createKey(`short-lived-${round}`);
      expect(await ask(fields)).toEqual(['200', '200']);
      const expiresAt = new Date(Date.now() + 1_500);
      await write('PATCH', `${acme}/short-lived-${round}`, { expiresAt: expiresAt.toISOString() });
      const lastAcceptedAtMs = await until(fields, '401 credential_expired');
      expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime());
      latenessMs.push(lastAcceptedAtMs - expiresAt.getTime());
      if (Math.min(...latenessMs) < bitesWithinMs) break;
    }
    expect(Math.min(...latenessMs)).toBeLessThan(bitesWithinMs);
  }, 120_000);

  it('leaves the second key of its consumer in use, so that a rotation interrupts nothing', async () => {
    const [before, after] = [await createKey('before'), await createKey('after')];
    for (const each of [before, after]) expect(await ask(each)).toEqual(['200', '200']);
    await write('DELETE', `${acme}/before`);
    await until(before, '401 invalid_credential');
    expect(await ask(after)).toEqual(['200', '200']);
  });
});
