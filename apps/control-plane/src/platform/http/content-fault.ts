import { GatewayError, type ErrorCode, type FieldError } from '@sluice/errors';

/** The refusal of content with faults. Its detail is the only fault, or their number. */
export function contentFault(
  errors: readonly FieldError[],
  code: ErrorCode = 'validation_failed',
): GatewayError {
  const [first] = errors;
  const detail =
    errors.length === 1 && first !== undefined
      ? `${first.pointer || 'the content'}: ${first.detail}`
      : `${errors.length} faults, see errors`;
  return new GatewayError(code, { detail, errors });
}
