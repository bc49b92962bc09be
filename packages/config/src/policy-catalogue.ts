import type { FieldError } from '@sluice/errors';
import type { PolicySchema } from '@sluice/policies/schemas';
import { fieldErrors } from './field-errors.ts';
import { PolicyAttachment } from './policy-attachment.ts';
import type { Kind } from './resource.ts';

/** The policies that can be attached, by name. */
export type PolicyCatalogue = ReadonlyMap<string, PolicySchema>;

/** Puts schemas in a catalogue. Throws a TypeError when a name is taken. */
export function createPolicyCatalogue(schemas: Iterable<PolicySchema>): PolicyCatalogue {
  const catalogue = new Map<string, PolicySchema>();
  for (const schema of schemas) {
    if (catalogue.has(schema.name)) throw new TypeError(`two policies are named "${schema.name}"`);
    catalogue.set(schema.name, schema);
  }
  return catalogue;
}

/**
 * Says that a route leads nowhere: it names neither service nor split, and none of its policies answers. In shadow mode a
 * policy answers nothing, and what a gateway's policies do for every request does not make a route. A policy that is
 * unknown is a fault already, and is given the benefit of the doubt. Looks at the route as it is written.
 */
export function answerFaults(route: unknown, catalogue: PolicyCatalogue): FieldError[] {
  if (typeof route !== 'object' || route === null) return [];
  const { service, split, policies = [] } = route as Readonly<Record<string, unknown>>;
  if (service !== undefined || split !== undefined || !Array.isArray(policies)) return [];
  const answers = policies.some((written: unknown) => {
    const attachment = PolicyAttachment.safeParse(written);
    return attachment.success && attachment.data.mode === 'enforce' && catalogue.get(attachment.data.name)?.answers !== false;
  });
  if (answers) return [];
  const known = [...catalogue.values()].filter((schema) => schema.answers).map(({ name }) => name);
  return [{ pointer: '/service', detail: `name a service, a split, or attach a policy that answers (${known.sort().join(', ')})` }];
}

/** What is wrong with the policies attached to a resource, all faults at once; empty when nothing is. */
export function policyFaults(kind: Kind, attachments: readonly PolicyAttachment[], catalogue: PolicyCatalogue): FieldError[] {
  return attachments.flatMap((attachment, index) => {
    const at = `/policies/${index}`;
    const schema = catalogue.get(attachment.name);
    if (schema === undefined) {
      return [{ pointer: `${at}/name`, detail: `unknown policy "${attachment.name}"; known are ${[...catalogue.keys()].sort().join(', ')}` }];
    }
    const faults: FieldError[] = [];
    if (!(schema.attach as readonly string[]).includes(kind)) {
      faults.push({ pointer: `${at}/name`, detail: `policy "${schema.name}" can be attached to ${schema.attach.join(', ')}, not to a ${kind}` });
    }
    if (attachment.onError !== undefined && schema.onError === undefined) {
      faults.push({ pointer: `${at}/onError`, detail: `policy "${schema.name}" depends on nothing that can fail` });
    }
    const parsed = schema.config.safeParse(attachment.config);
    return parsed.success ? faults : [...faults, ...fieldErrors(parsed.error, `${at}/config`)];
  });
}
