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
import { mapSealed } from '../../platform/secrets/sealed-spec.ts';
import { sealedPrefix } from '../../platform/secrets/sealed-text.ts';
import { isRecord } from './is-record.ts';
import type { KindRules } from './kind-rules.ts';
import { isReadOnly } from './presentation.ts';

/** Resolves references to ids, by `kind:target`. */
export type ResolveReferences = (
  references: readonly ResourceReference[],
) => Promise<ReadonlyMap<string, string>>;

/** What {@link checkSpec} needs besides the input. */
export interface CheckContext<K extends Kind> {
  readonly catalogue: PolicyCatalogue;
  readonly rules: KindRules<K>;
  /** The stored spec, with its secrets in the clear; undefined at the creation. */
  readonly before: Spec<K> | undefined;
  readonly resolve: ResolveReferences;
}

/**
 * Validates a caller's input and returns the spec to store, with references as ids.
 * @throws GatewayError with all faults: of the schema, of the policies' configuration schemas, and
 * references to resources that do not exist.
 */
export async function checkSpec<K extends Kind>(
  kind: K,
  input: unknown,
  { catalogue, rules, before, resolve }: CheckContext<K>,
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
    ...(parsed.success
      ? []
      : fieldErrors(parsed.error).map((fault) => explainReadOnly(kind, fault))),
    ...attachmentFaults(kind, written, catalogue),
    ...(kind === 'route' ? answerFaults(written, catalogue) : []),
    ...reservedTexts(written),
    ...(parsed.success ? (rules.check?.(parsed.data as Spec<K>, before) ?? []) : []),
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

/** Refuses texts in the form in which secrets are stored. */
function reservedTexts(written: unknown): FieldError[] {
  const faults: FieldError[] = [];
  mapSealed(written, (text, pointer) => {
    faults.push({
      pointer,
      detail: `must not have the form of an encrypted secret, ${sealedPrefix}…`,
    });
    return text;
  });
  return faults;
}

function explainReadOnly(kind: Kind, fault: FieldError): FieldError {
  const isOwn = fault.detail === 'unknown property' && isReadOnly(kind, fault.pointer.slice(1));
  return isOwn
    ? { ...fault, detail: 'read-only: leave it out, or send back what is stored' }
    : fault;
}
