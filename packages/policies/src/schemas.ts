import type { PolicySchema } from '@sluice/policy-sdk';

export type { AttachPoint, PolicySchema } from '@sluice/policy-sdk';

/** Schemas of the policies that come with Sluice, in alphabetical order. */
export const builtInPolicySchemas: readonly PolicySchema[] = Object.freeze([]);
