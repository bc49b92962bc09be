import { kinds, type Kind, type Resource } from '@sluice/config';
import type { ResourceChange } from '../config/source.ts';
import type { Compiled } from './compile.ts';
import { servedKind } from './kinds/kinds.ts';
import type { CompileTools } from './kinds/served-kind.ts';
import type { Runtime } from './runtime.ts';
import type { NeededKinds, ServedResource } from './served.ts';

/** A delta without any of them needs no search for dependents. */
const neededKinds: ReadonlySet<Kind> = new Set<keyof NeededKinds>(['ca', 'certificate']);

/** The key of a resource among changes. */
export function keyOf(kind: Kind, id: string): string {
  return `${kind}/${id}`;
}

/**
 * The changes of a revision, in an order in which a resource follows those that it is compiled with.
 * Resources in service that need a changed one are added, as they are.
 */
export function withDependents(
  changes: ReadonlyMap<string, ResourceChange>,
  runtime: Runtime,
): ReadonlyMap<string, ResourceChange> {
  if (!changes.values().some(({ kind }) => neededKinds.has(kind))) return changes;
  const ordered = new Map<string, ResourceChange>();
  for (const kind of kinds) {
    for (const [key, change] of changes) if (change.kind === kind) ordered.set(key, change);
    const { needs } = servedKind(kind);
    if (needs === undefined) continue;
    for (const { id, spec } of runtime.of(kind).values()) {
      const key = keyOf(kind, id);
      if (
        !changes.has(key) &&
        needs(spec).some((needed) => changes.has(keyOf(needed.kind, needed.id)))
      )
        ordered.set(key, { kind, id, spec });
    }
  }
  return ordered;
}

/**
 * The resources of a snapshot, which come in any order, with those of kinds that need others at the
 * end.
 */
export async function* neededFirst(
  resources: Iterable<Resource> | AsyncIterable<Resource>,
): AsyncGenerator<Resource> {
  const deferred: Resource[] = [];
  for await (const resource of resources) {
    if (servedKind(resource.kind).needs === undefined) yield resource;
    else deferred.push(resource);
  }
  yield* deferred;
}

/**
 * Finds a resource for the compilation of a delta: as the delta leaves it.
 * @param lastGood the version that stays in service when the change is faulty
 */
export function findAfter(
  changes: ReadonlyMap<string, ResourceChange>,
  compiled: ReadonlyMap<string, Compiled>,
  runtime: Runtime,
  lastGood: (kind: Kind, id: string) => ServedResource | undefined,
): CompileTools['find'] {
  return <K extends keyof NeededKinds>(kind: K, id: string) => {
    const key = keyOf(kind, id);
    const change = changes.get(key);
    if (change === undefined) return runtime.find(kind, id) as NeededKinds[K] | undefined;
    const result = compiled.get(key);
    const isFaulty = result !== undefined && result.faults.length > 0;
    return (isFaulty ? lastGood(kind, id) : result?.served) as NeededKinds[K] | undefined;
  };
}
