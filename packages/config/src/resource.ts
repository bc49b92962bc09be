import type { z } from 'zod';
import type { KindDeclaration } from './kind.ts';
import { declarations } from './resources/index.ts';

type Declared = (typeof declarations)[number];

/** The kind of a resource. */
export type Kind = Declared['name'];

type Schemas = { readonly [Declaration in Declared as Declaration['name']]: Declaration['schema'] };

/** A resource's properties, by kind. References are ids once it is stored or streamed. */
export type Spec<K extends Kind = Kind> = z.output<Schemas[K]>;

/** All kinds, each after those it refers to. */
export const kinds: readonly Kind[] = Object.freeze(declarations.map(({ name }) => name));

const byKind: Readonly<Record<string, KindDeclaration>> = Object.freeze(
  Object.fromEntries(declarations.map((declaration) => [declaration.name, declaration])),
);

/** The schema of every kind of resource that nodes receive. */
export const resourceSchemas = Object.freeze(
  Object.fromEntries(declarations.map(({ name, schema }) => [name, schema])),
) as Schemas;

/** Whether the text is the name of a kind. */
export function isKind(text: string): text is Kind {
  return Object.hasOwn(byKind, text);
}

/** Returns the declaration of a kind. */
export function kindOf(kind: Kind): KindDeclaration {
  const declaration = byKind[kind];
  if (declaration === undefined) throw new TypeError(`"${kind}" is no kind of resource`);
  return declaration;
}

/** One resource as it is stored and streamed. */
export interface Resource<K extends Kind = Kind> {
  readonly kind: K;
  readonly id: string;
  readonly spec: Spec<K>;
}

/** Returns the property that holds a kind's unique name. */
export function nameProperty(kind: Kind): 'name' | 'username' {
  return kindOf(kind).nameProperty;
}

/** Returns the unique name in a spec. */
export function nameOf(kind: Kind, spec: Spec): string {
  const name = (spec as Readonly<Record<string, unknown>>)[nameProperty(kind)];
  return typeof name === 'string' ? name : '';
}
