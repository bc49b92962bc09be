import type { Exchange } from '@sluice/policy-sdk';

/**
 * Whether a browser shows the response as a page of its own, so that it can be sent to a login: a
 * GET, no upgrade, no call of a script, no frame, no prefetch. Browsers say so with Sec-Fetch-Mode
 * and Sec-Fetch-Dest; without these, with Accept.
 */
export function isTopLevelNavigation({ method, headers }: Exchange): boolean {
  if (method !== 'GET' || headers.has('upgrade')) return false;
  if (headers.has('sec-purpose') || headers.get('purpose') === 'prefetch') return false;
  const mode = headers.get('sec-fetch-mode');
  if (mode !== undefined) {
    const destination = headers.get('sec-fetch-dest') ?? 'document';
    return mode === 'navigate' && destination === 'document';
  }
  return !headers.has('x-requested-with') && acceptsHtml(headers.get('accept'));
}

/** Whether an error is shown to a person. */
export function isForPerson({ headers }: Exchange): boolean {
  return acceptsHtml(headers.get('accept'));
}

function acceptsHtml(accept: string | undefined): boolean {
  return accept !== undefined && /(?:^|[\s,])text\/html(?:$|[\s,;])/i.test(accept);
}
