import { resourceSchemas, type Spec } from '@sluice/config';

/** What narrows a match: where it cannot be read, it is left out, and the match is wider. */
const conditions = ['methods', 'headers', 'query', 'priority'] as const;
/** What a match is about. Left out they would match everything, so only entries that cannot be read are. */
const subjects = ['hosts', 'paths'] as const;

/**
 * Reads what a route matches as far as it can be read, so that a route that cannot be served refuses: otherwise a less
 * specific one, perhaps an open one, would take its requests. Undefined when of its hosts or of its paths none can be read:
 * then it could only refuse for others as well.
 */
export function readMatch(name: string, spec: unknown): Spec<'route'> | undefined {
  const given = new Map(Object.entries(typeof spec === 'object' && spec !== null ? spec : {}));
  const match: Record<string, unknown> = {};
  for (const property of conditions) {
    if (given.has(property) && parse(name, { [property]: given.get(property) }) !== undefined) match[property] = given.get(property);
  }
  for (const property of subjects) {
    const entries: unknown = given.get(property) ?? [];
    if (!Array.isArray(entries)) return undefined;
    const readable = entries.filter((entry: unknown) => parse(name, { [property]: [entry] }) !== undefined);
    if (readable.length === 0 && entries.length > 0) return undefined;
    match[property] = readable;
  }
  return parse(name, match);
}

function parse(name: string, match: object): Spec<'route'> | undefined {
  const parsed = resourceSchemas.route.safeParse({ name, ...match });
  return parsed.success ? parsed.data : undefined;
}
