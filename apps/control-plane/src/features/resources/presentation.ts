import { mapReferences, referencesOf, resourceSchemas } from '@sluice/config';
import type { Kind, Spec } from '@sluice/config';
import type { StoredResource } from './stored-resource.ts';

/** A resource as the Admin API shows it. */
export type Representation = { readonly id: string; readonly createdAt: string; readonly updatedAt: string } & Readonly<Record<string, unknown>>;

const readOnly: ReadonlySet<string> = new Set(['id', 'createdAt', 'updatedAt', 'revision']);

/** True for what the control plane alone writes: it is in answers and not in what a caller may set. */
export function isReadOnly(name: string): boolean {
  return readOnly.has(name);
}

/** All ids that the resources refer to. */
export function referredIds(resources: readonly StoredResource[]): string[] {
  return resources.flatMap(({ kind, spec }) => referencesOf(kind, spec).map(({ target }) => target));
}

/** Shows a resource: references by name, secrets left out, properties in the order of the schema. */
export function present(resource: StoredResource, names: ReadonlyMap<string, string>): Representation {
  const { id, createdAt, updatedAt } = resource;
  const content = presentSpec(resource.kind, resource.spec, names);
  return { id, ...content, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}

/** The part of {@link present} that comes from the spec. A reference whose name is not known stays an id. */
export function presentSpec(kind: Kind, spec: Spec, names: ReadonlyMap<string, string>): Readonly<Record<string, unknown>> {
  const named: unknown = mapReferences(kind, spec, ({ target }) => names.get(target) ?? target);
  // The database sorts properties by length; parsing puts them back in order and fills in what later versions added.
  const parsed = resourceSchemas[kind].safeParse(named);
  const { hash: _hash, ...shown } = (parsed.success ? parsed.data : named) as Record<string, unknown>;
  return shown;
}
