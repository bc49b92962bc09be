import { argon2Sync, createHash } from 'node:crypto';
import { connect, type ClientHttp2Session } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Resource } from '@sluice/config';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { seededRandom } from '../exchange/testing/raw-request.ts';
import { readAnswer } from '../listener/testing/http2-fixture.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import {
  decisionOf,
  type AttachedPolicy,
  type CallerRequest,
  type Presented,
} from './testing/caller-model.ts';
import { callerPolicies } from './testing/caller-policies.ts';

/**
 * Random sets of policies, random credentials, over HTTP/1.1 and HTTP/2: what reaches the upstream
 * is what the rules of docs/guides/authentication.md say, and nothing else.
 */
const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000);
const random = seededRandom(seed);
const routeCount = 120;
const requestCount = 1_200;
/** Fewer than the passwords of one client that may be hashed at the same time. */
const parallel = 6;
/** A slow machine sends fewer requests. */
const budgetMs = 5_000;

const oneOf = <T>(...values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
const chance = (share: number): boolean => random() < share;

let origin: RawOrigin;
let proxy: ProxyFixture;
let session: ClientHttp2Session;
let routes: readonly (readonly AttachedPolicy[])[];

const names = ['key-auth', 'basic-auth', 'token-a', 'token-b', 'anonymous', 'acl', 'gate'] as const;

function randomPolicies(): AttachedPolicy[] {
  const shadowShare = oneOf(0, 0, 0.3, 0.7);
  return names
    .filter(() => chance(0.5))
    .map((name) => ({ name, order: random() }))
    .sort((one, other) => one.order - other.order)
    .map(({ name }): AttachedPolicy => {
      const mode = chance(shadowShare) ? 'shadow' : 'enforce';
      if (name === 'gate') return { name, mode, onError: oneOf('open', 'closed') };
      if (name === 'acl' || name === 'anonymous') return { name, mode };
      const demand = oneOf('none', 'none', 'optional', 'required');
      return { name, mode, optional: demand === 'optional', required: demand === 'required' };
    });
}

function attached({ name, mode, onError, optional, required }: AttachedPolicy) {
  const config =
    name === 'acl'
      ? { allow: { groups: ['group-gold'] } }
      : name === 'anonymous'
        ? { consumer: 'public' }
        : name === 'gate'
          ? {}
          : { optional, required, ...(name.startsWith('token') && { isLate: chance(0.5) }) };
  return { name, mode, config, ...(onError === undefined ? {} : { onError }) };
}

const keyOf = (consumer: string): Resource =>
  resource('credential', {
    type: 'key',
    name: `key-${consumer}`,
    consumer: `consumer-${consumer}`,
    hash: createHash('sha256').update(`key-of-${consumer}`).digest('hex'),
    prefix: 'key',
  });

beforeAll(async () => {
  origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  routes = Array.from({ length: routeCount }, randomPolicies);
  proxy = await ProxyFixture.start({
    policies: callerPolicies,
    resources: [
      resource('group', { name: 'gold' }),
      resource('consumer', { username: 'acme', groups: ['group-gold'] }),
      resource('consumer', { username: 'hooli' }),
      resource('consumer', { username: 'public' }),
      ...['acme', 'hooli'].flatMap((consumer) => [
        keyOf(consumer),
        resource('credential', {
          type: 'basic',
          name: `basic-${consumer}`,
          consumer: `consumer-${consumer}`,
          username: consumer,
          passwordHash,
        }),
      ]),
      resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
      ...routes.map((policies, index) =>
        resource('route', {
          name: `r${index}`,
          paths: [`/r${index}/*`],
          service: 'service-orders',
          policies: policies.map(attached),
        }),
      ),
    ],
  });
  session = connect(`http://127.0.0.1:${proxy.port}`);
  session.on('error', () => undefined);
});
afterAll(async () => {
  session.destroy();
  await proxy.stop();
  origin.stop();
});

// Each attachment hashes a password once, so the hash has the lowest cost.
const nonce = Buffer.alloc(16, 1);
const hashed = argon2Sync('argon2id', {
  message: 'open sesame',
  nonce,
  parallelism: 1,
  tagLength: 32,
  memory: 4_096,
  passes: 1,
});
const unpadded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
const passwordHash = `$argon2id$v=19$m=4096,t=1,p=1$${unpadded(nonce)}$${unpadded(hashed)}`;

type Fields = Record<string, string>;

/** A request, and the fields that present its credentials. */
function randomRequest(): CallerRequest & { readonly fields: Fields } {
  const fields: Fields = {};
  const presented: Record<string, Presented> = {};
  const favourite = oneOf('acme', 'acme', 'hooli');
  const present = (name: string, kind: string, consumer: string): void => {
    presented[name] =
      kind === 'caller' ? { kind, consumer } : { kind: kind as 'wrong' | 'doubt' | 'fail' };
  };
  for (const name of ['key-auth', 'basic-auth', 'token-a', 'token-b']) {
    if (chance(0.6)) continue;
    const consumer = chance(0.85) ? favourite : oneOf('acme', 'hooli');
    // Kinds that only the policies of the test have.
    const others = name.startsWith('token') ? (['doubt', 'fail', 'subject'] as const) : [];
    const kind = chance(0.75) ? 'caller' : oneOf('wrong', ...others);
    if (kind === 'subject') presented[name] = { kind: 'caller', consumer: undefined };
    else present(name, kind, consumer);
    if (name === 'key-auth')
      fields['x-api-key'] = kind === 'wrong' ? 'key-of-another' : `key-of-${consumer}`;
    // A wrong password would cost a hash; one that is not well-formed is refused as well.
    else if (name === 'basic-auth')
      fields['authorization'] =
        kind === 'wrong'
          ? 'Basic !'
          : `Basic ${Buffer.from(`${consumer}:open sesame`).toString('base64')}`;
    else fields[`x-${name}`] = kind === 'caller' ? consumer : kind;
  }
  const gate = oneOf('yes', 'yes', 'yes', 'no', 'fail');
  const isPreflight = chance(0.1);
  if (isPreflight) {
    fields['origin'] = 'https://app.test';
    fields['access-control-request-method'] = 'PUT';
  }
  fields['x-gate'] = gate;
  const hasAuthorization = fields['authorization'] !== undefined;
  return { fields, presented, hasAuthorization, gate, isPreflight };
}

/** What a client claims to be, in the spellings of names that HTTP treats as one. */
const claimed = [
  'X-Consumer-Username',
  'x-consumer-id',
  'X-CONSUMER-GROUPS',
  'X-Consumer-Custom-Id',
  'x-Credential-Id',
];

const findLine = (path: string) => proxy.lines.findLast((each) => each['path'] === path);
const lineOf = async (path: string) => {
  await eventually(() => findLine(path) !== undefined);
  return findLine(path) as NonNullable<ReturnType<typeof findLine>>;
};

interface Attempt extends CallerRequest {
  readonly policies: readonly AttachedPolicy[];
  readonly path: string;
  readonly isHttp2: boolean;
  readonly fields: Fields;
}

function randomAttempt(index: number): Attempt {
  const route = index % routeCount;
  const isHttp2 = chance(0.5);
  const { fields, ...request } = randomRequest();
  for (const name of claimed)
    if (chance(0.5)) fields[isHttp2 ? name.toLowerCase() : name] = 'the-claim-of-a-client';
  const policies = routes[route] as readonly AttachedPolicy[];
  return { ...request, policies, path: `/r${route}/c${index}`, isHttp2, fields };
}

async function statusOf({ isHttp2, isPreflight, path, fields }: Attempt): Promise<number> {
  const method = isPreflight ? 'OPTIONS' : 'GET';
  if (isHttp2) {
    const head = { ':method': method, ':path': path, ...fields };
    return (await readAnswer(session.request(head, { endStream: true }))).status;
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${method} ${path} HTTP/1.1\r\nHost: api.test\r\n${lines.join('')}\r\n`;
  return (await proxy.send(head, method)).status;
}

/** Heads that the upstream received, by path; each connection is read from where it ended before. */
const heads = new Map<string, string>();
const readUpTo = new Map<object, number>();

function forwardedHead(path: string): string | undefined {
  for (const connection of origin.connections) {
    const { received } = connection;
    const from = readUpTo.get(connection) ?? 0;
    readUpTo.set(connection, received.length);
    for (const head of received.slice(from).split('\r\n\r\n'))
      heads.set(String(head.split('\r\n', 1)[0]?.split(' ')[1]), head);
  }
  return heads.get(path);
}

/** Checks what happened to a request; returns whether it passed. */
async function check(attempt: Attempt, status: number): Promise<boolean> {
  const { policies, path } = attempt;
  const expected = decisionOf(policies, attempt);
  const facts = JSON.stringify(attempt);
  const log = await lineOf(path);
  const head = forwardedHead(path);
  if (!expected.passes) {
    expect([facts, head]).toEqual([facts, undefined]);
    expect([facts, [...expected.statuses]]).toEqual([facts, expect.arrayContaining([status])]);
    expect([facts, typeof log['authReason']]).toEqual([facts, 'string']);
    return false;
  }
  expect([facts, status]).toEqual([facts, 200]);
  const callers = head?.match(/^x-consumer-username: .*$/gim)?.map((line) => line.slice(21));
  const { consumer } = expected;
  expect([facts, callers]).toEqual([facts, consumer === undefined ? undefined : [consumer]]);
  expect(head).not.toContain('the-claim-of-a-client');
  const strict = policies.map((policy) => ({ ...policy, mode: 'enforce' as const }));
  const isRefusedByShadow = !decisionOf(strict, attempt).passes;
  expect([facts, log['shadow'] !== undefined]).toEqual([facts, isRefusedByShadow]);
  return true;
}

describe(`random policies and credentials, TEST_SEED=${seed}`, () => {
  it('pass exactly the callers that the rules allow, as who they are', async () => {
    const endsAt = performance.now() + budgetMs;
    const passed: boolean[] = [];
    while (passed.length < requestCount && performance.now() < endsAt) {
      const attempts = Array.from({ length: parallel }, (_, index) =>
        randomAttempt(passed.length + index),
      );
      const statuses = await Promise.all(attempts.map(statusOf));
      for (const [index, attempt] of attempts.entries())
        passed.push(await check(attempt, statuses[index] as number));
    }
    for (const isPassed of [true, false])
      expect(passed.filter((each) => each === isPassed).length).toBeGreaterThan(30);
  }, 30_000);
});
