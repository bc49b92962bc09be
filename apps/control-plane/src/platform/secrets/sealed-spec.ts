import { jsonPointer } from '@sluice/errors';
import {
  sealedFacts,
  sealedPrefix,
  sealText,
  UnreadableSecret,
  unsealText,
} from './sealed-text.ts';
import type { EncryptionKeys } from './encryption-keys.ts';
import type { SealedFacts } from './sealed-text.ts';

/** True when the JSON text of a spec may have encrypted secrets. */
export function maySeal(json: string): boolean {
  return json.includes(`"${sealedPrefix}`);
}

/**
 * Returns a copy in which `replace` has replaced every encrypted secret; undefined removes it.
 * Secrets are found by their form, so that those of policies that are no longer installed are found
 * too. Parts without secrets are not copied.
 */
export function mapSealed<Value>(
  value: Value,
  replace: (sealed: string, pointer: string, facts: SealedFacts) => string | undefined,
): Value {
  return walk(value, [], replace) as Value;
}

type Replace = Parameters<typeof mapSealed>[1];

function walk(value: unknown, path: readonly (string | number)[], replace: Replace): unknown {
  if (typeof value === 'string') {
    const facts = value.startsWith(sealedPrefix) ? sealedFacts(value) : undefined;
    return facts === undefined ? value : replace(value, jsonPointer(path), facts);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const mapped = value.map((each: unknown, index) => walk(each, [...path, index], replace));
    if (mapped.every((each, index) => each === value[index])) return value;
    return mapped.filter((each) => each !== undefined);
  }
  let changed: Record<string, unknown> | undefined;
  for (const [name, member] of Object.entries(value)) {
    const mapped = walk(member, [...path, name], replace);
    if (mapped === member) continue;
    changed ??= { ...value };
    if (mapped === undefined) delete changed[name];
    else changed[name] = mapped;
  }
  return changed ?? value;
}

/** A spec with its secrets in the clear. */
export interface OpenedSpec<Value> {
  readonly spec: Value;
  /** Secrets that cannot be decrypted; they are absent from the spec. */
  readonly unreadable: readonly UnreadableSecret[];
}

/** Decrypts the secrets of a resource's spec. */
export function openSpec<Value>(
  keys: EncryptionKeys,
  resourceId: string,
  spec: Value,
): OpenedSpec<Value> {
  const unreadable: UnreadableSecret[] = [];
  const opened = mapSealed(spec, (sealed, pointer) => {
    try {
      return unsealText(keys, sealed, { resourceId, pointer });
    } catch (error) {
      if (!(error instanceof UnreadableSecret)) throw error;
      unreadable.push(error);
      return undefined;
    }
  });
  return { spec: opened, unreadable };
}

/**
 * Returns a copy of a spec in which the secrets at the paths are encrypted. A secret that has not
 * changed keeps its stored form, so that writing it again changes nothing.
 * @param previous the spec as it is stored now
 */
export function sealSpec<Value>(
  keys: EncryptionKeys,
  resourceId: string,
  spec: Value,
  paths: readonly (readonly string[])[],
  previous: unknown,
): Value {
  if (paths.length === 0) return spec;
  const copy = structuredClone(spec);
  for (const path of paths) {
    const pointer = jsonPointer(path);
    const holder = memberAt(copy, path.slice(0, -1)) as Record<string, unknown>;
    const name = path.at(-1) ?? '';
    const text = holder[name];
    if (typeof text !== 'string') continue;
    const stored = memberAt(previous, path);
    holder[name] = isSame(keys, stored, text, { resourceId, pointer })
      ? stored
      : sealText(keys, text, { resourceId, pointer });
  }
  return copy;
}

function isSame(
  keys: EncryptionKeys,
  stored: unknown,
  text: string,
  place: { readonly resourceId: string; readonly pointer: string },
): stored is string {
  if (typeof stored !== 'string' || sealedFacts(stored) === undefined) return false;
  try {
    return unsealText(keys, stored, place) === text;
  } catch {
    return false;
  }
}

function memberAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[step];
  }
  return at;
}
