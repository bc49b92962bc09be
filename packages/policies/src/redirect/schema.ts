import { definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';

/**
 * A host in the template itself, or the request's own; then the end, or something that cannot be part of a host. What follows
 * {query} follows the host when there is no query.
 */
const absolute =
  /^https?:\/\/(?:\{host\}|[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::\d{1,5})?(?=(?:\{query\})*(?:$|[/?#]|\{path\}))/i;
/** A path on the same host. A second slash, or a path put behind a slash, would begin another host. */
const relative = /^(?:\{path\}|\/(?![/\\]|\{path\}))/;
const placeholder = /\{([^{}]*)\}/g;
const known = new Set(['path', 'query', 'host']);

/**
 * What is wrong with a template for Location, or undefined. A template says itself where it leads: the client's part in it is
 * path, query and its own host, never another one.
 */
export function templateFault(template: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(template)) return 'use visible ASCII without spaces';
  if (!absolute.test(template) && !relative.test(template)) {
    return 'begin with http:// or https:// and a host (or {host}), with one slash, or with {path}';
  }
  for (const [whole, name = ''] of template.matchAll(placeholder)) {
    if (!known.has(name)) return `${whole} is not known: use {path}, {query} and {host}`;
  }
  if (/[{}]/.test(template.replaceAll(placeholder, ''))) return 'a brace stands alone: use {path}, {query} and {host}';
  const example = template.replaceAll('{host}', 'example.com').replaceAll('{path}', '/a').replaceAll('{query}', '');
  return URL.canParse(example, 'https://example.com/') ? undefined : 'not a URL: look at the host and the port';
}

const location = z
  .string()
  .max(2048)
  .superRefine((template, context) => {
    const message = templateFault(template);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

export const redirectSchema = definePolicySchema({
  name: 'redirect',
  summary: 'Sends the client elsewhere.',
  phases: ['receive'],
  answers: true,
  config: z
    .strictObject({
      scheme: z.literal('https').optional().describe('Send requests that came by http to the same place by https; let others pass.'),
      port: z.int().min(1).max(65_535).default(443).describe('The port for https, with "scheme".'),
      location: location
        .optional()
        .describe('Where to send every request, as a template over {path}, {query} (with its question mark) and {host}.'),
      status: z
        .union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)])
        .default(308)
        .describe('301, 302, 303, 307 or 308. With 307 and 308 method and content stay; 301 and 308 are remembered.'),
    })
    .refine(({ scheme, location: template }) => (scheme === undefined) !== (template === undefined), {
      message: 'say where to: either "scheme" or "location"',
    }),
});
