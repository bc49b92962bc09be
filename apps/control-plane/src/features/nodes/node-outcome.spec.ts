import { describe, expect, it } from '@jest/globals';
import type { NodeOutcome } from './applied.ts';
import type { Node } from './node.ts';
import { appliedReport, nodeOutcome } from './node-outcome.ts';

const fault = {
  kind: 'route',
  id: 'r',
  name: 'r',
  pointer: '/service',
  code: 'broken',
  reason: 'because',
};
const node: Node = {
  id: 'n',
  gatewayId: 'g',
  version: '1',
  schemaLevel: 1,
  kinds: [],
  receivesSecrets: true,
  state: 'live',
  appliedRevision: 5,
  nackedRevision: null,
  faults: [],
  targets: [],
  connectedAt: new Date(),
  lastSeenAt: new Date(),
};

const outcomeOf = (
  facts: Partial<Node>,
  revision: number,
  changed: string[] = [],
): NodeOutcome['outcome'] =>
  nodeOutcome({ ...node, ...facts }, 'default', { revision, changed: new Set(changed) }).outcome;

describe('nodeOutcome', () => {
  it.each<[string, Partial<Node>, number, string[], NodeOutcome['outcome']]>([
    ['it serves with it', {}, 5, [], 'applied'],
    ['it serves with a later one', {}, 3, [], 'applied'],
    ['it has not answered yet', {}, 6, [], 'pending'],
    ['it refused it', { nackedRevision: 6, faults: [fault] }, 6, ['r'], 'rejected'],
    [
      'it refused it for the sake of another resource',
      { nackedRevision: 6, faults: [fault] },
      6,
      ['s'],
      'rejected',
    ],
    [
      'it refused a later one that contained it',
      { nackedRevision: 8, faults: [fault] },
      7,
      ['s'],
      'rejected',
    ],
    ['it refused an earlier one', { nackedRevision: 6, faults: [fault] }, 7, [], 'pending'],
    [
      'it went on, and keeps out what the revision changed',
      { faults: [fault] },
      4,
      ['r'],
      'rejected',
    ],
    ['it went on, and keeps out something else', { faults: [fault] }, 4, ['s'], 'applied'],
    ['it is stale', { state: 'stale' }, 6, [], 'not-waited'],
    ['it is draining', { state: 'draining' }, 6, [], 'not-waited'],
    ['it is stale but serves with it', { state: 'stale' }, 5, [], 'applied'],
  ])('when %s', (_, facts, revision, changed, outcome) => {
    expect(outcomeOf(facts, revision, changed)).toBe(outcome);
  });

  it('reports only the faults of a rejected revision', () => {
    expect(
      nodeOutcome({ ...node, faults: [fault, { ...fault, id: 's' }] }, 'default', {
        revision: 4,
        changed: new Set(['r']),
      }),
    ).toEqual({
      id: 'n',
      gateway: 'default',
      state: 'live',
      appliedRevision: 5,
      outcome: 'rejected',
      faults: [fault],
    });
    expect(
      nodeOutcome({ ...node, faults: [fault] }, 'default', { revision: 4, changed: new Set() }),
    ).not.toHaveProperty('faults');
  });
});

describe('appliedReport', () => {
  const outcome = (state: NodeOutcome['state'], of: NodeOutcome['outcome']): NodeOutcome => ({
    id: 'n',
    gateway: 'g',
    state,
    appliedRevision: 1,
    outcome: of,
  });

  it.each<[string, NodeOutcome[], string]>([
    ['no node is connected', [], 'applied'],
    ['all have applied it', [outcome('live', 'applied'), outcome('live', 'applied')], 'applied'],
    ['one is missing', [outcome('live', 'applied'), outcome('live', 'pending')], 'pending'],
    ['one has rejected it', [outcome('live', 'rejected'), outcome('live', 'pending')], 'rejected'],
    [
      'only stale and draining nodes have not applied it',
      [
        outcome('live', 'applied'),
        outcome('stale', 'not-waited'),
        outcome('draining', 'not-waited'),
      ],
      'applied',
    ],
    ['only a stale node has rejected it', [outcome('stale', 'rejected')], 'applied'],
  ])('when %s', (_, nodes, status) => {
    expect(appliedReport(1, nodes)).toEqual({ revision: 1, status, nodes });
  });
});
