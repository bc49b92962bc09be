import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  canonicalJson,
  nameOf,
  nameProperty,
  secretsIn,
  separateUnknown,
  withKeptSecrets,
  withoutStoredUnknown,
  withUnknown,
} from '@sluice/config';
import type { Kind, Spec } from '@sluice/config';
import { GatewayError } from '@sluice/errors';
import { isId } from '@sluice/schema';
import type { Sql } from '../../platform/database/database.ts';
import { contentFault } from '../../platform/http/content-fault.ts';
import { matchesNone, matchesStrongly } from '../../platform/http/etag.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import { ControlPlaneMetrics } from '../../platform/metrics/control-plane-metrics.ts';
import { SecretVault } from '../../platform/secrets/secret-vault.ts';
import { PoliciesService } from '../policies/policies.service.ts';
import { mergePatch } from './merge-patch.ts';
import type { CollectionAlias } from './collection-alias.ts';
import { KindRulesRegistry } from './kind-rules.ts';
import type { KindRules } from './kind-rules.ts';
import { ResourcePresenter, isOfType, isReadOnly, referredIds } from './presentation.ts';
import type { Representation } from './presentation.ts';
import { withoutStoredMembers } from './read-only-members.ts';
import {
  maxNamedReferrers,
  nameTaken,
  notFound,
  stale,
  stillReferenced,
} from './resource-faults.ts';
import { ResourceRepository } from './resource.repository.ts';
import { isRecord } from './is-record.ts';
import { checkSpec } from './spec-check.ts';
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
    private readonly presenter: ResourcePresenter,
    private readonly rules: KindRulesRegistry,
    private readonly vault: SecretVault,
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
          this.withoutStored(kind, content, await this.shown(sql, current)),
          name !== undefined,
        );
        const before = current === undefined ? undefined : this.open(current);
        const spec = await this.check(sql, kind, this.kept(kind, given, before), before);
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
      const wanted = this.withoutStored(kind, patch, await this.shown(sql, current, alias));
      const before = this.open(current);
      const given = patched(kind, before, wanted);
      // A merge patch replaces lists as a whole, so their elements may lack their secrets.
      const complete = hasList(patch) ? removed(this.kept(kind, given, before), patch) : given;
      const spec = await this.check(sql, kind, complete, before);
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

  /**
   * Changes several resources in one revision; those that do not exist are left out.
   * @param change returns the new spec of a resource, which is locked, or undefined to leave it
   */
  changeEach<K extends Kind>(
    kind: K,
    ids: readonly string[],
    write: WriteRequest,
    change: (resource: Pick<StoredResource<K>, 'id' | 'spec'>) => Spec<K> | undefined,
  ): Promise<Written> {
    return this.run(kind, write, {}, async (sql) => {
      const changes: Outcome['changes'][number][] = [];
      for (const resource of await this.resources.lockEach(sql, kind, ids)) {
        const spec = change({ id: resource.id, spec: this.open(resource) });
        if (spec !== undefined) changes.push(...(await this.store(sql, resource, spec)).changes);
      }
      return { status: 200, resource: undefined, changes };
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

  /** Returns the spec to store, with its secrets in the clear. */
  private check<K extends Kind>(
    sql: Sql,
    kind: K,
    input: unknown,
    before?: Spec<K>,
  ): Promise<Spec<K>> {
    return checkSpec(kind, input, {
      catalogue: this.policies.catalogue,
      rules: this.rules.of(kind) as KindRules<K>,
      before,
      resolve: (references) => this.resources.resolve(sql, references),
    });
  }

  private async insert<K extends Kind>(
    sql: Sql,
    kind: K,
    scope: string | null,
    spec: Spec<K>,
  ): Promise<StoredResource<K> | undefined> {
    const id = randomUUID();
    const paths = secretsIn(kind, spec, this.policies.catalogue);
    const sealed = await this.vault.seal(sql, id, spec, paths);
    return this.resources.insert(sql, kind, id, scope, sealed);
  }

  /**
   * The stored spec with its secrets in the clear, and without what a later release has stored. A
   * secret that cannot be decrypted is absent.
   */
  private open<K extends Kind>({ id, kind, spec }: StoredResource<K>): Spec<K> {
    const { catalogue } = this.policies;
    return separateUnknown(kind, this.vault.open(id, spec).spec, catalogue).known as Spec<K>;
  }

  /**
   * Leaves out what a client cannot write and has sent back as it was shown: read-only members, and
   * members of a later release.
   * @throws GatewayError when it would change members of a later release.
   */
  private withoutStored(kind: Kind, content: unknown, shown: Representation | undefined): unknown {
    const given = withoutStoredMembers(kind, content, shown);
    if (shown === undefined) return given;
    const { known, unknown } = separateUnknown(kind, shown, this.policies.catalogue);
    const later = unknown.filter(({ path }) => !isReadOnly(kind, String(path[0])));
    const rest = withoutStoredUnknown(given, { known, unknown: later });
    if (rest.faults.length > 0) throw contentFault(rest.faults);
    return rest.content;
  }

  private kept(kind: Kind, given: unknown, before: Spec | undefined): unknown {
    return withKeptSecrets(kind, given, before, this.policies.catalogue);
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
    const etag = current === undefined ? undefined : await this.etag(sql, current);
    if (!matchesStrongly(write.ifMatch, etag) || !matchesNone(write.ifNoneMatch, etag))
      throw stale();
    return current;
  }

  private async etag(sql: Sql, resource: StoredResource): Promise<string> {
    const names = await this.resources.namesOf(sql, referredIds([resource]));
    return this.presenter.etagOf(resource, names, this.presenter.present(resource, names));
  }

  /** The representation of the resource. */
  private async shown(
    sql: Sql,
    resource: StoredResource | undefined,
    alias?: CollectionAlias,
  ): Promise<Representation | undefined> {
    return resource === undefined
      ? undefined
      : this.presenter.present(
          resource,
          await this.resources.namesOf(sql, referredIds([resource])),
          alias,
        );
  }

  private async store(sql: Sql, current: StoredResource, spec: Spec): Promise<Outcome> {
    const { catalogue } = this.policies;
    const paths = secretsIn(current.kind, spec, catalogue);
    const own = await this.vault.seal(sql, current.id, spec, paths, current.spec);
    const sealed = withUnknown(own, separateUnknown(current.kind, current.spec, catalogue));
    if (canonicalJson(sealed) === canonicalJson(current.spec))
      return { status: 200, resource: current, changes: [] };
    const resource = await this.resources.update(sql, current, sealed);
    const { kind, id, name } = resource;
    if (name !== current.name) await this.rules.of(kind).beforeRename?.(sql, current, name);
    return {
      status: 200,
      resource,
      changes: [{ kind, id, name, before: current.spec, after: sealed }],
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
function patched(kind: Kind, spec: Spec, patch: unknown): unknown {
  const merged = mergePatch(spec, patch);
  if (!isRecord(patch) || !isRecord(merged)) return merged;
  const fixed = Object.entries(patch).filter(([name]) => isReadOnly(kind, name));
  return { ...merged, ...Object.fromEntries(fixed) };
}

/** Removes the members that a patch removes. */
function removed(given: unknown, patch: unknown): unknown {
  if (!isRecord(given) || !isRecord(patch)) return given;
  return Object.fromEntries(
    Object.entries(given).filter(([name, value]) => value === null || patch[name] !== null),
  );
}

/** True when a value has a list in it. */
function hasList(value: unknown): boolean {
  if (Array.isArray(value)) return true;
  return isRecord(value) && Object.values(value).some(hasList);
}
