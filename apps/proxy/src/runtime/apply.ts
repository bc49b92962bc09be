import { setImmediate as nextTurn } from 'node:timers/promises';
import { kinds, type Kind, type Resource } from '@sluice/config';
import type { PolicyChain } from '@sluice/policy-sdk/run';
import type { ConfigFault } from '@sluice/wire';
import type { ApplyOutcome, ConfigTarget, ResourceChange } from '../config/source.ts';
import { noClientVerification, type ClientVerification } from '../listener/client-verification.ts';
import type { CertificateIndex } from '../listener/certificate-index.ts';
import { compileResource, type Compiled } from './compile.ts';
import type { FindCurrent } from './credential-view.ts';
import { servedKind } from './kinds/kinds.ts';
import { findAfter, keyOf, neededFirst, withDependents } from './needed-resources.ts';
import type { CompileContext, CompileTools } from './kinds/served-kind.ts';
import { RouteMetricsCache } from './route-metrics-cache.ts';
import { Runtime } from './runtime.ts';
import type { NeededKinds, ServedResource } from './served.ts';

/** What a configuration says about the TLS port. */
export interface ConfiguredTls {
  readonly serverCertificates: CertificateIndex;
  readonly clientVerification: ClientVerification;
}

/** Longest time that compiling a snapshot blocks the event loop. */
const sliceMs = 4;

/**
 * Applies revisions. A delta is applied completely or not at all: every resource in it is compiled
 * first, then all are installed in one turn of the event loop. A delta with a broken resource is
 * refused, and the last good configuration stays. Its changes are kept and applied with the next
 * revision; a resource that is still broken is then quarantined: at its last good version if there
 * is one, otherwise as a refusal. A snapshot quarantines in the same way and serves the rest.
 */
export class RuntimeTarget implements ConfigTarget {
  readonly #context: CompileContext;
  #runtime: Runtime;
  /** Changes of refused revisions that are not in service, by kind and id. */
  #pending = new Map<string, ResourceChange>();
  /** Resources served as a refusal because they have no good version, by kind and id. */
  #refusals = new Set<string>();
  #quarantined: readonly ConfigFault[] = [];
  readonly #findCurrent: FindCurrent = (type, lookup) => this.#runtime.findCredential(type, lookup);

  constructor(gatewayName: string, context: CompileContext) {
    this.#context = context;
    this.#runtime = new Runtime(
      gatewayName,
      new RouteMetricsCache(context.metrics),
      context.shared,
      this.#findCurrent,
    );
  }

  /**
   * The configuration in service. Its `gateway` is undefined until a first snapshot was applied.
   */
  get runtime(): Runtime {
    return this.#runtime;
  }

  /** What the configuration in service says about the TLS port. */
  get tls(): ConfiguredTls {
    const { gateway, certificates } = this.#runtime;
    return {
      serverCertificates: certificates.of(gateway?.id ?? ''),
      clientVerification: gateway?.clientVerification ?? noClientVerification,
    };
  }

  /** The faults of the quarantined resources. */
  get quarantined(): readonly ConfigFault[] {
    return this.#quarantined;
  }

  /**
   * {@inheritDoc ConfigTarget.applySnapshot}
   * Requests are served meanwhile: the snapshot is compiled in slices of a few milliseconds and
   * installed in one turn of the event loop.
   */
  async applySnapshot(
    revision: number,
    resources: Iterable<Resource> | AsyncIterable<Resource>,
  ): Promise<ApplyOutcome> {
    this.#context.shared.beginSnapshot();
    let isApplied = false;
    try {
      const outcome = await this.#applyWhole(revision, resources);
      isApplied = outcome.applied;
      return outcome;
    } finally {
      this.#context.shared.endSnapshot(isApplied);
    }
  }

  async #applyWhole(
    revision: number,
    resources: Iterable<Resource> | AsyncIterable<Resource>,
  ): Promise<ApplyOutcome> {
    const previous = this.#runtime;
    const next = new Runtime(
      previous.gatewayName,
      previous.routeMetrics,
      this.#context.shared,
      this.#findCurrent,
      previous,
    );
    next.revision = revision;
    const pending = new Map<string, ResourceChange>();
    const refusals = new Set<string>();
    const quarantined: ConfigFault[] = [];
    const find: CompileTools['find'] = <K extends keyof NeededKinds>(kind: K, id: string) =>
      next.find(kind, id) as NeededKinds[K] | undefined;
    let sliceEndsAtMs = performance.now() + sliceMs;
    for await (const resource of neededFirst(resources)) {
      if (performance.now() > sliceEndsAtMs) {
        await nextTurn();
        sliceEndsAtMs = performance.now() + sliceMs;
      }
      const { served, faults } = compileResource(resource, this.#context, find);
      const lastGood = faults.length === 0 ? undefined : this.#lastGood(resource.kind, resource.id);
      if (lastGood !== undefined) {
        this.#release(served);
        this.#context.shared.retain(chainOf(lastGood));
      }
      const installed = lastGood ?? served;
      if (installed !== undefined) this.#put(next, installed);
      if (faults.length === 0) continue;
      const key = keyOf(resource.kind, resource.id);
      quarantined.push(...faults);
      pending.set(key, resource);
      if (lastGood === undefined) refusals.add(key);
    }
    if (next.gateway === undefined) {
      this.#releaseAllOf(next, previous);
      const isBroken = quarantined.some(
        ({ kind, name }) => kind === 'gateway' && name === next.gatewayName,
      );
      return {
        applied: false,
        faults: isBroken ? quarantined : [...quarantined, missingGateway(next.gatewayName)],
        quarantined: this.#quarantined,
      };
    }
    next.follow(previous);
    this.#runtime = next;
    this.#pending = pending;
    this.#refusals = refusals;
    this.#quarantined = quarantined;
    this.#releaseAllOf(previous, next);
    for (const kind of kinds) servedKind(kind).replaced?.(next.of(kind).values(), next);
    return { applied: true, faults: [], quarantined };
  }

  /** {@inheritDoc ConfigTarget.applyDelta} */
  applyDelta(revision: number, changes: readonly ResourceChange[]): ApplyOutcome {
    const steps = this.#steps(revision, changes);
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    return step.value;
  }

  /**
   * The same, for a delta with many changes: it is compiled in slices of a few milliseconds, with
   * requests in between, and installed in one turn of the event loop. The caller waits for the
   * outcome before it applies anything else.
   */
  async applyLargeDelta(
    revision: number,
    changes: readonly ResourceChange[],
  ): Promise<ApplyOutcome> {
    const steps = this.#steps(revision, changes);
    for (let sliceEndsAtMs = performance.now() + sliceMs; ;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (performance.now() < sliceEndsAtMs) continue;
      await nextTurn();
      sliceEndsAtMs = performance.now() + sliceMs;
    }
  }

  /** Applies a delta; yields after each resource that was compiled. */
  *#steps(
    revision: number,
    changes: readonly ResourceChange[],
  ): Generator<undefined, ApplyOutcome, undefined> {
    const changed = new Map(this.#pending);
    for (const change of changes) changed.set(keyOf(change.kind, change.id), change);
    const merged = withDependents(changed, this.#runtime);
    const compiled = yield* this.#compile(merged);
    const faults = changes.flatMap(({ kind, id }) => compiled.get(keyOf(kind, id))?.faults ?? []);
    if (faults.length > 0) {
      for (const { served } of compiled.values()) this.#release(served);
      this.#pending = changed;
      return { applied: false, faults, quarantined: this.#quarantined };
    }
    this.#install(revision, merged, compiled);
    return { applied: true, faults: [], quarantined: this.#quarantined };
  }

  /** Compiles each change; a removal has no result. */
  *#compile(
    changes: ReadonlyMap<string, ResourceChange>,
  ): Generator<undefined, ReadonlyMap<string, Compiled>, undefined> {
    const compiled = new Map<string, Compiled>();
    const find = findAfter(changes, compiled, this.#runtime, (kind, id) =>
      this.#lastGood(kind, id),
    );
    for (const [key, { kind, id, spec }] of changes) {
      if (spec !== undefined)
        compiled.set(key, compileResource({ kind, id, spec }, this.#context, find));
      yield undefined;
    }
    const { gateway, gatewayName } = this.#runtime;
    if (gateway === undefined) return compiled;
    // A node without its gateway would refuse every request. As in a snapshot, its removal is a
    // fault.
    const key = keyOf('gateway', gateway.id);
    const stays = !changes.has(key) || (compiled.get(key)?.faults.length ?? 0) > 0;
    const hasSuccessor = (): boolean =>
      [...compiled.values()].some(
        ({ served }) => served?.kind === 'gateway' && served.name === gatewayName,
      );
    if (!stays && !hasSuccessor()) {
      this.#release(compiled.get(key)?.served);
      compiled.set(key, {
        served: undefined,
        faults: [{ ...missingGateway(gatewayName), id: gateway.id }],
      });
    }
    return compiled;
  }

  #install(
    revision: number,
    merged: ReadonlyMap<string, ResourceChange>,
    compiled: ReadonlyMap<string, Compiled>,
  ): void {
    const pending = new Map<string, ResourceChange>();
    const quarantined: ConfigFault[] = [];
    for (const [key, change] of merged) {
      const { served, faults } = compiled.get(key) ?? { served: undefined, faults: [] };
      const isRemoved = served === undefined && faults.length === 0;
      const lastGood = faults.length === 0 ? undefined : this.#lastGood(change.kind, change.id);
      if (faults.length > 0) {
        pending.set(key, change);
        quarantined.push(...faults);
      }
      if (lastGood !== undefined) {
        this.#release(served);
        continue;
      }
      if (faults.length > 0) this.#refusals.add(key);
      else this.#refusals.delete(key);
      if (served !== undefined) this.#retire(this.#put(this.#runtime, served), served);
      else if (isRemoved) this.#retire(this.#runtime.remove(change.kind, change.id), undefined);
    }
    this.#runtime.revision = revision;
    this.#pending = pending;
    this.#quarantined = quarantined;
  }

  /** The version of a resource in service, unless that is only a refusal. */
  #lastGood(kind: Kind, id: string): ServedResource | undefined {
    return this.#refusals.has(keyOf(kind, id)) ? undefined : this.#runtime.find(kind, id);
  }

  /** Releases what `successor` has replaced. */
  #retire(served: ServedResource | undefined, successor: ServedResource | undefined): void {
    if (served === undefined) return;
    servedKind(served.kind).retired?.(served, successor, this.#runtime);
    this.#release(served);
  }

  /**
   * Releases the resources of a replaced runtime, except those that the other one shares. Their
   * policies are counted for each runtime as a whole: see `SharedPolicies.endSnapshot`.
   */
  #releaseAllOf(gone: Runtime, kept: Runtime): void {
    for (const kind of kinds) {
      if (servedKind(kind).release === undefined) continue;
      for (const served of gone.of(kind).values())
        if (kept.find(kind, served.id) !== served)
          servedKind(served.kind).release?.(served, this.#context);
    }
  }

  /** Puts a resource in service, and releases one that this node does not serve. */
  #put(runtime: Runtime, served: ServedResource): ServedResource | undefined {
    const previous = runtime.install(served);
    if (servedKind(served.kind).isServed?.(served, runtime) === false) this.#release(served);
    return previous;
  }

  #release(served: ServedResource | undefined): void {
    if (served === undefined) return;
    servedKind(served.kind).release?.(served, this.#context);
    this.#context.shared.release(chainOf(served));
  }
}

/** The policies of a resource; of kinds without policies an empty list. */
function chainOf(served: ServedResource): PolicyChain {
  return 'chain' in served ? (served.chain as PolicyChain) : noPolicies;
}

const noPolicies: PolicyChain = Object.freeze([]);

function missingGateway(name: string): ConfigFault {
  const reason = `the configuration has no gateway named "${name}": SLUICE_GATEWAY is misspelt, or the gateway was renamed or deleted; set SLUICE_GATEWAY to a gateway that exists`;
  return { kind: 'gateway', id: '', name, pointer: '/name', code: 'unknown_gateway', reason };
}
