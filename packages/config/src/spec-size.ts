import { canonicalJson } from './canonical.ts';

/**
 * The largest size of one resource, as canonical JSON in UTF-8 bytes. Every property has its own
 * bound; this bound applies to all of them together, so that a page of a list, a frame of the
 * config stream and a node's memory are bounded too.
 */
export const maxSpecBytes = 65_536;

/** Says that a resource is too large; undefined when it is not. */
export function specSizeFault(spec: unknown): string | undefined {
  const bytes = new TextEncoder().encode(canonicalJson(spec)).length;
  if (bytes <= maxSpecBytes) return undefined;
  return `the whole resource is ${bytes} bytes of JSON: at most ${maxSpecBytes} are allowed, so shorten its lists or split it`;
}
