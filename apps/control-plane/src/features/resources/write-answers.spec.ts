import { describe, expect, it } from '@jest/globals';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import { JsonLogger } from '../../platform/logger.ts';
import { AppliedStatus } from '../nodes/applied.ts';
import type { AppliedReport, NodeOutcome } from '../nodes/applied.ts';
import { WriteAnswers } from './write-answers.ts';
import type { Written } from './written.ts';

const written: Written = {
  status: 201,
  headers: { ETag: '"e"', Location: '/v1/groups/1' },
  body: { id: '1' },
  revision: 7,
  isReplayed: false,
  isUnchanged: false,
  resource: undefined,
};
const deleted: Written = {
  status: 204,
  headers: {},
  body: undefined,
  revision: 8,
  isReplayed: false,
  isUnchanged: false,
  resource: undefined,
};

const request = (wait: WriteRequest['wait']): WriteRequest => ({
  caller: { tokenId: '1', name: 'ci', role: 'editor' },
  requestId: 'r-1',
  method: 'POST',
  target: '/v1/groups',
  ifMatch: undefined,
  ifNoneMatch: undefined,
  idempotency: undefined,
  wait,
});
const patient = request({ timeoutMs: 250, preferenceApplied: undefined });

const node = (
  id: string,
  outcome: NodeOutcome['outcome'],
  faults?: NodeOutcome['faults'],
): NodeOutcome => ({
  id,
  gateway: 'default',
  state: outcome === 'not-waited' ? 'stale' : 'live',
  appliedRevision: 6,
  outcome,
  ...(faults === undefined ? {} : { faults }),
});

/** Nodes with configured outcomes. */
function answersWith(report: Pick<AppliedReport, 'status' | 'nodes'> | Error): {
  readonly answers: WriteAnswers;
  readonly asked: [number, number][];
} {
  const asked: [number, number][] = [];
  class ToldStatus extends AppliedStatus {
    override wait(revision: number, timeoutMs: number): Promise<AppliedReport> {
      asked.push([revision, timeoutMs]);
      return report instanceof Error
        ? Promise.reject(report)
        : Promise.resolve({ revision, ...report });
    }
    override status(revision: number): Promise<AppliedReport> {
      return this.wait(revision, 0);
    }
  }
  return { answers: new WriteAnswers(new ToldStatus(), new JsonLogger('silent')), asked };
}

describe('the response to a write', () => {
  it('does not wait for nodes unless the caller requests it', async () => {
    const { answers, asked } = answersWith({ status: 'applied', nodes: [] });
    expect(await answers.of(written, request(undefined))).toMatchObject({
      status: 201,
      body: { id: '1', revision: 7 },
      headers: { ETag: '"e"', 'Sluice-Revision': '7' },
    });
    expect(await answers.of(deleted, request(undefined))).toMatchObject({
      status: 204,
      headers: { 'Sluice-Revision': '8' },
    });
    expect(asked).toEqual([]);
  });

  it('lists the nodes that have applied it, and stale nodes', async () => {
    const nodes = [node('a', 'applied'), node('b', 'not-waited')];
    const { answers, asked } = answersWith({ status: 'applied', nodes });
    expect(await answers.of(written, patient)).toMatchObject({
      status: 201,
      body: { id: '1', revision: 7, nodes },
    });
    expect(await answers.of(deleted, patient)).toMatchObject({
      status: 200,
      body: { revision: 8, nodes },
    });
    expect(asked).toEqual([
      [7, 250],
      [8, 250],
    ]);
  });

  it('is 202 when some nodes are pending', async () => {
    const nodes = [node('a', 'applied'), node('b', 'pending')];
    const { answers } = answersWith({ status: 'pending', nodes });
    expect(await answers.of(written, patient)).toMatchObject({
      status: 202,
      body: { id: '1', revision: 7, nodes },
      headers: { Location: '/v1/groups/1' },
    });
    expect(await answers.of(deleted, patient)).toMatchObject({
      status: 202,
      body: { revision: 8, nodes },
    });
  });

  it('is 202 when waiting failed, because the write is committed', async () => {
    const { answers } = answersWith(new Error('the database is away'));
    expect(await answers.of(written, patient)).toMatchObject({
      status: 202,
      body: { id: '1', revision: 7, nodes: [] },
    });
  });

  it('is 422 with reasons and pointers when a node rejected it, and says that it is committed', async () => {
    const fault = {
      kind: 'route',
      id: '2',
      name: 'orders',
      pointer: '/policies/0',
      code: 'unknown_policy',
      reason: 'this node does not know the policy "x"',
    };
    const nodes = [
      node('a', 'rejected', [fault]),
      node('b', 'rejected', [fault]),
      node('c', 'applied'),
    ];
    const { answers } = answersWith({ status: 'rejected', nodes });
    const answer = await answers.of(written, patient);
    expect(answer).toMatchObject({
      status: 422,
      headers: { 'Sluice-Revision': '7', 'Content-Type': 'application/problem+json' },
      body: {
        code: 'revision_rejected',
        requestId: 'r-1',
        revision: 7,
        nodes,
        detail: expect.stringContaining('revision 7 is committed, but a, b rejected it'),
        errors: [
          {
            pointer: '/policies/0',
            detail: 'route "orders": this node does not know the policy "x"',
          },
        ],
      },
    });
    expect(answer.headers).not.toHaveProperty('Location');
  });

  it('reports the applied preference, and that it is a replay', async () => {
    const { answers } = answersWith({ status: 'applied', nodes: [] });
    const answer = await answers.of(
      { ...written, isReplayed: true },
      request({ timeoutMs: 5_000, preferenceApplied: 'wait=5' }),
    );
    expect(answer.headers).toMatchObject({
      'Preference-Applied': 'wait=5',
      'Idempotency-Replayed': 'true',
    });
  });

  it('contains warnings', async () => {
    const { answers } = answersWith({ status: 'applied', nodes: [] });
    const warnings = [{ code: 'route_shadowed' as const, detail: 'never' }];
    expect((await answers.of(written, request(undefined), warnings)).body).toMatchObject({
      warnings,
    });
  });
});
