import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { canonicalJson, nameOf, nameProperty } from '@sluice/config';
import type { Kind, Spec } from '@sluice/config';
import { GatewayError } from '@sluice/errors';
import { isId } from '@sluice/schema';
import type { Sql } from '../../platform/database/database.ts';
import { etagOf, matchesNone, matchesStrongly } from '../../platform/http/etag.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import { ControlPlaneMetrics } from '../../platform/metrics/control-plane-metrics.ts';
import { NodesService } from '../nodes/nodes.service.ts';
import { PoliciesService } from '../policies/policies.service.ts';
import { mergePatch } from './merge-patch.ts';
import type { CollectionAlias } from './collection-alias.ts';
import { isOfType, isReadOnly, present, referredIds } from './presentation.ts';
import type { Representation } from './presentation.ts';
import { withoutStoredMembers } from './read-only-members.ts';
import {
  maxNamedReferrers,
  nameTaken,
  notFound,
  servedByNodes,
  stale,
  stillReferenced,
} from './resource-faults.ts';
import { ResourceRepository } from './resource.repository.ts';
import { checkSpec, isRecord } from './spec-check.ts';
import type { StoredResource } from './stored-resource.ts';
import { WriteTransaction } from './write-transaction.ts';
import type { Outcome } from './write-transaction.ts';
import type { Written } from './written.ts';

/** Identifies the resource that a request writes. */
export interface Address<K extends Kind = Kind> {
  readonly kind: K;
  /** Id of the resource that owns it; null when there is no owner. */
  readonly scope: string | null;
  readonly idOrName: string;
  readonly alias?: CollectionAlias | undefined;
}

/** The input of a creation when it differs from the request content. */
export interface Creation {
  readonly scope: string | null;
  readonly spec: unknown;
  /** Members that only the response to the creation shows. */
  readonly secrets?: object | undefined;
  readonly alias?: CollectionAlias | undefined;
}

/**
 * The most attempts of a PUT. Only requests that keep creating and deleting the same name can use
 * them up.
 */
const maxPutAttempts = 100;

/** Creates, replaces, patches and deletes resources of every kind. */
@Injectable()
export class ResourceWriter {
  constructor(
    private readonly transaction: WriteTransaction,
    private readonly resources: ResourceRepository,
    private readonly policies: PoliciesService,
    private readonly nodes: NodesService,
    private readonly metrics: ControlPlaneMetrics,
  ) {}

  /** Handles POST. `content` is the request content. */
  create(
    kind: Kind,
    content: unknown,
    write: WriteRequest,
    creation: Creation = { scope: null, spec: content },
  ): Promise<Written> {
    return this.run(kind, write, content, async (sql) => {
      if (!matchesStrongly(write.ifMatch, undefined)) throw stale();
      const spec = await this.check(sql, kind, creation.spec);
      const resource = await this.insert(sql, kind, creation.scope, spec);
      const { alias, secrets } = creation;
      if (resource === undefined) throw nameTaken(kind, nameOf(kind, spec), alias?.noun);
      return { ...created(resource), secrets, alias };
    });
  }

  /**
   * Creates the first resource unless a revision exists. Only one of several replicas that start
   * together creates it.
   */
  createFirst(kind: Kind, content: unknown, write: WriteRequest): Promise<Written> {
    return this.run(kind, write, content, async (sql) => {
      if ((await this.transaction.lockHead(sql)) > 0)
        return { status: 200, resource: undefined, changes: [] };
      const resource = await this.insert(sql, kind, null, await this.check(sql, kind, content));
      if (resource === undefined) throw new Error('a database without revisions has resources');
      return created(resource);
    });
  }

  /** Handles PUT: replaces the resource, or creates it under the name in the path. */
  replace(address: Address, content: unknown, write: WriteRequest): Promise<Written> {
    const { kind, scope, idOrName } = address;
    return this.run(kind, write, content, async (sql) => {
      const name = isId(idOrName) ? undefined : idOrName;
      for (let attempt = 1; attempt <= maxPutAttempts; attempt += 1) {
        const current = await this.lock(sql, address, write);
        if (current === undefined && name === undefined) throw notFound(kind, idOrName);
        const given = named(
          kind,
          name ?? current?.name ?? '',
          withoutStoredMembers(content, await this.shown(sql, current)),
          name !== undefined,
        );
        const spec = await this.check(sql, kind, given);
        if (current !== undefined) return this.store(sql, current, spec);
        const resource = await this.insert(sql, kind, scope, spec);
        if (resource !== undefined) return created(resource);
        // Another request created the resource after the lookup; a third may delete it before the
        // next one.
      }
      throw new GatewayError('database_unavailable', {
        detail: `other requests keep creating and deleting the ${kind} "${idOrName}"; try again`,
      });
    });
  }

  /** Handles PATCH (RFC 7396). */
  patch(address: Address, patch: unknown, write: WriteRequest): Promise<Written> {
    return this.run(address.kind, write, patch, async (sql) => {
      const current = await this.lock(sql, address, write);
      const { kind, idOrName, alias } = address;
      if (current === undefined) throw notFound(kind, idOrName, alias?.noun);
      const wanted = withoutStoredMembers(patch, await this.shown(sql, current, alias));
      const spec = await this.check(sql, kind, patched(current.spec, wanted));
      return { ...(await this.store(sql, current, spec)), alias };
    });
  }

  /**
   * Handles DELETE. Also deletes the resources that this one owns; refuses while other resources
   * refer to it.
   */
  remove(address: Address, write: WriteRequest): Promise<Written> {
    return this.run(address.kind, write, {}, async (sql) => {
      const current = await this.lock(sql, address, write, 'delete');
      if (current === undefined)
        throw notFound(address.kind, address.idOrName, address.alias?.noun);
      const referrers = await this.resources.referrers(sql, current.id, maxNamedReferrers + 1);
      if (referrers.length > 0) throw stillReferenced(current, referrers);
      const removed = [...(await this.resources.ownedBy(sql, current.id)), current];
      for (const { id } of removed) await this.resources.delete(sql, id);
      return {
        status: 204,
        resource: undefined,
        changes: removed.map(({ kind, id, name, spec }) => ({
          kind,
          id,
          name,
          before: spec,
          after: null,
        })),
      };
    });
  }

  /** One write, counted. */
  private run(
    kind: Kind,
    write: WriteRequest,
    content: unknown,
    work: (sql: Sql) => Promise<Outcome>,
  ): Promise<Written> {
    return this.metrics.countWrite(kind, () => this.transaction.run(write, content, work));
  }

  private check<K extends Kind>(sql: Sql, kind: K, input: unknown): Promise<Spec<K>> {
    return checkSpec(kind, input, this.policies.catalogue, (references) =>
      this.resources.resolve(sql, references),
    );
  }

  private insert<K extends Kind>(
    sql: Sql,
    kind: K,
    scope: string | null,
    spec: Spec<K>,
  ): Promise<StoredResource<K> | undefined> {
    return this.resources.insert(sql, kind, randomUUID(), scope, spec);
  }

  /** Locks and returns the current resource; throws when the caller's preconditions do not hold. */
  private async lock(
    sql: Sql,
    { kind, scope, idOrName, alias }: Address,
    write: WriteRequest,
    lock: 'update' | 'delete' = 'update',
  ): Promise<StoredResource | undefined> {
    const found = await this.resources.find(sql, kind, scope, idOrName, lock);
    const current = found !== undefined && isOfType(found.spec, alias?.type) ? found : undefined;
    if (write.ifMatch === undefined && write.ifNoneMatch === undefined) return current;
    const shown = await this.shown(sql, current, alias);
    const etag =
      current === undefined || shown === undefined ? undefined : etagOf(current.version, shown);
    if (!matchesStrongly(write.ifMatch, etag) || !matchesNone(write.ifNoneMatch, etag))
      throw stale();
    return current;
  }

  /** The representation of the resource. */
  private async shown(
    sql: Sql,
    resource: StoredResource | undefined,
    alias?: CollectionAlias,
  ): Promise<Representation | undefined> {
    return resource === undefined
      ? undefined
      : present(resource, await this.resources.namesOf(sql, referredIds([resource])), alias);
  }

  /** Throws when live nodes serve the gateway, because they ask for it by its current name. */
  private async refuseToCutOff(sql: Sql, gateway: StoredResource, newName: string): Promise<void> {
    const nodes = await this.nodes.liveIn(sql, gateway.id);
    if (nodes.length > 0) throw servedByNodes(gateway.name, newName, nodes);
  }

  private async store(sql: Sql, current: StoredResource, spec: Spec): Promise<Outcome> {
    if (canonicalJson(spec) === canonicalJson(current.spec))
      return { status: 200, resource: current, changes: [] };
    const resource = await this.resources.update(sql, current, spec);
    const { kind, id, name } = resource;
    if (kind === 'gateway' && name !== current.name) await this.refuseToCutOff(sql, current, name);
    return {
      status: 200,
      resource,
      changes: [{ kind, id, name, before: current.spec, after: spec }],
    };
  }
}

function created(resource: StoredResource): Outcome {
  const { kind, id, name, spec } = resource;
  return { status: 201, resource, changes: [{ kind, id, name, before: null, after: spec }] };
}

/**
 * Adds the name to the content. When the path has a name, a name in the content must be the same.
 */
function named(kind: Kind, name: string, content: unknown, isFromPath: boolean): unknown {
  if (!isRecord(content)) return content;
  const property = nameProperty(kind);
  const written = content[property];
  if (written === undefined) return { ...content, [property]: name };
  if (!isFromPath || written === name) return content;
  throw new GatewayError('validation_failed', {
    detail: `the name in the content differs from "${name}" in the path`,
    errors: [{ pointer: `/${property}`, detail: `leave it out or write "${name}"; PATCH renames` }],
  });
}

/**
 * Applies a patch to the spec. Read-only members of the patch stay, even those that are null, so
 * that they are refused.
 */
function patched(spec: Spec, patch: unknown): unknown {
  const merged = mergePatch(spec, patch);
  if (!isRecord(patch) || !isRecord(merged)) return merged;
  const fixed = Object.entries(patch).filter(([name]) => isReadOnly(name));
  return { ...merged, ...Object.fromEntries(fixed) };
}
