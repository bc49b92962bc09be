import { secretPaths } from '@sluice/schema';
import type { z } from 'zod';
import { canonicalJson } from './canonical.ts';
import type { PolicyCatalogue } from './policy-catalogue.ts';
import { kindOf } from './resource.ts';
import type { Kind } from './resource.ts';

/** The secrets in values of a schema: by member, with `*` for every element or member. */
interface FieldTree {
  readonly children: ReadonlyMap<string, FieldTree>;
  readonly isSecret: boolean;
}

const trees = new WeakMap<z.ZodType, FieldTree>();

function treeOf(schema: z.ZodType): FieldTree {
  const known = trees.get(schema);
  if (known !== undefined) return known;
  const root = { children: new Map<string, FieldTree>(), isSecret: false };
  for (const path of secretPaths(schema)) {
    let at: { children: Map<string, FieldTree>; isSecret: boolean } = root;
    for (const step of path) {
      const next = at.children.get(step) ?? { children: new Map(), isSecret: false };
      at.children.set(step, next);
      at = next as typeof at;
    }
    at.isSecret = true;
  }
  trees.set(schema, root);
  return root;
}

/** A part of a resource that has a schema: the resource itself, or the configuration of a policy. */
interface Part {
  readonly path: readonly string[];
  readonly tree: FieldTree;
  /** The name of the policy. */
  readonly policy?: string;
}

function partsOf(kind: Kind, spec: unknown, catalogue: PolicyCatalogue): Part[] {
  const parts: Part[] = [{ path: [], tree: treeOf(kindOf(kind).schema) }];
  const policies: unknown = isRecord(spec) ? spec['policies'] : undefined;
  if (Array.isArray(policies)) {
    for (const [index, attachment] of (policies as unknown[]).entries()) {
      const name = isRecord(attachment) ? attachment['name'] : undefined;
      const schema = typeof name === 'string' ? catalogue.get(name)?.config : undefined;
      if (typeof name === 'string' && schema !== undefined)
        parts.push({
          path: ['policies', String(index), 'config'],
          tree: treeOf(schema),
          policy: name,
        });
    }
  }
  return parts.filter(({ tree }) => tree.children.size > 0);
}

/** The positions of all secrets that a spec has. */
export function secretsIn(kind: Kind, spec: unknown, catalogue: PolicyCatalogue): string[][] {
  const found: string[][] = [];
  const visit = (value: unknown, tree: FieldTree, path: readonly string[]): void => {
    if (tree.isSecret && typeof value === 'string') found.push([...path]);
    for (const [name, member] of membersOf(value)) {
      const inner = tree.children.get(name) ?? tree.children.get('*');
      if (inner !== undefined) visit(member, inner, [...path, name]);
    }
  };
  for (const { path, tree } of partsOf(kind, spec, catalogue))
    visit(memberAt(spec, path), tree, path);
  return found;
}

/** Returns a copy of a spec in which a text stands in place of every secret. */
export function withSecretsReplaced<Value>(
  kind: Kind,
  spec: Value,
  catalogue: PolicyCatalogue,
  text: string,
): Value {
  return secretsIn(kind, spec, catalogue).reduce(
    (value, path) => updateAt(value, path, () => text) as Value,
    spec,
  );
}

/** Returns a copy of a spec without its secrets, except those that `stays` accepts. */
export function withoutSecrets<Value>(
  kind: Kind,
  spec: Value,
  catalogue: PolicyCatalogue,
  stays: (secret: unknown) => boolean = () => false,
): Value {
  const parts = partsOf(kind, spec, catalogue);
  return parts.reduce(
    (value, { path, tree }) =>
      updateAt(value, path, (part) => stripped(part, tree, stays)) as Value,
    spec,
  );
}

/**
 * Adds the stored secrets that the given content leaves out, so that a representation can be written
 * back as it was read. A policy keeps the secrets of the policy of its name. An element of a list
 * keeps those of the element with the same `name` or `id`, or else of one that is equal apart from
 * its secrets. `null` removes a secret, or all of a map of secrets.
 * @param stored the spec with its secrets in the clear
 */
export function withKeptSecrets(
  kind: Kind,
  given: unknown,
  stored: unknown,
  catalogue: PolicyCatalogue,
): unknown {
  return partsOf(kind, given, catalogue).reduce(
    (value, { path, tree, policy }) =>
      updateAt(value, path, (part) =>
        kept(part, policy === undefined ? stored : storedConfig(stored, policy), tree),
      ),
    given,
  );
}

function storedConfig(stored: unknown, policy: string): unknown {
  const policies: unknown = isRecord(stored) ? stored['policies'] : undefined;
  if (!Array.isArray(policies)) return undefined;
  const found = (policies as unknown[]).find((each) => isRecord(each) && each['name'] === policy);
  return isRecord(found) ? found['config'] : undefined;
}

function kept(given: unknown, stored: unknown, tree: FieldTree): unknown {
  const every = tree.children.get('*');
  if (Array.isArray(given)) {
    if (every === undefined || !Array.isArray(stored)) return given;
    return (given as unknown[]).map((each) => kept(each, counterpart(each, stored, every), every));
  }
  if (!isRecord(given)) return given;
  const from = isRecord(stored) && given['type'] === stored['type'] ? stored : {};
  const result = { ...given };
  for (const [name, value] of Object.entries(given)) {
    const inner = tree.children.get(name) ?? every;
    if (inner === undefined) continue;
    if (value === null && (inner.isSecret || isMapOfSecrets(inner))) delete result[name];
    else result[name] = kept(value, from[name], inner);
  }
  for (const [name, value] of Object.entries(from)) {
    const inner = tree.children.get(name) ?? every;
    if (inner === undefined || Object.hasOwn(given, name)) continue;
    if (inner.isSecret || isMapOfSecrets(inner)) result[name] = value;
  }
  return result;
}

/** Each member of such a map is a secret, such as constant header fields. */
function isMapOfSecrets({ children }: FieldTree): boolean {
  return children.size === 1 && children.get('*')?.isSecret === true;
}

function counterpart(given: unknown, stored: readonly unknown[], tree: FieldTree): unknown {
  for (const property of ['id', 'name']) {
    const value = isRecord(given) ? given[property] : undefined;
    if (typeof value === 'string')
      return stored.find((each) => isRecord(each) && each[property] === value);
  }
  const text = canonicalJson(stripped(given, tree));
  const same = stored.filter((each) => canonicalJson(stripped(each, tree)) === text);
  return same.length === 1 ? same[0] : undefined;
}

function stripped(
  value: unknown,
  tree: FieldTree,
  stays: (secret: unknown) => boolean = () => false,
): unknown {
  const every = tree.children.get('*');
  const inner = (name: string): FieldTree | undefined => tree.children.get(name) ?? every;
  if (Array.isArray(value))
    return (value as unknown[]).map((each) =>
      every === undefined ? each : stripped(each, every, stays),
    );
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      const below = inner(name);
      if (below === undefined) return [[name, member]];
      if (below.isSecret) return stays(member) ? [[name, member]] : [];
      return [[name, stripped(member, below, stays)]];
    }),
  );
}

function membersOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function memberAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, step) =>
      typeof at === 'object' && at !== null
        ? (at as Readonly<Record<string, unknown>>)[step]
        : undefined,
    value,
  );
}

/** Returns a copy in which the value at the path is replaced; the value itself without the path. */
function updateAt(
  value: unknown,
  path: readonly string[],
  update: (part: unknown) => unknown,
): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return update(value);
  if (Array.isArray(value))
    return (value as unknown[]).map((each, index) =>
      String(index) === step ? updateAt(each, rest, update) : each,
    );
  if (!isRecord(value) || !Object.hasOwn(value, step)) return value;
  return { ...value, [step]: updateAt(value[step], rest, update) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
