import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { definePolicy, definePolicySchema, reply, type Policy } from '@sluice/policy-sdk';
import type { Resource } from '@sluice/config';
import fc from 'fast-check';
import { z } from 'zod';
import type { ResourceChange } from '../config/source.ts';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { SharedPolicy } from './shared-policies.ts';
import { removal, resource } from './testing/resources.ts';

interface Life {
  mark: string;
  isClosed: boolean;
  hasThrown: boolean;
}

/** Answers with its mark and, for the path /hold, only when `release` is called. */
class Witness {
  readonly lives: Life[] = [];
  closes = 0;
  timerRuns = 0;
  served: Life[] = [];
  release: () => void = () => undefined;
  private readonly held = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  get policy(): Policy {
    return definePolicy({
      schema: definePolicySchema({
        name: 'witness',
        summary: 'For this spec.',
        phases: ['answer', 'settle'],
        answers: true,
        config: z.strictObject({
          mark: z.string(),
          fails: z.enum(['compile', 'hooks', 'close']).optional(),
        }),
      }),
      compile: ({ mark, fails }, host) => {
        const life: Life = { mark, isClosed: false, hasThrown: fails === 'compile' };
        this.lives.push(life);
        host.timers.every(10, () => void this.timerRuns++);
        if (fails === 'compile') throw new Error('cannot');
        return {
          answer: async (exchange) => {
            if (exchange.path === '/hold') await this.held;
            if (life.isClosed) return reply(500, [], 'closed');
            this.served.push(life);
            return reply(200, [], mark);
          },
          close: () => {
            if (life.isClosed) throw new Error('closed twice');
            life.isClosed = true;
            this.closes++;
            if (fails === 'close') throw new Error('cannot close');
          },
          ...(fails === 'hooks' ? { limit: () => undefined } : {}),
        };
      },
    });
  }

  get open(): string[] {
    return this.lives.filter(({ isClosed }) => !isClosed).map(({ mark }) => mark);
  }
}

const until = async (isTrue: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 400 && !isTrue(); turn++) await sleep(5);
  expect(isTrue()).toBe(true);
};

const route = (name: string, mark: string, more: object = {}, priority = 0) =>
  resource('route', {
    name,
    paths: [`/${name}`],
    priority,
    policies: [{ name: 'witness', config: { mark, ...more } }],
  });

describe('a compiled policy', () => {
  let witness: Witness;
  let proxy: ProxyFixture;
  /** The bound of the wait for exchanges, when a spec calls it. */
  let bounds: (() => void)[];
  let revision = 100;

  beforeEach(async () => {
    witness = new Witness();
    bounds = [];
    proxy = await ProxyFixture.start({
      policies: [witness.policy],
      epochs: {
        schedule: (delayMs, act) => {
          expect(delayMs).toBe(60_000);
          bounds.push(act);
          return () => bounds.splice(bounds.indexOf(act), 1);
        },
      },
      resources: [route('a', 'a1'), route('b', 'b1'), route('hold', 'h1')],
    });
  });
  afterEach(() => proxy.stop());

  const delta = (...changes: ResourceChange[]) => proxy.target.applyDelta(++revision, changes);
  const marks = (): string[] => witness.lives.map(({ mark }) => mark);

  it('is compiled for what changed and no more, and closed when nothing uses it', async () => {
    expect(marks()).toEqual(['a1', 'b1', 'h1']);
    // Three good deltas: one changes the policy, one the route around it, one neither.
    delta(route('a', 'a2'));
    delta(route('b', 'b1', {}, 5));
    delta(route('a', 'a2'), route('b', 'b1', {}, 5));
    expect(marks()).toEqual(['a1', 'b1', 'h1', 'a2']);
    await until(() => witness.closes === 1);
    expect(witness.open).toEqual(['b1', 'h1', 'a2']);
    // Five empty ones.
    for (let turn = 0; turn < 5; turn++) expect(delta().applied).toBe(true);
    expect(witness.lives).toHaveLength(4);
    // Five refused ones: what they compiled is closed, what is in service is not.
    for (let turn = 0; turn < 5; turn++) {
      const broken = resource('route', { name: 'b', policies: [{ name: 'unknown' }] });
      expect(delta(route('a', `refused-${turn}`), broken).applied).toBe(false);
    }
    expect(marks().slice(4)).toEqual([0, 1, 2, 3, 4].map((turn) => `refused-${turn}`));
    await until(() => witness.closes === 6);
    expect(witness.open).toEqual(['b1', 'h1', 'a2']);
    expect((await proxy.get('/a')).body).toBe('a2');
  });

  it('survives a snapshot that does not change it; a snapshot without it closes it', async () => {
    await proxy.apply([route('a', 'a1'), route('b', 'b2')]);
    expect(marks()).toEqual(['a1', 'b1', 'h1', 'b2']);
    await until(() => witness.closes === 2);
    expect(witness.open).toEqual(['a1', 'b2']);
    // A snapshot that is refused: its gateway is missing.
    const outcome = await proxy.target.applySnapshot(++revision, [route('a', 'a3')]);
    expect(outcome.applied).toBe(false);
    await until(() => witness.closes === 3);
    expect(witness.open).toEqual(['a1', 'b2']);
    // A route that is broken keeps its last good version, and that its policy.
    const gateway = resource('gateway', { name: 'default' });
    const broken = resource('route', { name: 'a', policies: [{ name: 'unknown' }] });
    await proxy.target.applySnapshot(++revision, [gateway, broken]);
    await until(() => witness.closes === 4);
    expect(witness.open).toEqual(['a1']);
    expect((await proxy.get('/a')).body).toBe('a1');
    delta(removal(route('a', '')));
    await until(() => witness.open.length === 0);
    await proxy.stop();
    expect(witness.closes).toBe(witness.lives.length);
  });

  it('is closed after the last exchange that uses it', async () => {
    const waiting = proxy.get('/hold');
    await until(() => proxy.epochs.current.open === 1);
    delta(route('hold', 'h2'));
    delta(route('a', 'a2'));
    expect((await proxy.get('/a')).body).toBe('a2');
    await sleep(30);
    expect(witness.closes).toBe(0);
    witness.release();
    expect((await waiting).body).toBe('h1');
    await until(() => witness.closes === 2);
    expect(bounds).toEqual([]);
  });

  it('is closed after the bound when an exchange does not end', async () => {
    const waiting = proxy.get('/hold');
    await until(() => proxy.epochs.current.open === 1);
    delta(route('hold', 'h2'));
    await until(() => bounds.length === 1);
    bounds[0]?.();
    await until(() => witness.closes === 1);
    witness.release();
    expect(await waiting).toMatchObject({ status: 500, body: 'closed' });
    expect(witness.closes).toBe(1);
  });

  it('that is refused leaves nothing behind, and a fault of close is logged', async () => {
    expect(proxy.hosts.openCount).toBe(3);
    expect(delta(route('c', 'c1', { fails: 'compile' })).faults[0]?.reason).toBe('cannot');
    expect(delta(route('c', 'c2', { fails: 'hooks' })).applied).toBe(false);
    await until(() => proxy.hosts.openCount === 3);
    expect(witness.open).toEqual(['a1', 'b1', 'h1', 'c1']);
    expect(delta(route('c', 'c3', { fails: 'close' })).applied).toBe(true);
    delta(removal(route('c', '')));
    await until(() => proxy.hosts.openCount === 3);
    expect(witness.open).toEqual(['a1', 'b1', 'h1', 'c1']);
    await proxy.stop();
    expect(proxy.hosts.openCount).toBe(0);
    const runs = witness.timerRuns;
    await sleep(30);
    expect(witness.timerRuns).toBe(runs);
  });

  it('is open exactly while it is in service, over any sequence of configurations', async () => {
    const names = ['a', 'b', 'hold'] as const;
    const change = fc.record({
      name: fc.constantFrom(...names),
      mark: fc.constantFrom('1', '2'),
      form: fc.constantFrom('good', 'good', 'good', 'broken', 'unfit', 'removal'),
    });
    const step = fc.record({
      isSnapshot: fc.boolean(),
      hasGateway: fc.constantFrom(true, true, false),
      changes: fc.uniqueArray(change, { maxLength: 3, selector: ({ name }) => name }),
    });
    const resourceOf = ({ name, mark, form }: { name: string; mark: string; form: string }) => {
      if (form === 'removal') return removal(route(name, mark));
      const fails = form === 'broken' ? { fails: 'compile' } : {};
      const own = { name: 'witness', config: { mark, ...fails } };
      const policies = form === 'unfit' ? [own, { name: 'unknown' }] : [own];
      return resource('route', { name, paths: [`/${name}`], policies });
    };
    const gateway = resource('gateway', { name: 'default' });
    // Policies whose compile throws are never open, but the witness has counted them.
    const open = (): string[] => witness.open.filter((mark) => mark !== '').sort();
    const inService = (): string[] =>
      [...proxy.target.runtime.of('route').values()]
        .flatMap(({ chain }) => chain.flatMap((policy) => marksOf(policy)))
        .sort();
    const marksOf = (policy: object): string[] =>
      policy instanceof SharedPolicy ? [String(policy.attachment.config['mark'])] : [];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        for (const { isSnapshot, hasGateway, changes } of steps) {
          const resources = changes.map(resourceOf);
          if (isSnapshot) {
            const whole = resources.filter(({ spec }) => spec !== undefined) as Resource[];
            await proxy.target.applySnapshot(++revision, hasGateway ? [gateway, ...whole] : whole);
          } else delta(...resources);
          for (const life of witness.lives) if (life.hasThrown) life.mark = '';
          await until(() => open().join() === inService().join());
        }
      }),
      { numRuns: 40 },
    );
    await proxy.stop();
    expect(open()).toEqual([]);
    expect(proxy.hosts.openCount).toBe(0);
  });
});
