import { createHash } from 'node:crypto';
import { errorMessage, jsonPointer, type FieldError } from '@sluice/errors';
import {
  danglingReference,
  fieldErrors,
  kindOf,
  kinds,
  mapReferences,
  nameOf,
  referencesOf,
  resourceSchemas,
  specSizeFault,
} from '@sluice/config';
import type { Kind, Resource, Spec } from '@sluice/config';
import { keyCollection, storedCredential, typedKey } from './file-credentials.ts';

/** The most faults that the message of a {@link ConfigFileError} lists. */
const maxListed = 20;

/** The file cannot be used. The message lists its first faults, and their number. */
export class ConfigFileError extends Error {
  /** The first fault and the number of the others, on one line. */
  readonly summary: string;

  /** @param faults one at least; a fault of the file as a whole has an empty pointer */
  constructor(path: string, faults: readonly FieldError[]) {
    const lines = faults.map(({ pointer, detail }) =>
      pointer === '' ? detail : `${pointer}: ${detail}`,
    );
    const [first = ''] = lines;
    const more = lines.length - maxListed;
    const listed = [...lines.slice(0, maxListed), ...(more > 0 ? [`… and ${more} more`] : [])];
    const others = lines.length - 1;
    const summary = `${path} cannot be used: ${first}${others > 0 ? ` (and ${others} more)` : ''}`;
    const isAlone = others === 0 && faults[0]?.pointer === '';
    super(isAlone ? summary : `${path} cannot be used:\n  ${listed.join('\n  ')}`);
    this.name = 'ConfigFileError';
    this.summary = summary;
  }
}

/**
 * Parses the text of a configuration file: an object with the collections of the Admin API
 * (`services`, `routes`, …), each an array of resources in the Admin API's format, with references
 * by name. A credential also names its `consumer`; one of type `key` has either `key`, the key itself,
 * or `hash` and `prefix`. The collection `keys` holds keys without their type. The gateway of this node may be omitted when it has no settings. Throws a
 * ConfigFileError with the faults.
 */
export function parseConfigFile(text: string, path: string, gateway: string): Resource[] {
  const content = parseJson(text, path);
  const faults: FieldError[] = [];
  const collections = [...kinds.map((kind) => kindOf(kind).collection), keyCollection];
  for (const property of Object.keys(content)) {
    if (!collections.includes(property))
      faults.push({
        pointer: jsonPointer([property]),
        detail: `unknown property; known are ${collections.join(', ')}`,
      });
  }
  const entries = kinds.flatMap((kind) => {
    const { collection } = kindOf(kind);
    return readCollection(kind, collection, content[collection], faults);
  });
  const keys = content[keyCollection];
  const typed: unknown = Array.isArray(keys) ? keys.map(typedKey) : keys;
  entries.push(...readCollection('credential', keyCollection, typed, faults));
  if (!entries.some(({ kind, name }) => kind === 'gateway' && name === gateway))
    entries.push(ownGateway(gateway));
  const ids = new Map<string, string>();
  for (const { kind, name, id, pointer } of entries) {
    if (ids.has(id)) faults.push({ pointer, detail: `another ${kind} has the name "${name}"` });
    ids.set(id, id);
    ids.set(`${kind}\0${name}`, id);
  }
  faults.push(...repeatedValues(entries));
  const resources = entries.map((entry) => resolve(entry, ids, faults));
  if (faults.length > 0) throw new ConfigFileError(path, faults);
  const own = ids.get(`gateway\0${gateway}`) ?? '';
  return servedBy(resources, own);
}

/**
 * Selects the resources of this node's gateway: another gateway's routes may have weaker policies. A
 * resource that names other gateways only is left out, unless one that is served refers to it.
 */
function servedBy(resources: readonly Resource[], gatewayId: string): Resource[] {
  const byId = new Map(resources.map((resource) => [resource.id, resource]));
  const served = new Set<string>();
  const add = (id: string): void => {
    const resource = byId.get(id);
    if (resource === undefined || served.has(id)) return;
    served.add(id);
    for (const { kind, target } of referencesOf(resource.kind, resource.spec))
      if (kind !== 'gateway') add(target);
  };
  for (const { kind, id, spec } of resources) {
    const isForGateways =
      kind === 'gateway' || Object.values(kindOf(kind).references).includes('gateway');
    const names = referencesOf(kind, spec).some(({ target }) => target === gatewayId);
    if (!isForGateways || id === gatewayId || names) add(id);
  }
  return resources.filter(({ id }) => served.has(id));
}

interface Entry {
  readonly kind: Kind;
  readonly id: string;
  readonly name: string;
  readonly pointer: string;
  readonly spec: Spec;
  /** The resource as it is written in the file, without the defaults. */
  readonly written: unknown;
}

function parseJson(text: string, path: string): Readonly<Record<string, unknown>> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new ConfigFileError(path, [
      { pointer: '', detail: `it is not JSON (YAML is not supported): ${errorMessage(error)}` },
    ]);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new ConfigFileError(path, [{ pointer: '', detail: 'expected an object' }]);
  return content as Readonly<Record<string, unknown>>;
}

function readCollection(
  kind: Kind,
  property: string,
  collection: unknown,
  faults: FieldError[],
): Entry[] {
  if (collection === undefined) return [];
  const at = `/${property}`;
  if (!Array.isArray(collection)) {
    faults.push({ pointer: at, detail: 'expected an array' });
    return [];
  }
  return collection.flatMap((written: unknown, index) => {
    const parsed = resourceSchemas[kind].safeParse(
      kind === 'credential' ? storedCredential(written) : written,
    );
    const size = parsed.success ? specSizeFault(parsed.data) : undefined;
    if (size !== undefined) {
      faults.push({ pointer: `${at}/${index}`, detail: size });
      return [];
    }
    if (parsed.success) return [entryOf(kind, parsed.data, `${at}/${index}`, written)];
    faults.push(...fieldErrors(parsed.error, `${at}/${index}`));
    return [];
  });
}

/** The gateway of this node, which the file may omit. */
function ownGateway(name: string): Entry {
  return entryOf('gateway', resourceSchemas.gateway.parse({ name }), '', { name });
}

/**
 * Finds values that only one resource of a kind may have. The collection `keys` may repeat them: the
 * any of them is found.
 */
function repeatedValues(entries: readonly Entry[]): FieldError[] {
  const seen = new Set<string>();
  return entries.flatMap(({ kind, spec, pointer }) => {
    const unique = kindOf(kind).uniqueBy?.(spec);
    if (unique === undefined || pointer.startsWith(`/${keyCollection}/`)) return [];
    const value = `${kind}\0${unique.value}`;
    if (!seen.has(value)) {
      seen.add(value);
      return [];
    }
    const detail = `another ${kind} has the same ${unique.noun}`;
    return [{ pointer: `${pointer}/${unique.writtenAs}`, detail }];
  });
}

function entryOf(kind: Kind, spec: Spec, pointer: string, written: unknown): Entry {
  const { owner } = kindOf(kind);
  const name = nameOf(kind, spec);
  // The name of a resource that has an owner is unique only among the resources of this owner.
  const scope = owner === undefined ? '' : textOf(spec, owner.property);
  return { kind, id: stableId(kind, scope, name), name, pointer, spec, written };
}

function textOf(spec: Spec, property: string): string {
  return String((spec as Readonly<Record<string, unknown>>)[property]);
}

/**
 * Derives the id from the name, so that it is the same after every reload (RFC 9562, version 8).
 */
function stableId(...parts: readonly string[]): string {
  const hex = createHash('sha256').update(parts.join('\0')).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function resolve(
  { kind, id, pointer, spec, written }: Entry,
  ids: ReadonlyMap<string, string>,
  faults: FieldError[],
): Resource {
  const resolved = mapReferences(kind, spec, (reference) => {
    const target = ids.get(`${reference.kind}\0${reference.target}`);
    if (target === undefined)
      faults.push(atPointer(pointer, danglingReference(written, reference, ' in this file')));
    return target ?? reference.target;
  });
  return { kind, id, spec: resolved };
}

/** Prefixes the pointer of a fault with the position of its resource in the file. */
function atPointer(position: string, { pointer, detail }: FieldError): FieldError {
  return { pointer: position + pointer, detail };
}
