import type { z } from 'zod';
import { Consumer, Group } from './resources/consumer.ts';
import { Gateway } from './resources/gateway.ts';
import { Key } from './resources/key.ts';
import { Quota } from './resources/quota.ts';
import { Route } from './resources/route.ts';
import { Service } from './resources/service.ts';

/**
 * The schema of every kind of resource that nodes receive. A kind is listed after the kinds it
 * refers to.
 */
export const resourceSchemas = Object.freeze({
  gateway: Gateway,
  quota: Quota,
  group: Group,
  service: Service,
  route: Route,
  consumer: Consumer,
  key: Key,
});

/** The kind of a resource. */
export type Kind = keyof typeof resourceSchemas;

/** A resource's properties, by kind. References are ids once it is stored or streamed. */
export type Spec<K extends Kind = Kind> = z.output<(typeof resourceSchemas)[K]>;

/** All kinds, each after those it refers to. */
export const kinds = Object.freeze(Object.keys(resourceSchemas) as Kind[]);

/** Whether the text is the name of a kind. */
export function isKind(text: string): text is Kind {
  return Object.hasOwn(resourceSchemas, text);
}

/** One resource as it is stored and streamed. */
export interface Resource<K extends Kind = Kind> {
  readonly kind: K;
  readonly id: string;
  readonly spec: Spec<K>;
}

/** Returns the property that holds a kind's unique name. */
export function nameProperty(kind: Kind): 'name' | 'username' {
  return kind === 'consumer' ? 'username' : 'name';
}

/** Returns the unique name in a spec. */
export function nameOf(kind: Kind, spec: Spec): string {
  const name = (spec as Readonly<Record<string, unknown>>)[nameProperty(kind)];
  return typeof name === 'string' ? name : '';
}
