import { describe, expect, it } from '@jest/globals';
import { canonicalJson, kindOf, referencesOf } from '@sluice/config';
import type { Kind, Spec } from '@sluice/config';
import { decodeControlFrame, SetHash, SnapshotAssembler } from '@sluice/wire';
import type { Delta, ResourceRecord, SnapshotChunk } from '@sluice/wire';
import fc from 'fast-check';
import type { GatewayView } from './gateway-view.ts';
import { ResourceSet } from './resource-set.ts';
import type { ResourceState } from './resource-set.ts';

const ids = (kind: Kind, count: number) =>
  fc.integer({ min: 1, max: count }).map((number) => `${kind}-${number}`);
const some = (kind: Kind, count: number) => fc.uniqueArray(ids(kind, count), { maxLength: count });

/** Specs have only the properties that views read. */
const specs: Readonly<Record<Kind, fc.Arbitrary<object>>> = {
  ca: fc.record({ name: fc.constantFrom('i', 'j') }),
  certificate: fc.record({ name: fc.constantFrom('m', 'n'), gateways: some('gateway', 3) }),
  signingKey: fc.record({ name: fc.constantFrom('v', 'w'), gateway: ids('gateway', 3) }),
  gateway: fc.record(
    {
      name: fc.constantFrom('public', 'internal', 'edge'),
      clientCertificates: fc.record({ cas: some('ca', 4) }),
    },
    { requiredKeys: ['name'] },
  ),
  service: fc.record(
    {
      name: fc.constantFrom('a', 'b'),
      tls: fc.record({ certificate: ids('certificate', 4), cas: some('ca', 4) }),
    },
    { requiredKeys: ['name'] },
  ),
  route: fc.oneof(
    fc.record({
      name: fc.constantFrom('r', 's'),
      gateways: some('gateway', 3),
      service: ids('service', 4),
    }),
    fc.record({
      name: fc.constant('t'),
      gateways: some('gateway', 3),
      split: fc.array(fc.record({ service: ids('service', 4), weight: fc.nat(3) })),
    }),
    fc.record({ name: fc.constant('u'), gateways: some('gateway', 3) }),
  ),
  consumer: fc.record({ username: fc.constantFrom('x', 'y') }),
  credential: fc.record({ name: fc.constantFrom('k', 'l') }),
  group: fc.record({ name: fc.constantFrom('g', 'h') }),
  quota: fc.record({ name: fc.constantFrom('q', 'p') }),
};

const state: fc.Arbitrary<ResourceState> = fc
  .constantFrom<Kind>(
    'gateway',
    'service',
    'service',
    'route',
    'route',
    'route',
    'consumer',
    'credential',
    'group',
    'quota',
    'certificate',
    'certificate',
    'signingKey',
    'ca',
  )
  .chain((kind) =>
    fc.record({
      kind: fc.constant(kind),
      id: ids(kind, kind === 'gateway' ? 3 : 4),
      spec: fc.option(specs[kind] as fc.Arbitrary<Spec>, { nil: null, freq: 4 }),
    }),
  );
const revisions = fc.array(fc.array(state, { minLength: 1, maxLength: 6 }), { maxLength: 25 });

/** Computes the view of a gateway from the whole configuration. */
function expectedMembers(
  resources: ReadonlyMap<string, ResourceState>,
  gatewayId: string,
): ResourceRecord[] {
  const members = new Set<string>();
  const add = (id: string): void => {
    const resource = resources.get(id);
    if (resource === undefined || members.has(id)) return;
    members.add(id);
    for (const { kind, target } of referencesOf(resource.kind, resource.spec as Spec))
      if (kind !== 'gateway') add(target);
  };
  for (const { kind, id, spec } of resources.values()) {
    const references = referencesOf(kind, spec as Spec);
    const names = references.some((each) => each.kind === 'gateway' && each.target === gatewayId);
    if (names || id === gatewayId || kindOf(kind).delivery === 'every-node') add(id);
  }
  return [...resources.values()]
    .filter(({ id }) => members.has(id))
    .map(({ kind, id, spec }) => ({ kind, id, json: canonicalJson(spec) }));
}

function loadedSet(resources: ReadonlyMap<string, ResourceState>, revision: number): ResourceSet {
  const set = new ResourceSet('epoch', revision);
  for (const resource of resources.values()) set.load([resource]);
  set.loaded();
  return set;
}

function follow(resources: Map<string, ResourceState>, states: readonly ResourceState[]): void {
  for (const one of states) {
    if (one.spec === null) resources.delete(one.id);
    else resources.set(one.id, one);
  }
}

/**
 * What of a revision the database's references allow: a resource names gateways that exist, and a
 * gateway that is named is not deleted. (Other dangling references do no harm, and stay possible
 * here.)
 */
function allowed(
  resources: ReadonlyMap<string, ResourceState>,
  states: readonly ResourceState[],
): ResourceState[] {
  const listed = new Set(
    [...resources.values(), ...states].flatMap(({ spec }) => {
      if (spec === null) return [];
      if ('gateway' in spec) return [spec.gateway];
      return 'gateways' in spec ? spec.gateways : [];
    }),
  );
  const kept = [...new Map(states.map((one) => [one.id, one])).values()].filter(
    ({ kind, id, spec }) => kind !== 'gateway' || spec !== null || !listed.has(id),
  );
  const after = new Map(resources);
  follow(after, kept);
  const isDangling = ({ spec }: ResourceState) =>
    spec !== null && 'gateway' in spec && !after.has(spec.gateway);
  return kept.map((one) => {
    if (isDangling(one)) return { ...one, spec: null };
    if (one.spec === null || !('gateways' in one.spec)) return one;
    const gateways = one.spec.gateways.filter((id) => after.has(id));
    return { ...one, spec: { ...one.spec, gateways } };
  });
}

/** A model of a node: stores resources and applies deltas. */
class HeldSet {
  readonly records = new Map<string, ResourceRecord>();

  take(frame: Buffer | undefined): Delta {
    const delta = decodeControlFrame(frame as Buffer) as Delta;
    for (const change of delta.changes) {
      if (change.json === '') this.records.delete(change.id);
      else this.records.set(change.id, change);
    }
    expect(SetHash.of(this.records.values()).matches(delta.setHash)).toBe(true);
    return delta;
  }
}

describe('ResourceSet', () => {
  it('keeps every view equal to one that is computed from all resources', () => {
    fc.assert(
      fc.property(revisions, fc.nat({ max: 25 }), (history, loadAfter) => {
        const resources = new Map<string, ResourceState>();
        let set = new ResourceSet('epoch', 0);
        for (const [index, generated] of history.entries()) {
          const states = allowed(resources, generated);
          follow(resources, states);
          if (index === loadAfter) set = loadedSet(resources, index + 1);
          else set.apply(index + 1, states);
          const gateways = [...resources.values()]
            .filter(({ kind }) => kind === 'gateway')
            .map(({ id }) => id);
          expect([...set.gatewayIds()].sort()).toEqual(gateways.sort());
          for (const id of gateways)
            expect(set.view(id)?.setHash()).toEqual(
              SetHash.of(expectedMembers(resources, id)).bytes(),
            );
        }
      }),
      { numRuns: 300 },
    );
  });

  it('returns the affected gateways; single and merged deltas bring nodes to the revision', () => {
    fc.assert(
      fc.property(revisions, fc.nat(), (history, start) => {
        const resources = new Map<string, ResourceState>();
        const set = new ResourceSet('epoch', 0);
        set.apply(1, [{ kind: 'gateway', id: 'gateway-1', spec: { name: 'public' } as Spec }]);
        follow(resources, [{ kind: 'gateway', id: 'gateway-1', spec: { name: 'public' } as Spec }]);
        const view = set.view('gateway-1') as GatewayView;
        const [stepwise, late] = [new HeldSet(), new HeldSet()];
        for (const node of [stepwise, late])
          for (const record of expectedMembers(resources, 'gateway-1'))
            node.records.set(record.id, record);
        let [position, latePosition] = [1, 1];
        for (const [index, all] of history.entries()) {
          const states = allowed(
            resources,
            all.filter(({ id }) => id !== 'gateway-1'),
          );
          const before = view.setHash();
          follow(resources, states);
          const concerned = set.apply(index + 2, states);
          expect(concerned.has('gateway-1')).toBe(!view.setHash().equals(before));
          for (
            let delta = view.nextDelta(position);
            delta !== undefined;
            delta = view.nextDelta(position)
          ) {
            stepwise.take(delta.frame);
            position = delta.revision;
          }
          if (index % ((start % 5) + 1) === 0) {
            const merged = view.mergedDelta(latePosition);
            if (merged !== undefined) {
              const { changes, fromRevision } = late.take(merged.frame);
              expect(new Set(changes.map(({ id }) => id)).size).toBe(changes.length);
              expect(fromRevision).toBeLessThanOrEqual(latePosition);
            }
            latePosition = view.revision;
          }
          expect(view.canResume(position, SetHash.of(stepwise.records.values()).bytes())).toBe(
            true,
          );
        }
        expect(stepwise.records).toEqual(
          new Map(expectedMembers(resources, 'gateway-1').map((record) => [record.id, record])),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('affects no gateway with a service that no route uses, and all gateways with a consumer', () => {
    const set = new ResourceSet('epoch', 0);
    set.apply(
      1,
      ['gateway-1', 'gateway-2'].map((id) => ({ kind: 'gateway', id, spec: { name: id } as Spec })),
    );
    expect(set.apply(2, [{ kind: 'service', id: 's', spec: { name: 's' } as Spec }])).toEqual(
      new Set(),
    );
    expect(set.apply(3, [{ kind: 'consumer', id: 'c', spec: { username: 'c' } as Spec }])).toEqual(
      new Set(['gateway-1', 'gateway-2']),
    );
    expect(
      set.apply(4, [
        {
          kind: 'route',
          id: 'r',
          spec: { name: 'r', gateways: ['gateway-2'], service: 's' } as Spec,
        },
      ]),
    ).toEqual(new Set(['gateway-2']));
    expect(set.apply(5, [{ kind: 'gateway', id: 'gateway-1', spec: null }])).toEqual(
      new Set(['gateway-1']),
    );
    expect(set.view('gateway-1')).toBeUndefined();
  });

  it('finds gateways by their current name', () => {
    const set = new ResourceSet('epoch', 0);
    set.apply(1, [{ kind: 'gateway', id: 'g', spec: { name: 'old' } as Spec }]);
    set.apply(2, [{ kind: 'gateway', id: 'g', spec: { name: 'new' } as Spec }]);
    expect([set.gatewayId('old'), set.gatewayId('new'), set.gatewayName('g')]).toEqual([
      undefined,
      'g',
      'new',
    ]);
  });
});

describe('a snapshot of a view', () => {
  it('contains the resources of the view, is shared, and is followed by deltas', async () => {
    const set = new ResourceSet('epoch', 0);
    set.apply(1, [{ kind: 'gateway', id: 'g', spec: { name: 'g' } as Spec }]);
    const view = set.view('g') as GatewayView;
    const pending = view.snapshot();
    set.apply(2, [{ kind: 'consumer', id: 'c', spec: { username: 'c' } as Spec }]);
    const snapshot = await pending;
    expect(await view.snapshot()).toBe(snapshot);
    const assembler = new SnapshotAssembler();
    const [assembled] = snapshot.frames.map((frame) =>
      assembler.accept(decodeControlFrame(frame) as SnapshotChunk),
    );
    expect(assembled).toMatchObject({ epoch: 'epoch', revision: 1 });
    expect([...(assembled?.records ?? [])]).toEqual([
      { kind: 'gateway', id: 'g', json: '{"name":"g"}' },
    ]);
    expect(view.mergedDelta(snapshot.revision)?.revision).toBe(2);
  });

  it('is encoded again when deltas no longer lead from it to the newest revision', async () => {
    const set = new ResourceSet('epoch', 0, { deltas: 2, bytes: 1_000_000 });
    set.apply(1, [{ kind: 'gateway', id: 'g', spec: { name: 'g' } as Spec }]);
    const view = set.view('g') as GatewayView;
    const first = await view.snapshot();
    for (const revision of [2, 3, 4])
      set.apply(revision, [
        { kind: 'consumer', id: 'c', spec: { username: `c${revision}` } as Spec },
      ]);
    expect(view.covers(1)).toBe(false);
    expect((await view.snapshot()).revision).toBe(4);
    expect(first.revision).toBe(1);
  });
});
