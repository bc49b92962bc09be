import { kindOf, mapReferences, referencesOf, resourceSchemas } from '@sluice/config';
import type { Kind, Spec } from '@sluice/config';
import type { CollectionAlias } from './collection-alias.ts';
import type { StoredResource } from './stored-resource.ts';

/** A resource as the Admin API shows it. */
export type Representation = {
  readonly id: string;
  readonly createdAt: string;
  readonly updatedAt: string;
} & Readonly<Record<string, unknown>>;

const readOnly: ReadonlySet<string> = new Set(['id', 'createdAt', 'updatedAt', 'revision']);

/**
 * True for a member that only the control plane sets: responses show it, and requests must not
 * change it.
 */
export function isReadOnly(name: string): boolean {
  return readOnly.has(name);
}

/** The ids of all resources that `resources` refer to. */
export function referredIds(resources: readonly StoredResource[]): string[] {
  return resources.flatMap(({ kind, spec }) =>
    referencesOf(kind, spec).map(({ target }) => target),
  );
}

/**
 * The representation of a resource: references as names, without secrets, properties in the order
 * of the schema.
 */
export function present(
  resource: StoredResource,
  names: ReadonlyMap<string, string>,
  alias?: CollectionAlias,
): Representation {
  const { id, createdAt, updatedAt } = resource;
  const { type, ...others } = presentSpec(resource.kind, resource.spec, names);
  const content = alias === undefined && type !== undefined ? { type, ...others } : others;
  return { id, ...content, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}

/**
 * The part of {@link present} that comes from the spec. A reference without a known name stays an
 * id.
 */
export function presentSpec(
  kind: Kind,
  spec: Spec,
  names: ReadonlyMap<string, string>,
): Readonly<Record<string, unknown>> {
  const named: unknown = mapReferences(kind, spec, ({ target }) => names.get(target) ?? target);
  // jsonb does not preserve the order of properties. Parsing restores it and adds defaults of later
  // versions.
  const parsed = resourceSchemas[kind].safeParse(named);
  return withoutHidden(kind, (parsed.success ? parsed.data : named) as Record<string, unknown>);
}

/** Whether a resource has this type; every one has when it is undefined. */
export function isOfType(spec: Spec, type: string | undefined): boolean {
  return type === undefined || ('type' in spec && spec.type === type);
}

/** The members of a resource that the Admin API shows. */
export function withoutHidden(
  kind: Kind,
  members: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { hidden } = kindOf(kind);
  return Object.fromEntries(Object.entries(members).filter(([name]) => !hidden.includes(name)));
}
