import { describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@sluice/config';
import type { FieldRule, SchemaRules, Spec } from '@sluice/config';
import { decodeControlFrame, SetHash, SnapshotAssembler } from '@sluice/wire';
import type { Delta, ResourceRecord, SnapshotChunk } from '@sluice/wire';
import fc from 'fast-check';
import type { NodeCapabilities } from '../../nodes/node-capabilities.ts';
import type { ConfigView } from './config-view.ts';
import type { GatewayView } from './gateway-view.ts';
import { NodeFilter } from './node-filter.ts';
import { ResourceSet } from './resource-set.ts';
import type { ResourceState } from './resource-set.ts';

const field = (path: string, more: Partial<FieldRule> = {}): FieldRule => ({
  path: path.split('/'),
  since: 0,
  isSecret: false,
  isRequired: false,
  ...more,
});

/** A later release: with a kind, properties that old nodes do without, and secrets. */
const rules: SchemaRules = {
  level: 2,
  kinds: {
    gateway: { since: 0, fields: [] },
    service: { since: 0, fields: [field('targets/*/zone', { since: 2 })] },
    route: {
      since: 0,
      fields: [
        field('newer', { since: 2 }),
        field('policies/*/config/key', { isSecret: true, policy: 'sign' }),
      ],
    },
    consumer: { since: 0, fields: [field('secret', { isSecret: true, isRequired: true })] },
    key: { since: 0, fields: [] },
    group: { since: 0, fields: [] },
    quota: { since: 2, fields: [] },
  },
};
const allKinds = Object.keys(rules.kinds);
const nodes: Readonly<Record<string, NodeCapabilities>> = {
  newest: { schemaLevel: 2, kinds: allKinds, mayReceiveSecrets: true },
  older: {
    schemaLevel: 1,
    kinds: allKinds.filter((kind) => kind !== 'quota'),
    mayReceiveSecrets: true,
  },
  unnamed: { schemaLevel: 0, kinds: [], mayReceiveSecrets: true },
  plaintext: { schemaLevel: 2, kinds: allKinds, mayReceiveSecrets: false },
  olderPlaintext: { schemaLevel: 1, kinds: [], mayReceiveSecrets: false },
};

const id = (kind: string, count: number): fc.Arbitrary<string> =>
  fc.integer({ min: 1, max: count }).map((number) => `${kind}-${number}`);
const maybe = (name: string, value: fc.Arbitrary<unknown>) =>
  fc
    .option(value, { nil: undefined })
    .map((chosen) => (chosen === undefined ? {} : { [name]: chosen }));
const merged = (...parts: fc.Arbitrary<object>[]): fc.Arbitrary<object> =>
  fc.tuple(...parts).map((chosen) => Object.assign({}, ...chosen) as object);
const letter = fc.constantFrom('a', 'b');
const specs: Readonly<Record<string, fc.Arbitrary<object>>> = {
  service: fc.record({
    name: letter,
    targets: fc.array(merged(fc.record({ address: letter }), maybe('zone', letter)), {
      maxLength: 2,
    }),
  }),
  route: merged(
    fc.record({ name: letter, gateways: fc.constant(['g']), service: id('service', 2) }),
    maybe('newer', letter),
    maybe(
      'policies',
      fc.array(
        fc.record({ name: fc.constantFrom('sign', 'other'), config: fc.record({ key: letter }) }),
        { maxLength: 2 },
      ),
    ),
  ),
  consumer: merged(fc.record({ username: letter }), maybe('secret', letter)),
  quota: fc.record({ name: letter }),
};
const state: fc.Arbitrary<ResourceState> = fc.constantFrom(...Object.keys(specs)).chain((kind) =>
  fc.record({
    kind: fc.constant(kind as ResourceState['kind']),
    id: id(kind, 2),
    spec: fc.option(specs[kind] as fc.Arbitrary<Spec>, { nil: null, freq: 4 }),
  }),
);
const history = fc.array(fc.array(state, { minLength: 1, maxLength: 5 }), {
  minLength: 1,
  maxLength: 20,
});

/** What nodes are sent of a resource, by a reading of the rules that shares no code with the view. */
function expectedForm(record: ResourceRecord, node: NodeCapabilities): ResourceRecord | undefined {
  const isOld = node.schemaLevel < 2;
  if (record.kind === 'quota' && isOld) return undefined;
  const spec = JSON.parse(record.json) as {
    newer?: string;
    secret?: string;
    targets?: { zone?: string }[];
    policies?: { name: string; config: { key?: string } }[];
  };
  if (isOld) {
    delete spec.newer;
    for (const target of spec.targets ?? []) delete target.zone;
  }
  if (!node.mayReceiveSecrets) {
    if (spec.secret !== undefined) return undefined;
    for (const { name, config } of spec.policies ?? []) if (name === 'sign') delete config.key;
  }
  return { ...record, json: canonicalJson(spec) };
}

function expectedRecords(base: GatewayView, node: NodeCapabilities): Map<string, ResourceRecord> {
  const forms = [...base.records()].flatMap((record) => expectedForm(record, node) ?? []);
  return new Map(forms.map((record) => [record.id, record]));
}

/** A node that follows a view with single deltas, from what the view held when it joined. */
class Follower {
  private position: number;
  readonly records: Map<string, ResourceRecord>;

  constructor(private readonly view: ConfigView) {
    this.position = view.revision;
    this.records = new Map([...view.records()].map((record) => [record.id, record]));
  }

  follow(): void {
    for (
      let delta = this.view.nextDelta(this.position);
      delta !== undefined;
      delta = this.view.nextDelta(this.position)
    ) {
      const { changes, setHash } = decodeControlFrame(delta.frame as Buffer) as Delta;
      for (const change of changes) {
        if (change.json === '') this.records.delete(change.id);
        else this.records.set(change.id, change);
      }
      expect(SetHash.of(this.records.values()).matches(setHash)).toBe(true);
      this.position = delta.revision;
    }
    const held = SetHash.of(this.records.values()).bytes();
    expect(this.view.canResume(this.position, held)).toBe(true);
  }
}

const newSet = (): ResourceSet => {
  const set = new ResourceSet('epoch', 0, undefined, rules);
  set.apply(1, [{ kind: 'gateway', id: 'g', spec: { name: 'g' } as Spec }]);
  return set;
};

describe('the views of a gateway', () => {
  it.each(Object.entries(nodes))('have exactly what a node may receive: %s', (_, node) => {
    fc.assert(
      fc.property(history, fc.nat({ max: 20 }), (revisions, joinAfter) => {
        const set = newSet();
        const base = set.view('g') as GatewayView;
        let follower: Follower | undefined;
        for (const [index, states] of revisions.entries()) {
          set.apply(index + 2, states);
          if (index === joinAfter % revisions.length)
            follower = new Follower(set.viewFor('g', node) as ConfigView);
          if (follower === undefined) continue;
          follower.follow();
          const expected = expectedRecords(base, node);
          expect(follower.records).toEqual(expected);
          const view = set.viewFor('g', node) as ConfigView;
          expect(new Map([...view.records()].map((record) => [record.id, record]))).toEqual(
            expected,
          );
          expect(view.setHash()).toEqual(SetHash.of(expected.values()).bytes());
        }
      }),
      { numRuns: 60 },
    );
  });

  it('never hand out an earlier delta with what the node may not receive', () => {
    fc.assert(
      fc.property(history, (revisions) => {
        const set = newSet();
        for (const [index, states] of revisions.entries()) set.apply(index + 2, states);
        for (const node of Object.values(nodes)) {
          const view = set.viewFor('g', node) as ConfigView;
          const from =
            [...Array(view.revision).keys()].find((revision) => view.covers(revision)) ?? 0;
          for (
            let at = from, delta = view.nextDelta(at);
            delta !== undefined;
            delta = view.nextDelta(at)
          ) {
            for (const change of (decodeControlFrame(delta.frame as Buffer) as Delta).changes)
              if (change.json !== '') expect(expectedForm(change, node)).toEqual(change);
            at = delta.revision;
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('share the records that are the same for all, and the deltas while all are', async () => {
    const set = newSet();
    set.apply(2, [
      { kind: 'consumer', id: 'c', spec: { username: 'c' } as Spec },
      {
        kind: 'route',
        id: 'r',
        spec: { name: 'r', gateways: ['g'], newer: 'x' } as unknown as Spec,
      },
    ]);
    const base = set.view('g') as GatewayView;
    const older = set.viewFor('g', nodes['older'] as NodeCapabilities) as ConfigView;
    const find = (view: ConfigView, wanted: string) =>
      [...view.records()].find((record) => record.id === wanted);
    expect(find(older, 'c')).toBe(find(base, 'c'));
    expect(find(older, 'r')?.json).toBe('{"gateways":["g"],"name":"r"}');
    expect(set.viewFor('g', nodes['newest'] as NodeCapabilities)).toBe(base);

    const plaintext = set.viewFor('g', nodes['plaintext'] as NodeCapabilities) as ConfigView;
    expect(plaintext).not.toBe(base);
    // Nothing has differed so far, so a node that knows the revisions before the view resumes.
    expect(plaintext.nextDelta(1)).toEqual(base.nextDelta(1));

    const { frames } = await older.snapshot();
    const assembler = new SnapshotAssembler();
    const [assembled] = frames.map((frame) =>
      assembler.accept(decodeControlFrame(frame) as SnapshotChunk),
    );
    expect([...(assembled?.records ?? [])].map((record) => record.id).sort()).toEqual([
      'c',
      'g',
      'r',
    ]);
  });

  it('are limited in number, and removed when no node has had them for a while', () => {
    const set = newSet();
    const base = set.view('g') as GatewayView;
    const strange = (number: number): NodeCapabilities => ({
      schemaLevel: 2,
      kinds: allKinds.filter((_, index) => (number & (1 << index)) !== 0),
      mayReceiveSecrets: false,
    });
    const all = Array.from({ length: 40 }, (_, number) => strange(number + 1));
    const opened = all.map((node) => set.viewFor('g', node));
    expect(opened.filter((view) => view !== undefined)).toHaveLength(16);
    const kept = { gatewayId: 'g', capabilities: all[3] as NodeCapabilities };
    set.removeUnusedViews([kept]);
    expect(set.viewFor('g', all[0] as NodeCapabilities)).toBe(opened[0]);
    set.removeUnusedViews([kept]);
    set.removeUnusedViews([kept]);
    expect(set.viewFor('g', kept.capabilities)).toBe(opened[3]);
    expect(set.viewFor('g', all[0] as NodeCapabilities)).not.toBe(opened[0]);
    expect(set.viewFor('g', all[30] as NodeCapabilities)).toBeDefined();
    expect(base.revision).toBe(1);
  });

  it('end with the gateway', () => {
    const set = newSet();
    const view = set.viewFor('g', nodes['older'] as NodeCapabilities) as ConfigView;
    set.apply(2, [{ kind: 'gateway', id: 'g', spec: null }]);
    expect(set.viewFor('g', nodes['older'] as NodeCapabilities)).toBeUndefined();
    const delta = decodeControlFrame(view.nextDelta(1)?.frame as Buffer) as Delta;
    expect(delta.changes).toEqual([{ kind: 'gateway', id: 'g', json: '' }]);
  });

  it('leave out kinds that this release does not know', () => {
    const set = newSet();
    const gadget = {
      kind: 'gadget' as ResourceState['kind'],
      id: 'x',
      spec: { name: 'x' } as Spec,
    };
    expect(set.apply(2, [gadget])).toEqual(new Set());
    expect([set.unknown.kinds, set.size]).toEqual([['gadget'], 1]);
    set.apply(3, [{ ...gadget, spec: null }]);
    expect(set.unknown.kinds).toEqual([]);
  });
});

describe('the filter of a node', () => {
  it('is empty for a node that receives everything, and equal for nodes that receive the same', () => {
    const filter = (node: Partial<NodeCapabilities>): NodeFilter =>
      new NodeFilter(rules, { ...(nodes['newest'] as NodeCapabilities), ...node });
    expect([filter({}).isEmpty, filter({ schemaLevel: 9 }).isEmpty]).toEqual([true, true]);
    expect(filter({ kinds: [...allKinds, 'gadget'] }).isEmpty).toBe(true);
    expect(filter({ schemaLevel: 0 }).key).toBe(filter({ schemaLevel: 1 }).key);
    expect(filter({ schemaLevel: 1 }).key).not.toBe(filter({ mayReceiveSecrets: false }).key);
  });

  it('removes what was encrypted, even if no schema says that it is a secret', () => {
    const set = new ResourceSet('epoch', 0, undefined, rules, (_, spec) => ({
      ...spec,
      policies: [{ name: 'of-another-replica', config: { 'a/b': 'planted', c: 1 } }],
    }));
    const key = `sealed:v1:${'0'.repeat(16)}:${'1'.repeat(16)}:AAAA`;
    set.apply(1, [
      { kind: 'gateway', id: 'g', spec: { name: 'g' } as Spec },
      {
        kind: 'consumer',
        id: 'c',
        spec: {
          username: 'c',
          policies: [{ name: 'of-another-replica', config: { 'a/b': key, c: 1 } }],
        } as unknown as Spec,
      },
    ]);
    const jsonFor = (node: NodeCapabilities): string | undefined =>
      [...(set.viewFor('g', node) as ConfigView).records()].find((record) => record.id === 'c')
        ?.json;
    expect(jsonFor(nodes['newest'] as NodeCapabilities)).toContain('"a/b":"planted"');
    expect(jsonFor(nodes['plaintext'] as NodeCapabilities)).toBe(
      '{"policies":[{"config":{"c":1},"name":"of-another-replica"}],"username":"c"}',
    );
  });

  it('removes elements and members', () => {
    const wild: SchemaRules = {
      level: 2,
      kinds: {
        route: { since: 0, fields: [field('all/*', { since: 2 }), field('by/*', { since: 2 })] },
      },
    };
    const filter = new NodeFilter(wild, {
      schemaLevel: 1,
      kinds: ['route'],
      mayReceiveSecrets: true,
    });
    const record = { kind: 'route', id: 'r', json: '{"all":["a","b"],"by":{"c":1},"name":"all:"}' };
    expect(filter.formOf(record)?.json).toBe('{"all":[],"by":{},"name":"all:"}');
    const other = { kind: 'route', id: 'r', json: '{"name":"\\"all\\":"}' };
    expect(filter.formOf(other)).toBe(other);
  });
});
