import type { RouteView } from '@sluice/policy-sdk';

/** The route of a request that no route matches. */
export const noRoute: RouteView = Object.freeze({ id: '', name: '', quotas: Object.freeze([]) });
