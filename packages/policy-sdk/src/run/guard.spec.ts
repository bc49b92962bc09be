import { describe, expect, it } from '@jest/globals';
import { HeaderList } from '@sluice/http1';
import type { PolicyHooks } from '../policy.ts';
import { deny } from '../reply.ts';
import { guardHooks } from './guard.ts';
import type { StepExchange } from './steps.ts';

/** The part of an exchange that a guard uses. */
class Probe {
  readonly headers = HeaderList.of({ 'x-given': '1' });
  readonly shadow: string[] = [];
  readonly faults: unknown[] = [];
  readonly identified: unknown[] = [];
  readonly responseFields: string[] = [];
  identify(consumer: unknown): void {
    this.identified.push(consumer);
  }
  limitContent(): void {
    throw new Error('not in shadow');
  }
  addResponseHeader(name: string): void {
    this.responseFields.push(name);
  }
  setResponseHeader(name: string): void {
    this.responseFields.push(name);
  }
  withdrawals = 0;
  withdraw(): void {
    this.withdrawals++;
  }
  hideOnForward(): void {
    throw new Error('not in shadow');
  }
  noteShadow(policy: string): void {
    this.shadow.push(policy);
  }
  notePolicyFault(_: string, fault: unknown): void {
    this.faults.push(fault);
  }
}

const run = async (
  hooks: PolicyHooks,
  mode: 'enforce' | 'shadow',
  onError?: 'open' | 'closed',
  timeoutMs?: number,
) => {
  const probe = new Probe();
  const verdict = await guardHooks('probe', hooks, mode, onError, timeoutMs).receive?.run(
    probe as unknown as StepExchange,
  );
  return { probe, verdict };
};

const refusing: PolicyHooks = { receive: () => deny('forbidden') };
const refusingLater: PolicyHooks = { receive: () => Promise.resolve(deny('forbidden')) };
const failing: PolicyHooks = {
  receive: () => {
    throw new Error('store is gone');
  },
};
const failingLater: PolicyHooks = { receive: () => Promise.reject(new Error('store is gone')) };

describe('guardHooks', () => {
  it.each([refusing, refusingLater])('enforce: the verdict is returned', async (hooks) => {
    const { verdict, probe } = await run(hooks, 'enforce');
    expect(verdict?.status).toBe(403);
    expect(probe.shadow).toEqual([]);
  });

  it.each([refusing, refusingLater])(
    'shadow: the verdict is noted and nothing stops',
    async (hooks) => {
      const { verdict, probe } = await run(hooks, 'shadow');
      expect(verdict).toBeUndefined();
      expect(probe.shadow).toEqual(['probe']);
    },
  );

  it('shadow: the policy’s changes have no effect', async () => {
    const { probe } = await run(
      {
        receive: (exchange) => {
          exchange.headers.set('x-given', '2');
          exchange.headers.add('x-more', '3');
          exchange.identify(
            { id: 'x', username: 'x', customId: undefined, groups: [], groupIds: [], quotas: [] },
            { type: 'key', id: 'k', name: 'k', expiresAtMs: undefined },
          );
          exchange.limitContent(1);
          exchange.addResponseHeader('x-added', '1');
          exchange.setResponseHeader('x-set', '1');
          return undefined;
        },
      },
      'shadow',
    );
    expect(probe.headers.get('x-given')).toBe('1');
    expect(probe.headers.has('x-more')).toBe(false);
    expect(probe.identified).toEqual([]);
    expect(probe.responseFields).toEqual([]);
  });

  it.each([failing, failingLater])('a fault is 503 when the policy fails closed', async (hooks) => {
    const { verdict, probe } = await run(hooks, 'enforce', 'closed');
    expect(verdict).toMatchObject({ status: 503, code: 'policy_failed' });
    expect(probe.faults).toHaveLength(1);
  });

  it.each([failing, failingLater])(
    'a fault is logged and the request continues when the policy fails open',
    async (hooks) => {
      const { verdict, probe } = await run(hooks, 'enforce', 'open');
      expect(verdict).toBeUndefined();
      expect(probe.faults).toHaveLength(1);
    },
  );

  it.each([failing, failingLater])('a fault in shadow never reaches the request', async (hooks) => {
    const { verdict, probe } = await run(hooks, 'shadow');
    expect(verdict).toBeUndefined();
    expect(probe.faults).toHaveLength(1);
  });

  it('a fault of a policy that depends on nothing is a defect, and is thrown', async () => {
    await expect(run(failing, 'enforce')).rejects.toThrow('store is gone');
  });

  describe('a hook that never answers', () => {
    const hanging: PolicyHooks = { receive: () => new Promise(() => undefined) };

    it('fails after the timeout', async () => {
      await expect(run(hanging, 'enforce', undefined, 20)).rejects.toMatchObject({
        code: 'policy_failed',
        cause: 'the policy "probe" did not answer within 20 ms',
      });
    });

    it.each([
      ['closed', 'policy_failed'],
      ['open', undefined],
    ] as const)('is decided by onError: %s', async (onError, code) => {
      const { verdict, probe } = await run(hanging, 'enforce', onError, 20);
      expect(verdict?.code).toBe(code);
      expect(probe.withdrawals).toBe(1);
      expect(probe.faults).toHaveLength(1);
    });

    it('no longer delays a request in shadow mode', async () => {
      const { verdict, probe } = await run(hanging, 'shadow', undefined, 20);
      expect(verdict).toBeUndefined();
      expect(probe.faults).toHaveLength(1);
    });
  });

  it.each<[string, unknown]>([
    ['an object without fields', { status: 403 }],
    ['a status that cannot be sent', { status: 9_999, headers: [] }],
    ['null', null],
    ['a number', 403],
    ['a promise of such an object', Promise.resolve({ status: 403 })],
  ])('a verdict that is not a reply is a fault, and onError decides: %s', async (_, verdict) => {
    const hooks = { receive: () => verdict } as unknown as PolicyHooks;
    expect((await run(hooks, 'enforce', 'closed')).verdict).toMatchObject({
      status: 503,
      code: 'policy_failed',
    });
    expect((await run(hooks, 'enforce', 'open')).verdict).toBeUndefined();
  });

  it('a phase without a hook has no step', () => {
    expect(guardHooks('probe', refusing, 'enforce', undefined).authorize).toBeUndefined();
  });
});
