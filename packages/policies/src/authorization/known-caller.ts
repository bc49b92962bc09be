import type { Exchange } from '@sluice/policy-sdk';

/**
 * Whether an earlier policy has recognised the caller: as a consumer, or by what a token or another
 * service states about it.
 */
export function isKnown({ consumer, claims, subject, tokenGroups }: Exchange): boolean {
  return (
    consumer !== undefined ||
    claims !== undefined ||
    subject !== undefined ||
    tokenGroups !== undefined
  );
}
