import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/** The most values of an enumeration that a detail lists. */
const maxListed = 20;
/** Unions may contain unions. */
const maxDepth = 3;

/**
 * Describes an issue of zod for the author of a JSON document. Keeps messages that a schema
 * defines, and replaces those of zod that speak of JavaScript or leave out the accepted values.
 */
export function issueDetail(issue: Issue): string {
  if (issue.message.endsWith('received undefined')) return 'is required';
  if (issue.code !== 'invalid_value' && issue.code !== 'invalid_union') return issue.message;
  if (!/^Invalid (?:input|option|discriminator)/.test(issue.message)) return issue.message;
  const values = acceptedValues(issue, maxDepth);
  if (values !== undefined) return oneOf(values);
  return issue.code === 'invalid_union' ? alternatives(issue) : issue.message;
}

/** The values that an enumeration or a union of literals accepts; undefined for other schemas. */
function acceptedValues(issue: Issue, depth: number): readonly unknown[] | undefined {
  if (depth === 0) return undefined;
  if (issue.code === 'invalid_value') return issue.values;
  if (issue.code !== 'invalid_union') return undefined;
  const { options } = issue as { readonly options?: unknown };
  if (Array.isArray(options)) return options;
  const found: unknown[] = [];
  for (const [first, ...more] of issue.errors) {
    const isValue = first !== undefined && more.length === 0 && first.path.length === 0;
    const values = isValue ? acceptedValues(first, depth - 1) : undefined;
    if (values === undefined) return undefined;
    found.push(...values);
  }
  return found.length === 0 ? undefined : found;
}

function oneOf(values: readonly unknown[]): string {
  const texts = [...new Set(values.map((value) => JSON.stringify(value) ?? String(value)))];
  const listed = texts.slice(0, maxListed).join(', ');
  const more = texts.length > maxListed ? ` and ${texts.length - maxListed} more` : '';
  return texts.length === 1 ? `must be ${listed}` : `must be one of ${listed}${more}`;
}

/** The first fault of each alternative of a union. */
function alternatives({ errors }: z.core.$ZodIssueInvalidUnion): string {
  const details = new Set<string>();
  for (const [first] of errors) if (first !== undefined) details.add(issueDetail(first));
  if (details.size === 0) return 'is none of the accepted forms';
  return [...details].slice(0, maxListed).join(', or ');
}
