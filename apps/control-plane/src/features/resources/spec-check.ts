import { PolicyAttachment, answerFaults, fieldErrors, mapReferences, policyFaults, referencesOf, resourceSchemas, specSizeFault } from '@sluice/config';
import type { Kind, PolicyCatalogue, ResourceReference, Spec } from '@sluice/config';
import { GatewayError } from '@sluice/errors';
import type { FieldError } from '@sluice/errors';
import { isReadOnly } from './presentation.ts';


/** Finds the ids of references: by `kind:target`. */
export type ResolveReferences = (references: readonly ResourceReference[]) => Promise<ReadonlyMap<string, string>>;

/**
 * Checks what a caller wrote and gives the spec to be stored, with references as ids.
 * @throws GatewayError with all faults at once: of the schema, of the policies' own schemas, and references to nothing.
 */
export async function checkSpec<K extends Kind>(kind: K, input: unknown, catalogue: PolicyCatalogue, resolve: ResolveReferences): Promise<Spec<K>> {
  checkSize(input);
  const parsed = resourceSchemas[kind].safeParse(input);
  if (parsed.success) checkSize(parsed.data);
  // Even when the schema finds faults, policies and references are looked at as they are written.
  const written: unknown = parsed.success ? parsed.data : input;
  const references = isRecord(written) ? referencesOf(kind, written as Spec) : [];
  const ids = await resolve(references);
  const dangling = references.filter(({ kind: target, target: name }) => !ids.has(`${target}:${name}`));
  const contentFaults = [...(parsed.success ? [] : fieldErrors(parsed.error).map(explainReadOnly)), ...attachmentFaults(kind, written, catalogue), ...(kind === 'route' ? answerFaults(written, catalogue) : [])];
  const faults = [...contentFaults, ...dangling.map(({ pointer, kind: target, target: name }) => ({ pointer, detail: `there is no ${target} "${name}"` }))];
  if (faults.length > 0) {
    throw new GatewayError(contentFaults.length > 0 ? 'validation_failed' : 'reference_not_found', { detail: summary(faults), errors: faults });
  }
  return mapReferences(kind, written as Spec<K>, ({ kind: target, target: name }) => ids.get(`${target}:${name}`) ?? name);
}

/** A resource that is too large is told only that: what else is wrong with it may be without end. */
function checkSize(spec: unknown): void {
  const fault = specSizeFault(spec);
  if (fault !== undefined) throw new GatewayError('validation_failed', { detail: fault, errors: [{ pointer: '', detail: fault }] });
}

/** Each attachment that is well-formed is checked by its policy, whatever is wrong with the others. */
function attachmentFaults(kind: Kind, written: unknown, catalogue: PolicyCatalogue): FieldError[] {
  const attachments: unknown = isRecord(written) ? written['policies'] : undefined;
  if (!Array.isArray(attachments)) return [];
  return attachments.flatMap((attachment: unknown, index) => {
    const parsed = PolicyAttachment.safeParse(attachment);
    if (!parsed.success) return [];
    return policyFaults(kind, [parsed.data], catalogue).map(({ pointer, detail }) => ({ pointer: pointer.replace('/policies/0', `/policies/${index}`), detail }));
  });
}

function explainReadOnly(fault: FieldError): FieldError {
  const isOwn = fault.detail === 'unknown property' && isReadOnly(fault.pointer.slice(1));
  return isOwn ? { ...fault, detail: 'read-only: leave it out, or send back what is stored' } : fault;
}

function summary(faults: readonly FieldError[]): string {
  const [first] = faults;
  return faults.length === 1 && first !== undefined ? `${first.pointer || 'the content'}: ${first.detail}` : `${faults.length} faults, see errors`;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
