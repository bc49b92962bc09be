import type { FieldError } from '@sluice/errors';
import type { PolicySchema } from '@sluice/policies/schemas';
import { fieldErrors } from './field-errors.ts';
import { PolicyAttachment } from './policy-attachment.ts';
import type { Kind } from './resource.ts';

/** The policies that can be attached, by name. */
export type PolicyCatalogue = ReadonlyMap<string, PolicySchema>;

/**
 * Creates a catalogue of schemas. Throws a TypeError when two have the same name, or declare an
 * error with the same code.
 */
export function createPolicyCatalogue(schemas: Iterable<PolicySchema>): PolicyCatalogue {
  const catalogue = new Map<string, PolicySchema>();
  const declaredBy = new Map<string, string>();
  for (const schema of schemas) {
    if (catalogue.has(schema.name)) throw new TypeError(`two policies are named "${schema.name}"`);
    catalogue.set(schema.name, schema);
    for (const code of Object.keys(schema.errors ?? {})) {
      const other = declaredBy.get(code);
      if (other !== undefined)
        throw new TypeError(
          `the policies "${other}" and "${schema.name}" both declare the error "${code}": rename one`,
        );
      declaredBy.set(code, schema.name);
    }
  }
  return catalogue;
}

/**
 * Reports a route that cannot answer: it names neither service nor split, and none of its policies
 * answers. A policy in shadow mode does not answer, and policies of the gateway do not count. An
 * unknown policy is reported elsewhere, so it is assumed to answer here. Takes the route as the
 * client wrote it.
 */
export function answerFaults(route: unknown, catalogue: PolicyCatalogue): FieldError[] {
  if (typeof route !== 'object' || route === null) return [];
  const { service, split, policies = [] } = route as Readonly<Record<string, unknown>>;
  if (service !== undefined || split !== undefined || !Array.isArray(policies)) return [];
  const answers = policies.some((written: unknown) => {
    const attachment = PolicyAttachment.safeParse(written);
    return (
      attachment.success &&
      attachment.data.mode === 'enforce' &&
      catalogue.get(attachment.data.name)?.answers !== false
    );
  });
  if (answers) return [];
  const known = [...catalogue.values()].filter((schema) => schema.answers).map(({ name }) => name);
  return [
    {
      pointer: '/service',
      detail: `name a service, a split, or attach a policy that answers (${known.sort().join(', ')})`,
    },
  ];
}

/** Returns all faults of the policies attached to a resource; empty when there are none. */
export function policyFaults(
  kind: Kind,
  attachments: readonly PolicyAttachment[],
  catalogue: PolicyCatalogue,
): FieldError[] {
  return attachments.flatMap((attachment, index) => {
    const at = `/policies/${index}`;
    const schema = catalogue.get(attachment.name);
    if (schema === undefined) {
      return [
        {
          pointer: `${at}/name`,
          detail: `unknown policy "${attachment.name}"; known are ${[...catalogue.keys()].sort().join(', ')}`,
        },
      ];
    }
    const faults: FieldError[] = [];
    if (schema.unusable !== undefined)
      faults.push({ pointer: `${at}/name`, detail: schema.unusable });
    if (!(schema.attach as readonly string[]).includes(kind)) {
      faults.push({
        pointer: `${at}/name`,
        detail: `policy "${schema.name}" can be attached to ${schema.attach.join(', ')}, not to a ${kind}`,
      });
    }
    if (attachment.onError !== undefined && schema.onError === undefined) {
      faults.push({
        pointer: `${at}/onError`,
        detail: `policy "${schema.name}" depends on nothing that can fail`,
      });
    }
    // A gateway that cannot find out who calls must not let everyone in.
    if (attachment.onError === 'open' && (schema.authenticates ?? false) !== false) {
      faults.push({
        pointer: `${at}/onError`,
        detail: `policy "${schema.name}" authenticates callers, so it is always closed: remove onError, or use "closed"`,
      });
    }
    const parsed = schema.config.safeParse(attachment.config);
    return parsed.success ? faults : [...faults, ...fieldErrors(parsed.error, `${at}/config`)];
  });
}
