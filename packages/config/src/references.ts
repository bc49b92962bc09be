import type { FieldError } from '@sluice/errors';
import { builtInPolicySchemas } from '@sluice/policies/schemas';
import { kindOf, kinds } from './resource.ts';
import type { Kind, Spec } from './resource.ts';

/** One reference inside a spec: its position and its target. */
export interface ResourceReference {
  /** RFC 6901 JSON Pointer. */
  readonly pointer: string;
  readonly kind: Kind;
  /** Id or name as written, an id once stored. */
  readonly target: string;
}

interface ReferenceField {
  readonly path: readonly string[];
  readonly kind: Kind;
}

/** The properties of each kind that are references; `*` stands for every element of an array. */
const referenceFields = new Map<Kind, readonly ReferenceField[]>(
  kinds.map((kind) => [
    kind,
    Object.entries(kindOf(kind).references).map(([path, target]) => ({
      path: path.split('/'),
      kind: target as Kind,
    })),
  ]),
);

/** The properties of the configurations of policies that are references, by name of the policy. */
const policyFields: ReadonlyMap<string, readonly ReferenceField[]> = new Map(
  builtInPolicySchemas.flatMap(({ name, references }) =>
    references === undefined
      ? []
      : [
          [
            name,
            Object.entries(references).map(([path, target]) => ({
              path: path.split('/'),
              kind: target,
            })),
          ],
        ],
  ),
);

/** Returns all references of a spec, those in configurations of policies last. */
export function referencesOf(kind: Kind, spec: Spec): ResourceReference[] {
  const found: ResourceReference[] = [];
  walkAll(kind, spec, (reference) => {
    found.push(reference);
    return reference.target;
  });
  return found;
}

/** Returns a copy of the spec in which `resolve` has replaced every reference. */
export function mapReferences<K extends Kind>(
  kind: K,
  spec: Spec<K>,
  resolve: (reference: ResourceReference) => string,
): Spec<K> {
  const copy = structuredClone(spec);
  walkAll(kind, copy, resolve);
  return copy;
}

/**
 * Describes a reference whose target does not exist. `written` is the resource as its author wrote
 * it: a reference that is there only by default is reported as the property to set.
 * @param where where the target was looked for, for example ` in this file`
 */
export function danglingReference(
  written: unknown,
  { pointer, kind, target }: ResourceReference,
  where = '',
): FieldError {
  const detail = `there is no ${kind} "${target}"${where}`;
  const [, property = ''] = pointer.split('/');
  const isWritten =
    typeof written === 'object' &&
    written !== null &&
    (written as Readonly<Record<string, unknown>>)[property] !== undefined;
  if (isWritten) return { pointer, detail };
  return {
    pointer: `/${property}`,
    detail: `${detail}, to which \`${property}\` defaults; set \`${property}\``,
  };
}

/** Visits the references of a spec, which may be the unchecked input of a client. */
function walkAll(kind: Kind, spec: Spec, resolve: (reference: ResourceReference) => string): void {
  for (const field of referenceFields.get(kind) ?? [])
    walk(spec, field.path, '', field.kind, resolve);
  const { policies } = spec as Readonly<Record<string, unknown>>;
  if (!Array.isArray(policies)) return;
  for (const [index, attachment] of policies.entries()) {
    const { name, config } = (attachment ?? {}) as Readonly<Record<string, unknown>>;
    for (const field of policyFields.get(String(name)) ?? [])
      walk(config, field.path, `/policies/${index}/config`, field.kind, resolve);
  }
}

function walk(
  holder: unknown,
  path: readonly string[],
  pointer: string,
  kind: Kind,
  resolve: (reference: ResourceReference) => string,
): void {
  const [step, ...rest] = path;
  if (step === undefined || typeof holder !== 'object' || holder === null) return;
  const properties = holder as Record<string, unknown>;
  for (const property of step === '*' ? Object.keys(properties) : [step]) {
    const value = properties[property];
    const here = `${pointer}/${property}`;
    if (rest.length > 0) walk(value, rest, here, kind, resolve);
    else if (typeof value === 'string') {
      const target = resolve({ pointer: here, kind, target: value });
      // Searching for references does not change the spec, which may be frozen.
      if (target !== value) properties[property] = target;
    }
  }
}
