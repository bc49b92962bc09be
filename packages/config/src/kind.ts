import type { z } from 'zod';

/**
 * Which nodes receive the resources of a kind: `every-node`, or `by-gateway`: the nodes of the
 * gateways that its references name, and the nodes that receive a resource which refers to it.
 */
export type Delivery = 'every-node' | 'by-gateway';

/** The resource that owns each resource of a kind. Names are unique for each owner. */
export interface Owner {
  readonly kind: string;
  /** The property that refers to the owner; the path sets it, not the content of a request. */
  readonly property: string;
}

/** A value that only one resource of a kind may have. */
export interface UniqueValue {
  readonly value: string;
  /** The property of a request that decides it. */
  readonly writtenAs: string;
  /** What it is, for messages. */
  readonly noun: string;
}

/** Everything that is particular to a kind of resource. All other code is the same for all kinds. */
export interface KindDeclaration<
  Name extends string = string,
  Schema extends z.ZodType = z.ZodType,
> {
  /** Name of the kind, in camelCase. */
  readonly name: Name;
  /** Name of the collection in paths and in configuration files, in camelCase. */
  readonly collection: string;
  /** Schema of the resource as it is stored and as nodes receive it. */
  readonly schema: Schema;
  /** Schema of the content of a creation, where it differs from `schema`. */
  readonly input?: z.ZodType | undefined;
  /** Members that only the Admin API computes and shows. A request may send them back unchanged. */
  readonly computed?: z.ZodObject | undefined;
  /** The property that holds the unique name. */
  readonly nameProperty: 'name' | 'username';
  readonly owner?: Owner | undefined;
  /**
   * The kind that each reference refers to, by the path of the property; `*` stands for every
   * element of an array, for example `quotas/*`.
   */
  readonly references: Readonly<Record<string, string>>;
  /** Properties that are stored and sent to nodes, and that the Admin API never shows. */
  readonly hidden: readonly string[];
  /** A value that no two resources of the kind share, besides the name. */
  readonly uniqueBy?: ((spec: unknown) => UniqueValue) | undefined;
  /** Members that only the response to the creation shows, each with its description. */
  readonly shownOnce?: Readonly<Record<string, string>> | undefined;
  readonly delivery: Delivery;
  /** The schema level from which on nodes know the kind; undefined for the kinds of level 0. */
  readonly since?: number | undefined;
  /** The verb of DELETE in the API's documentation. */
  readonly removal: 'Delete' | 'Revoke';
  /**
   * The content of a valid creation, without name and tags, that refers to no other resource.
   * `name` is the name of the resource that it creates.
   */
  readonly example: (name: string) => object;
  /** Example of the members that are `computed`. */
  readonly shown?: object | undefined;
  /** What the example of a response has besides `example`: what the control plane adds to it. */
  readonly stored?: object | undefined;
}

type Defaults = 'nameProperty' | 'references' | 'hidden' | 'removal';

/**
 * Declares a kind of resource: table rows, paths, documentation, checks of references, delivery to
 * nodes and configuration files follow from it. List it in `resources/index.ts`.
 */
export function defineKind<const Name extends string, Schema extends z.ZodType>(
  declaration: Omit<KindDeclaration<Name, Schema>, Defaults> &
    Partial<Pick<KindDeclaration<Name, Schema>, Defaults>>,
): KindDeclaration<Name, Schema> {
  return Object.freeze({
    nameProperty: 'name' as const,
    references: {},
    hidden: [],
    removal: 'Delete' as const,
    ...declaration,
  });
}
