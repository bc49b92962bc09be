import type { FieldError } from '@sluice/errors';
import type { PolicySchema } from '@sluice/policies/schemas';
import { fieldErrors } from './field-errors.ts';
import type { PolicyAttachment } from './policy-attachment.ts';
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
