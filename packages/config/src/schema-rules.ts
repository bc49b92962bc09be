import { markedPaths, secretPaths } from '@sluice/schema';
import type { FieldPath } from '@sluice/schema';
import type { z } from 'zod';
import { canonicalJson } from './canonical.ts';
import type { PolicyCatalogue } from './policy-catalogue.ts';
import { kindOf, kinds } from './resource.ts';
import { schemaLevel } from './schema-level.ts';

/** A property that some nodes are not sent. */
export interface FieldRule {
  /** Its position in the resource; `*` stands for every element or member. */
  readonly path: FieldPath;
  /** For a property of a policy's configuration: the policy, one of the elements of `policies`. */
  readonly policy?: string;
  /** The schema level from which on nodes know it; 0: all nodes. */
  readonly since: number;
  /** Whether it is a secret, which only nodes with a confidential connection are sent. */
  readonly isSecret: boolean;
  /** Whether the resource is of no use without it, and is then left out as a whole. */
  readonly isRequired: boolean;
}

/** Which nodes know a kind, and its properties that some nodes are not sent. */
export interface KindRule {
  /** The schema level from which on nodes know the kind. */
  readonly since: number;
  readonly fields: readonly FieldRule[];
}

/**
 * What a control plane must know of the schemas of a release to serve nodes of other releases. It
 * is plain data: control planes store it for those of earlier releases, which have no schemas of
 * what was added later.
 */
export interface SchemaRules {
  readonly level: number;
  readonly kinds: Readonly<Record<string, KindRule>>;
}

/** Returns the rules of this release, with the policies of the catalogue. */
export function describeSchemas(catalogue: PolicyCatalogue): SchemaRules {
  return {
    level: schemaLevel,
    kinds: Object.fromEntries(
      kinds.map((kind) => {
        const { schema, since = 0 } = kindOf(kind);
        return [kind, { since, fields: [...fieldRules(schema), ...policyFields(kind, catalogue)] }];
      }),
    ),
  };
}

/** Returns rules that hold for the resources of both, with the level of the later ones. */
export function mergedRules(earlier: SchemaRules, later: SchemaRules): SchemaRules {
  const kindsOfBoth = new Set([...Object.keys(earlier.kinds), ...Object.keys(later.kinds)]);
  return {
    level: Math.max(earlier.level, later.level),
    kinds: Object.fromEntries(
      [...kindsOfBoth].map((kind) => {
        const [one, other] = [earlier.kinds[kind], later.kinds[kind]];
        const fields = [...(one?.fields ?? []), ...(other?.fields ?? [])];
        const distinct = new Map(fields.map((field) => [canonicalJson(field), field]));
        return [kind, { since: (one ?? other)?.since ?? 0, fields: [...distinct.values()] }];
      }),
    ),
  };
}

/** Returns the rules of the properties in a schema. */
export function fieldRules(schema: z.ZodType): FieldRule[] {
  return [...newerFields(schema), ...secretFields(schema)];
}

/**
 * The properties with `.meta({ since })`, except those that an older node refuses by itself. With
 * one that is marked as `omit`, the whole resource is left out.
 */
function newerFields(schema: z.ZodType): FieldRule[] {
  const levels = new Set<number>();
  markedPaths(schema, ({ since }) => {
    if (typeof since === 'number') levels.add(since);
    return false;
  });
  const found = (since: number, isOmitted: boolean): FieldRule[] =>
    markedPaths(
      schema,
      (meta) =>
        meta['since'] === since &&
        meta['ifUnknown'] !== 'refuse' &&
        (meta['ifUnknown'] === 'omit') === isOmitted,
    ).map((path) => ({ path, since, isSecret: false, isRequired: isOmitted }));
  return [...levels].flatMap((since) => [...found(since, false), ...found(since, true)]);
}

function secretFields(schema: z.ZodType): FieldRule[] {
  return secretPaths(schema).map((path) => ({
    path,
    since: 0,
    isSecret: true,
    isRequired: path.length === 1 && isRequired(schema, path[0] ?? ''),
  }));
}

/**
 * A policy without a secret that it needs is refused by the node, which then refuses the requests
 * of the resource. Without the whole resource, another route could match them.
 */
function policyFields(kind: string, catalogue: PolicyCatalogue): FieldRule[] {
  return [...catalogue.values()]
    .filter(({ attach }) => (attach as readonly string[]).includes(kind))
    .flatMap(({ name, config }) =>
      fieldRules(config).map((rule) => ({
        ...rule,
        path: ['policies', '*', 'config', ...rule.path],
        policy: name,
        isRequired: false,
      })),
    );
}

/** Whether an object, or one of several alternatives, is invalid without the member. */
function isRequired(schema: z.core.$ZodType, name: string): boolean {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'union') return def.options.some((option) => isRequired(option, name));
  if (def.type === 'pipe') return isRequired(def.in, name);
  const member = def.type === 'object' ? def.shape[name] : undefined;
  return member !== undefined && !(member as z.ZodType).safeParse(undefined).success;
}
