import type { Kind, Resource } from '@sluice/config';
import type { ApplyOutcome, ConfigFault, ConfigTarget, ResourceChange } from '../config/source.ts';
import { compileResource, type Compiled, type Workshop } from './compile.ts';
import { RouteMetricsShelf } from './route-metrics-shelf.ts';
import { Runtime } from './runtime.ts';
import type { Served } from './served.ts';

/**
 * Brings revisions into service. A delta is applied whole or not at all: everything in it is compiled off to the side,
 * then installed in one turn. A delta with a broken resource is refused, the last good configuration stays; what it
 * contained is kept and applied with the next revision, on top of which the broken resource stays quarantined: at its
 * last good version if it has one, otherwise as a refusal. A snapshot quarantines in the same way and serves the rest.
 */
export class RuntimeTarget implements ConfigTarget {
  readonly #workshop: Workshop;
  #runtime: Runtime;
  /** Changes of refused revisions, by kind and id, to be tried again with the next one. */
  #pending = new Map<string, ResourceChange>();
  #quarantined: readonly ConfigFault[] = [];

  constructor(gatewayName: string, workshop: Workshop) {
    this.#workshop = workshop;
    this.#runtime = new Runtime(gatewayName, new RouteMetricsShelf(workshop.metrics));
  }

  /** The configuration in service. Its `gateway` is undefined until a first snapshot was applied. */
  get runtime(): Runtime {
    return this.#runtime;
  }

  /** What is wrong with the resources that are out of service. */
  get quarantined(): readonly ConfigFault[] {
    return this.#quarantined;
  }

  /** {@inheritDoc ConfigTarget.applySnapshot} */
  applySnapshot(revision: number, resources: Iterable<Resource>): ApplyOutcome {
    const next = new Runtime(this.#runtime.gatewayName, this.#runtime.routeMetrics);
    next.revision = revision;
    const pending = new Map<string, ResourceChange>();
    const faults: ConfigFault[] = [];
    for (const resource of resources) {
      const compiled = compileResource(resource, this.#workshop);
      if (compiled.served !== undefined) next.install(compiled.served);
      if (compiled.faults.length === 0) continue;
      faults.push(...compiled.faults);
      pending.set(keyOf(resource.kind, resource.id), { ...resource });
    }
    if (next.gateway === undefined) {
      for (const service of next.services.values()) this.#release(service);
      return { applied: false, faults: [...faults, missingGateway(next.gatewayName)], quarantined: this.#quarantined };
    }
    // The generation goes on from the old one's, so that nothing joined from the old runtime can pass for fresh.
    next.generation += this.#runtime.generation;
    const previous = this.#runtime;
    this.#runtime = next;
    this.#pending = pending;
    this.#quarantined = faults;
    for (const service of previous.services.values()) this.#release(service);
    next.routeMetrics.keepOnly(new Set([...next.routes.values()].map(({ name }) => name)));
    return { applied: true, faults: [], quarantined: faults };
  }

  /** {@inheritDoc ConfigTarget.applyDelta} */
  applyDelta(revision: number, changes: readonly ResourceChange[]): ApplyOutcome {
    const merged = new Map(this.#pending);
    for (const change of changes) merged.set(keyOf(change.kind, change.id), change);
    const compiled = new Map<string, Compiled>();
    for (const [key, { kind, id, spec }] of merged) {
      if (spec !== undefined) compiled.set(key, compileResource({ kind, id, spec }, this.#workshop));
    }
    const faults = changes.flatMap(({ kind, id }) => compiled.get(keyOf(kind, id))?.faults ?? []);
    if (faults.length > 0) {
      for (const { served } of compiled.values()) this.#release(served);
      this.#pending = merged;
      return { applied: false, faults, quarantined: this.#quarantined };
    }
    this.#install(revision, merged, compiled);
    return { applied: true, faults: [], quarantined: this.#quarantined };
  }

  #install(revision: number, merged: ReadonlyMap<string, ResourceChange>, compiled: ReadonlyMap<string, Compiled>): void {
    const pending = new Map<string, ResourceChange>();
    const quarantined: ConfigFault[] = [];
    for (const [key, change] of merged) {
      const result = compiled.get(key);
      if (result === undefined) {
        this.#retire(this.#runtime.remove(change.kind, change.id), undefined);
        continue;
      }
      if (result.faults.length > 0) {
        pending.set(key, change);
        quarantined.push(...result.faults);
      }
      const keepsLastGood = result.faults.length > 0 && this.#runtime.find(change.kind, change.id) !== undefined;
      if (result.served === undefined || keepsLastGood) this.#release(result.served);
      else this.#retire(this.#runtime.install(result.served), result.served);
    }
    this.#runtime.revision = revision;
    this.#pending = pending;
    this.#quarantined = quarantined;
  }

  /** What was in service is not any more; `successor` has taken its place. */
  #retire(served: Served | undefined, successor: Served | undefined): void {
    if (served?.kind === 'route' && served.name !== successor?.name) this.#runtime.routeMetrics.forget(served.name);
    this.#release(served);
  }

  #release(served: Served | undefined): void {
    if (served?.kind !== 'service') return;
    this.#workshop.upstreams.release(served.upstream);
    served.durations.release();
  }
}

function keyOf(kind: Kind, id: string): string {
  return `${kind}/${id}`;
}

function missingGateway(name: string): ConfigFault {
  return { kind: 'gateway', id: '', name, pointer: '', code: 'unknown_gateway', reason: `the configuration has no gateway named "${name}"` };
}
