import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { WorkerProcess } from './worker-process.ts';

const program = fileURLToPath(new URL('testing/odd-worker.ts', import.meta.url));
const { PATH = '' } = process.env;
const env = { PATH, NODE_OPTIONS: '--conditions=sluice-source' };

describe('WorkerProcess', () => {
  const started: WorkerProcess[] = [];
  const start = (more: NodeJS.ProcessEnv = {}): WorkerProcess => {
    const worker: WorkerProcess = new WorkerProcess(
      started.length,
      program,
      { ...env, ...more },
      (question) => {
        const limit = question.kind === 'take' ? question.cost : -1;
        worker.answerLimit({
          kind: 'decided',
          id: question.id,
          decisions: [{ allowed: true, limit, remaining: 0, resetMs: 0, retryAfterMs: 0 }],
        });
      },
    );
    started.push(worker);
    return worker;
  };
  afterEach(async () => {
    for (const worker of started.splice(0)) {
      worker.kill();
      await worker.gone;
    }
  });

  it('matches answers to requests in any order', async () => {
    const worker = start();
    await worker.started;
    expect(worker.pid).toBeGreaterThan(1);
    const ports = Array.from({ length: 40 }, (_, index) => index);
    expect(
      await Promise.all(ports.map((port) => worker.ask({ type: 'listen', port }, 5_000))),
    ).toEqual(ports.map((port) => port + 1));
  });

  it('a request fails with the reason that the worker reports', async () => {
    const worker = start();
    await worker.started;
    await expect(worker.ask({ type: 'metrics' }, 5_000)).rejects.toThrow('nothing was counted');
  });

  it('a request fails when the worker does not answer in time; a late answer is ignored', async () => {
    const worker = start();
    await worker.started;
    await expect(worker.ask({ type: 'health' }, 50)).rejects.toThrow(
      `worker ${worker.index} did not answer within 50 ms`,
    );
    expect(await worker.ask({ type: 'listen', port: 1 }, 5_000)).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(worker.isGone).toBe(false);
  });

  it('pending requests fail at once when the worker ends', async () => {
    const worker = start();
    await worker.started;
    const questions = [
      worker.ask({ type: 'health' }, 60_000),
      worker.ask({ type: 'snapshotStart', revision: 1, superseded: [], records: [] }, 60_000),
    ];
    const outcomes = await Promise.allSettled(questions);
    expect(
      outcomes.map((outcome) => (outcome.status === 'rejected' ? String(outcome.reason) : '')),
    ).toEqual(Array(2).fill(`Error: worker ${worker.index} ended`));
    await worker.gone;
    expect(worker.isGone).toBe(true);
    await expect(worker.ask({ type: 'health' }, 60_000)).rejects.toThrow('ended');
    worker.answerLimit({ kind: 'decided', id: 1, decisions: undefined });
  });

  it('a program that ends before it runs never starts', async () => {
    const worker = start({ SPEC_ENDS_AT_ONCE: '1' });
    await expect(worker.started).rejects.toThrow('ended');
    await worker.gone;
  });

  it('forwards limit requests to the node, and the decisions back', async () => {
    const worker = start();
    await worker.started;
    // The odd worker echoes the decisions.
    expect(await worker.ask({ type: 'delta', revision: 1, changes: [] }, 5_000)).toMatchObject({
      decided: [{ limit: 7 }],
    });
  });

  it('can be killed', async () => {
    const worker = start();
    await worker.started;
    worker.kill();
    await worker.gone;
    expect(() => process.kill(worker.pid, 0)).toThrow('ESRCH');
  });
});
