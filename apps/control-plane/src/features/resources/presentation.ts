import { Injectable } from '@nestjs/common';
import {
  isKind,
  kindOf,
  mapReferences,
  referencesOf,
  resourceSchemas,
  separateUnknown,
  withUnknown,
  withoutSecrets,
} from '@sluice/config';
import type { Kind, Spec } from '@sluice/config';
import type { CollectionAlias } from './collection-alias.ts';
import { errorMessage } from '@sluice/errors';
import { etagOf } from '../../platform/http/etag.ts';
import { Logger } from '../../platform/logger.ts';
import { mapSealed } from '../../platform/secrets/sealed-spec.ts';
import { isSealed, shortened } from '../../platform/secrets/sealed-text.ts';
import { PoliciesService } from '../policies/policies.service.ts';
import { withoutHidden } from './hidden-members.ts';
import { KindRulesRegistry } from './kind-rules.ts';
import type { StoredResource } from './stored-resource.ts';

/** A resource as the Admin API shows it. */
export type Representation = {
  readonly id: string;
  readonly createdAt: string;
  readonly updatedAt: string;
} & Readonly<Record<string, unknown>>;

type Members = Readonly<Record<string, unknown>>;

const readOnly: ReadonlySet<string> = new Set(['id', 'createdAt', 'updatedAt', 'revision']);

/**
 * True for a member that only the control plane sets: responses show it, and requests must not
 * change it.
 */
export function isReadOnly(kind: Kind, name: string): boolean {
  return readOnly.has(name) || Object.hasOwn(kindOf(kind).computed?.shape ?? {}, name);
}

/** The ids of all resources that `resources` refer to. */
export function referredIds(resources: readonly StoredResource[]): string[] {
  return resources.flatMap(({ kind, spec }) =>
    referencesOf(kind, spec).map(({ target }) => target),
  );
}

/** Makes the representations of resources. No representation has a secret. */
@Injectable()
export class ResourcePresenter {
  constructor(
    private readonly rules: KindRulesRegistry,
    private readonly policies: PoliciesService,
    private readonly logger: Logger,
  ) {}

  /**
   * The representation of a resource: references as names, without secrets, properties in the order
   * of the schema.
   */
  present(
    resource: StoredResource,
    names: ReadonlyMap<string, string>,
    alias?: CollectionAlias,
  ): Representation {
    const { id, kind, createdAt, updatedAt } = resource;
    const members = mapSealed(this.members(kind, resource.spec, names), () => undefined);
    const { type, ...others } = members;
    const content = alias === undefined && type !== undefined ? { type, ...others } : others;
    return {
      id,
      ...content,
      ...this.computed(resource),
      createdAt: createdAt.toISOString(),
      updatedAt: updatedAt.toISOString(),
    };
  }

  /**
   * The entity tag of a resource that {@link present} has made into `shown`. It is the same on each
   * path of the resource.
   */
  etagOf(
    resource: StoredResource,
    names: ReadonlyMap<string, string>,
    shown: Representation,
    alias?: CollectionAlias,
  ): string {
    const canonical = alias === undefined ? shown : this.present(resource, names);
    return etagOf(resource.version, canonical);
  }

  /**
   * The part of {@link present} that comes from the spec, with the fingerprints of secrets in their
   * places. A reference without a known name stays an id.
   */
  presentSpec(kind: Kind, spec: Spec, names: ReadonlyMap<string, string>): Members {
    return mapSealed(
      this.members(kind, spec, names),
      (_sealed, _pointer, { fingerprint }) => `fingerprint:${fingerprint}`,
    );
  }

  /** The members of a spec. Encrypted secrets are shortened, others removed. */
  private members(kind: Kind, spec: Spec, names: ReadonlyMap<string, string>): Members {
    // Of a kind that only a later release knows, nothing says what may be shown.
    if (!isKind(kind)) return {};
    const readable = mapSealed(spec, (sealed) => shortened(sealed));
    const named: unknown = mapReferences(
      kind,
      readable,
      ({ target }) => names.get(target) ?? target,
    );
    // jsonb does not preserve the order of properties. Parsing restores it and adds defaults of
    // later versions.
    const parsed = resourceSchemas[kind].safeParse(named);
    const members = (parsed.success ? parsed.data : this.laterMembers(kind, named)) as Members;
    // Fields that were marked as secrets later may have been stored without encryption.
    return withoutHidden(kind, withoutSecrets(kind, members, this.policies.catalogue, isSealed));
  }

  /** The members of a spec that a later release has stored: those that it has added come last. */
  private laterMembers(kind: Kind, spec: unknown): unknown {
    const later = separateUnknown(kind, spec, this.policies.catalogue);
    const parsed = resourceSchemas[kind].safeParse(later.known);
    return withUnknown(parsed.success ? parsed.data : later.known, later);
  }

  private computed({ kind, id, spec }: StoredResource): object {
    const { compute } = this.rules.of(kind);
    if (compute === undefined) return {};
    try {
      return compute(spec);
    } catch (error) {
      this.logger.warn('a resource could not be read completely', {
        kind,
        id,
        reason: errorMessage(error),
      });
      return {};
    }
  }
}

/** Whether a resource has this type; every one has when it is undefined. */
export function isOfType(spec: Spec, type: string | undefined): boolean {
  return type === undefined || ('type' in spec && spec.type === type);
}
