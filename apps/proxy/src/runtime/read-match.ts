import { resourceSchemas, type Spec } from '@sluice/config';

/** Properties that narrow a match: an unreadable one is omitted, which widens the match. */
const conditions = ['methods', 'headers', 'query', 'priority'] as const;
/**
 * Lists that define a match. Without them a route matches everything, so only unreadable entries
 * are omitted.
 */
const subjects = ['hosts', 'paths'] as const;

/**
 * Reads the readable part of a route's match, so that a route that cannot be served refuses its
 * requests: otherwise a less specific route, perhaps without policies, would serve them. Returns
 * undefined when none of its hosts or none of its paths can be read: it would then also refuse the
 * requests of other routes.
 */
export function readMatch(name: string, spec: unknown): Spec<'route'> | undefined {
  const given = new Map(Object.entries(typeof spec === 'object' && spec !== null ? spec : {}));
  const match: Record<string, unknown> = {};
  for (const property of conditions) {
    if (given.has(property) && parse(name, { [property]: given.get(property) }) !== undefined)
      match[property] = given.get(property);
  }
  for (const property of subjects) {
    const entries: unknown = given.get(property) ?? [];
    if (!Array.isArray(entries)) return undefined;
    const readable = entries.filter(
      (entry: unknown) => parse(name, { [property]: [entry] }) !== undefined,
    );
    if (readable.length === 0 && entries.length > 0) return undefined;
    match[property] = readable;
  }
  return parse(name, match);
}

function parse(name: string, match: object): Spec<'route'> | undefined {
  const parsed = resourceSchemas.route.safeParse({ name, ...match });
  return parsed.success ? parsed.data : undefined;
}
