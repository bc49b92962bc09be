import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemorySharedStore } from '@sluice/policy-sdk/host';
import { ManualClock } from '@sluice/policy-sdk/testing';
import { KeyRing } from './key-ring.ts';
import { LoginFault } from './provider-fault.ts';
import type { Tokens } from './provider.ts';
import { Refresh } from './refresh.ts';
import { renewedSession } from './session-of.ts';
import { SessionStore } from './session-store.ts';
import type { Session } from './session.ts';

/** Refreshes of several processes on one store. */
let clock: ManualClock;
let sessions: SessionStore;
let ended: string[];
let used: string[];
let outcomes: string[];
let answer: (refreshToken: string) => Promise<Partial<Tokens>>;

const config = { claims: ['name'], groupsClaim: ['groups'], sessionSeconds: 3_600 } as const;
const first: Session = {
  id: 'the session',
  subject: 'jane',
  host: 'shop.test',
  loginAtMs: 0,
  expiresAtMs: 9_000_000_000_000,
  refreshAtMs: 0,
  generation: 0,
  providerSession: undefined,
  claims: { name: 'Jane' },
  consumerName: undefined,
  groups: ['a'],
};

/** The refresh of one process. */
const processRefresh = (): Refresh =>
  new Refresh({
    sessions,
    clock,
    provider: {
      refresh: async (token: string) => {
        used.push(token);
        const none = { claims: undefined, idToken: undefined, refreshToken: undefined };
        return { ...none, expiresAtMs: clock.now() + 60_000, ...(await answer(token)) };
      },
    },
    renewed: (session, tokens) =>
      renewedSession(session, tokens, { ...config, consumer: undefined } as never, clock.now()),
    count: (outcome) => void outcomes.push(outcome),
    end: async ({ id }) => {
      ended.push(id);
      await sessions.remove(id);
    },
    timeoutMs: 1_000,
  });
const stored = async () => await sessions.find(first.id);
const claimsOf = (sub: string, more: object = {}) =>
  ({ sub, iss: 'i', aud: 'a', exp: 1, iat: 1, ...more }) as Tokens['claims'];

beforeEach(async () => {
  clock = new ManualClock();
  const ring = new KeyRing({ secrets: ['x'.repeat(32)], hostKeys: () => [] }, 'c');
  sessions = new SessionStore(new MemorySharedStore(clock), ring, 'c');
  ended = [];
  used = [];
  outcomes = [];
  answer = () => Promise.resolve({});
  const record = { session: first, refreshToken: 'r1', idToken: 'id1', replaced: {} };
  await sessions.store(record, clock.now());
});

describe('Refresh', () => {
  it('calls the provider once, however many requests and processes ask', async () => {
    answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      return { refreshToken: 'r2' };
    };
    const processes = [processRefresh(), processRefresh(), processRefresh()];
    const results = await Promise.all(
      Array.from({ length: 90 }, (_each, index) => (processes[index % 3] as Refresh).of(first)),
    );
    expect([used, outcomes]).toEqual([['r1'], ['refreshed']]);
    for (const each of results) expect(each?.generation).toBe(1);
  });

  it('keeps the tokens and claims that the provider does not replace', async () => {
    expect(await processRefresh().of(first)).toMatchObject({
      claims: { name: 'Jane' },
      groups: ['a'],
    });
    expect(await stored()).toMatchObject({ refreshToken: 'r1', idToken: 'id1' });
  });

  it('takes new tokens, claims and groups', async () => {
    answer = () =>
      Promise.resolve({
        claims: claimsOf('jane', { name: 'J.', groups: ['b'] }),
        refreshToken: 'r2',
        idToken: 'id2',
      });
    const session = await processRefresh().of(first);
    expect(session).toMatchObject({ claims: { name: 'J.' }, groups: ['b'], loginAtMs: 0 });
    expect(session?.refreshAtMs).toBe(clock.now() + 60_000);
    expect(await stored()).toMatchObject({ refreshToken: 'r2', idToken: 'id2' });
  });

  it('ends the session when the tokens are those of another person', async () => {
    answer = () => Promise.resolve({ claims: claimsOf('mallory') });
    expect(await processRefresh().of(first)).toBeUndefined();
    expect(ended).toEqual([first.id]);
  });

  it('ends the session when the provider refuses, for all who wait', async () => {
    answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      throw new LoginFault('grant', 'refused');
    };
    const results = [processRefresh(), processRefresh()].map((each) => each.of(first));
    expect(await Promise.all(results)).toEqual([undefined, undefined]);
    expect(used).toHaveLength(1);
  });

  it('fails when the provider fails, and pauses before the next attempt', async () => {
    answer = () => Promise.reject(new Error('down'));
    await expect(processRefresh().of(first)).rejects.toThrow('down');
    await expect(processRefresh().of(first)).rejects.toThrow('a moment ago');
    expect([used.length, ended]).toEqual([1, []]);
    answer = () => Promise.resolve({});
    clock.advance(2_000);
    expect((await processRefresh().of(first))?.generation).toBe(1);
  });

  it('serves the cookie of before for 30 seconds', async () => {
    await processRefresh().of(first);
    clock.advance(30_000);
    expect((await processRefresh().of(first))?.generation).toBe(1);
    clock.advance(1);
    expect(await processRefresh().of(first)).toBeUndefined();
    expect(used).toHaveLength(1);
  });

  it('does not wait without end for a process that has ended', async () => {
    await sessions.lock(`${first.id} 0`, 60_000);
    await expect(processRefresh().of(first)).rejects.toThrow('in time');
    expect(used).toEqual([]);
  });
});
