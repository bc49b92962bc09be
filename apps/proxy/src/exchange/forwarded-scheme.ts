import type { HeaderList } from '@sluice/http1';

/**
 * What a trusted proxy says of how the request came to it: its own entry of X-Forwarded-Proto, which is the last. Undefined
 * when it says nothing, or nothing that can be.
 */
export function forwardedScheme(headers: HeaderList): 'http' | 'https' | undefined {
  if (!headers.has('x-forwarded-proto')) return undefined;
  const entries = headers.getAll('x-forwarded-proto').join(',').split(',');
  const last = entries[entries.length - 1]?.trim().toLowerCase();
  return last === 'http' || last === 'https' ? last : undefined;
}
