import { resourceSchemas, type Kind, type Resource, type Spec } from '@sluice/config';
import type { z } from 'zod';
import type { ResourceChange } from '../../config/source.ts';

type Written<K extends Kind> = z.input<(typeof resourceSchemas)[K]>;

/**
 * A resource as a control plane sends it: defaults filled in, references by id. Its id is kind and
 * name. Tests only.
 */
export function resource<K extends Kind>(kind: K, written: Written<K>): Resource<K> {
  const spec = resourceSchemas[kind].parse(written) as Spec<K>;
  const name = 'username' in spec ? spec.username : (spec as { readonly name: string }).name;
  return { kind, id: `${kind}-${name}`, spec };
}

/** A resource of a newer control plane that this version cannot read. Tests only. */
export function unreadable<K extends Kind>(kind: K, name: string, spec: object): Resource<K> {
  return {
    kind,
    id: `${kind}-${name}`,
    spec: { [kind === 'consumer' ? 'username' : 'name']: name, ...spec } as unknown as Spec<K>,
  };
}

/** The change that removes a resource. Tests only. */
export function removal({ kind, id }: Resource): ResourceChange {
  return { kind, id, spec: undefined };
}
