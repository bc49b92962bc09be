import { createHash } from 'node:crypto';
import { canonicalJson } from '@sluice/config';

/**
 * A strong entity tag (RFC 9110 section 8.8.3) of a representation, which includes names of
 * referenced resources. It does not depend on the order of members, in which releases differ.
 */
export function etagOf(version: number, representation: object): string {
  return `"${createHash('sha256')
    .update(`${version} ${canonicalJson(representation)}`)
    .digest('base64url')
    .slice(0, 22)}"`;
}

/** A list of entity tags, or `*`; undefined when the field was not sent. */
export type EntityTags = readonly string[] | '*' | undefined;

/** Parses If-Match or If-None-Match. Text that is not an entity tag matches nothing. */
export function parseEntityTags(field: string | undefined): EntityTags {
  if (field === undefined) return undefined;
  if (field.trim() === '*') return '*';
  return field.match(/(?:W\/)?"[^"]*"/g) ?? [];
}

/**
 * Evaluates If-Match with strong comparison, so a weak tag never matches (RFC 9110 section 13.1.1).
 * `etag` is undefined when the resource does not exist.
 */
export function matchesStrongly(tags: EntityTags, etag: string | undefined): boolean {
  if (tags === undefined) return true;
  if (etag === undefined) return false;
  return tags === '*' || tags.includes(etag);
}

/**
 * Evaluates If-None-Match: true when no tag matches by weak comparison (RFC 9110 section 13.1.2).
 */
export function matchesNone(tags: EntityTags, etag: string | undefined): boolean {
  if (tags === undefined || etag === undefined) return true;
  return tags !== '*' && !tags.some((tag) => tag.replace(/^W\//, '') === etag);
}
