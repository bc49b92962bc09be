import { jsonPointer } from '@sluice/errors';
import type { FieldError } from '@sluice/errors';
import type { z } from 'zod';
import { canonicalJson } from './canonical.ts';
import type { PolicyCatalogue } from './policy-catalogue.ts';
import { resourceSchemas } from './resource.ts';
import type { Kind } from './resource.ts';

type Path = readonly PropertyKey[];
type Members = Readonly<Record<PropertyKey, unknown>>;

/** A member that this release does not know: a later release has stored it. */
export interface UnknownMember {
  readonly path: Path;
  readonly value: unknown;
}

/** A stored resource without its unknown members, and these. */
export interface SeparatedMembers {
  readonly known: unknown;
  readonly unknown: readonly UnknownMember[];
}

/** A schema reports the unknown members of inner alternatives only after those of outer ones. */
const maxTurns = 16;
/** What tells the elements of a list apart, besides that they are equal. */
const identities = ['id', 'name', 'address'] as const;

/**
 * Separates the members of a stored resource that this release does not know, also those in the
 * configuration of policies. Without such members, `known` is the given value.
 */
export function separateUnknown(
  kind: Kind,
  stored: unknown,
  catalogue: PolicyCatalogue,
): SeparatedMembers {
  const unknown: UnknownMember[] = [];
  let known = removeUnknown(resourceSchemas[kind], stored, [], unknown);
  const policies = memberAt(known, ['policies']);
  for (const [index, attachment] of Array.isArray(policies) ? policies.entries() : []) {
    const name = memberAt(attachment, ['name']);
    const schema = typeof name === 'string' ? catalogue.get(name)?.config : undefined;
    if (schema === undefined) continue;
    const path = ['policies', index, 'config'];
    const config = memberAt(attachment, ['config']);
    const knownConfig = removeUnknown(schema, config, path, unknown);
    if (knownConfig === config) continue;
    known = structuredClone(known);
    (memberAt(known, path.slice(0, -1)) as Record<string, unknown>)['config'] = knownConfig;
  }
  return { known, unknown };
}

/** Returns a copy without the members that the schema does not know; adds these to `found`. */
function removeUnknown(
  schema: z.ZodType,
  value: unknown,
  at: Path,
  found: UnknownMember[],
): unknown {
  let known = value;
  for (let turn = 0; turn < maxTurns; turn += 1) {
    const { error } = schema.safeParse(known);
    const paths = (error?.issues ?? []).flatMap((issue) =>
      issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [],
    );
    if (paths.length === 0) break;
    if (known === value) known = structuredClone(value);
    for (const path of paths) {
      const holder = memberAt(known, path.slice(0, -1)) as Record<PropertyKey, unknown>;
      const name = path.at(-1) ?? '';
      found.push({ path: [...at, ...path], value: holder[name] });
      delete holder[name];
    }
  }
  return known;
}

/**
 * Adds the unknown members of a stored resource to a new version of it that was written through this
 * release. One in an element of a list stays with the element of the same id, name or address, or
 * else with the one that is equal; it is dropped with its element or object.
 */
export function withUnknown<Spec>(spec: Spec, { known, unknown }: SeparatedMembers): Spec {
  if (unknown.length === 0) return spec;
  const result = structuredClone(spec);
  for (const { path, value } of unknown) {
    const holder = counterpartAt(result, known, path.slice(0, -1));
    const name = path.at(-1) ?? '';
    if (isObject(holder) && !Object.hasOwn(holder, name))
      (holder as Record<PropertyKey, unknown>)[name] = value;
  }
  return result;
}

/**
 * Removes from content the unknown members that are exactly as they are stored, so that a
 * representation can be written back as it was read.
 * @returns the content, and faults for unknown members that it would change.
 */
export function withoutStoredUnknown(
  content: unknown,
  { known, unknown }: SeparatedMembers,
): { readonly content: unknown; readonly faults: readonly FieldError[] } {
  if (unknown.length === 0) return { content, faults: [] };
  const result = structuredClone(content);
  const faults: FieldError[] = [];
  for (const { path, value } of unknown) {
    const holder = counterpartAt(result, known, path.slice(0, -1));
    const name = path.at(-1) ?? '';
    if (!isObject(holder) || !Object.hasOwn(holder, name)) continue;
    const members = holder as Record<PropertyKey, unknown>;
    if (canonicalJson(members[name]) !== canonicalJson(value))
      faults.push({
        pointer: jsonPointer(path),
        detail:
          'is a property of a later release: leave it out, or change it through a control plane of that release',
      });
    delete members[name];
  }
  return { content: result, faults };
}

/** The part of `value` that corresponds to the part of `stored` at the path. */
function counterpartAt(value: unknown, stored: unknown, path: Path): unknown {
  let [here, there] = [value, stored];
  for (const step of path) {
    const next = memberAt(there, [step]);
    here =
      Array.isArray(here) && Array.isArray(there)
        ? elementLike(here as unknown[], next)
        : memberAt(here, [step]);
    there = next;
  }
  return here;
}

function elementLike(list: readonly unknown[], wanted: unknown): unknown {
  for (const identity of identities) {
    const value = memberAt(wanted, [identity]);
    if (typeof value === 'string') return list.find((each) => memberAt(each, [identity]) === value);
  }
  const text = canonicalJson(wanted);
  return list.find((each) => canonicalJson(each) === text);
}

function memberAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (holder, step) =>
      isObject(holder) && Object.hasOwn(holder, step) ? (holder as Members)[step] : undefined,
    value,
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
