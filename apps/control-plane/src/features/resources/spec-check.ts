import {
  PolicyAttachment,
  answerFaults,
  danglingReference,
  fieldErrors,
  mapReferences,
  policyFaults,
  referencesOf,
  resourceSchemas,
  specSizeFault,
} from '@sluice/config';
import type { Kind, PolicyCatalogue, ResourceReference, Spec } from '@sluice/config';
import { GatewayError } from '@sluice/errors';
import type { FieldError } from '@sluice/errors';
import { contentFault } from '../../platform/http/content-fault.ts';
import { isReadOnly } from './presentation.ts';

/** Resolves references to ids, by `kind:target`. */
export type ResolveReferences = (
  references: readonly ResourceReference[],
) => Promise<ReadonlyMap<string, string>>;

/**
 * Validates a caller's input and returns the spec to store, with references as ids.
 * @throws GatewayError with all faults: of the schema, of the policies' configuration schemas, and
 * references to resources that do not exist.
 */
export async function checkSpec<K extends Kind>(
  kind: K,
  input: unknown,
  catalogue: PolicyCatalogue,
  resolve: ResolveReferences,
): Promise<Spec<K>> {
  checkSize(input);
  const parsed = resourceSchemas[kind].safeParse(input);
  if (parsed.success) checkSize(parsed.data);
  // Policies and references are checked even when the schema finds faults, to report all faults at
  // once.
  const written: unknown = parsed.success ? parsed.data : input;
  const references = isRecord(written) ? referencesOf(kind, written as Spec) : [];
  const ids = await resolve(references);
  const dangling = references.filter(
    ({ kind: target, target: name }) => !ids.has(`${target}:${name}`),
  );
  const contentFaults = [
    ...(parsed.success ? [] : fieldErrors(parsed.error).map(explainReadOnly)),
    ...attachmentFaults(kind, written, catalogue),
    ...(kind === 'route' ? answerFaults(written, catalogue) : []),
  ];
  const faults = [
    ...contentFaults,
    ...dangling.map((reference) => danglingReference(input, reference)),
  ];
  if (faults.length > 0) {
    throw contentFault(
      faults,
      contentFaults.length > 0 ? 'validation_failed' : 'reference_not_found',
    );
  }
  return mapReferences(
    kind,
    written as Spec<K>,
    ({ kind: target, target: name }) => ids.get(`${target}:${name}`) ?? name,
  );
}

/**
 * Refuses a resource that is too large. No other faults are reported, because there may be very
 * many.
 */
function checkSize(spec: unknown): void {
  const fault = specSizeFault(spec);
  if (fault !== undefined)
    throw new GatewayError('validation_failed', {
      detail: fault,
      errors: [{ pointer: '', detail: fault }],
    });
}

/** Checks every well-formed attachment with its policy's schema, independently of the others. */
function attachmentFaults(kind: Kind, written: unknown, catalogue: PolicyCatalogue): FieldError[] {
  const attachments: unknown = isRecord(written) ? written['policies'] : undefined;
  if (!Array.isArray(attachments)) return [];
  return attachments.flatMap((attachment: unknown, index) => {
    const parsed = PolicyAttachment.safeParse(attachment);
    if (!parsed.success) return [];
    return policyFaults(kind, [parsed.data], catalogue).map(({ pointer, detail }) => ({
      pointer: pointer.replace('/policies/0', `/policies/${index}`),
      detail,
    }));
  });
}

function explainReadOnly(fault: FieldError): FieldError {
  const isOwn = fault.detail === 'unknown property' && isReadOnly(fault.pointer.slice(1));
  return isOwn
    ? { ...fault, detail: 'read-only: leave it out, or send back what is stored' }
    : fault;
}

/** True for an object that is not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
