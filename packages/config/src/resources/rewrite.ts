import {
  canLieBelow,
  configuredPathFaults,
  namesInPath,
  parsePathPattern,
  type PathPattern,
} from '@sluice/router';
import { Authority } from '@sluice/schema';
import { z } from 'zod';

/** Upstreams read these in different ways; see `encodedSlashes`. */
const encodedSlash = /%(?:2F|5C)/i;

const pathText = (mayHoldNames: boolean) =>
  z
    .string()
    .max(1024)
    .superRefine((path, context) => {
      for (const message of configuredPathFaults(path, { mayHoldNames }))
        context.addIssue({ code: 'custom', message });
    });

/** The changes that a route makes to requests before it sends them to its service. */
export const Rewrite = z
  .strictObject({
    stripPrefix: pathText(false)
      .optional()
      .describe(
        'Removed from the front of the path, by segment. In normal form, and a prefix that a path of the route can start with.',
      ),
    path: pathText(true)
      .optional()
      .describe(
        'A new path, in normal form. {name} stands for a segment or a named group of the pattern; every path of the route must define it.',
      ),
    host: z
      .union([z.literal('target'), z.literal('preserve'), Authority], { error: hostFault })
      .default('target')
      .describe(
        '"target" for the address of the target, "preserve" for the Host of the client, or the Host to send: host or host:port.',
      ),
  })
  .superRefine(({ stripPrefix, path }, context) => {
    if (stripPrefix !== undefined && path !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['path'],
        message: 'stripPrefix and path exclude each other',
      });
    }
    if (path !== undefined && encodedSlash.test(path)) {
      context.addIssue({
        code: 'custom',
        path: ['path'],
        message: 'upstreams read encoded slashes in different ways: leave them out',
      });
    }
  });

function hostFault(): string {
  return 'write "target", "preserve", or a host such as api.example.com or api.example.com:8443, without scheme, path or spaces';
}

/** The parts of a route that its rewrite depends on. */
export interface RewrittenRoute {
  readonly paths: readonly string[];
  readonly encodedSlashes: 'refuse' | 'keep';
  readonly rewrite: z.output<typeof Rewrite>;
}

/** A fault of a route and its position. */
export interface PathFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Returns placeholders that no path defines, and prefixes that no path of the route can have. */
export function rewriteFaults({ paths, encodedSlashes, rewrite }: RewrittenRoute): PathFault[] {
  const faults = encodedSlashes === 'keep' ? [] : encodedSlashFaults(paths, rewrite.stripPrefix);
  // Validation has parsed the patterns already, and most routes need no second pass.
  if (rewrite.path === undefined && rewrite.stripPrefix === undefined) return faults;
  const patterns = paths.flatMap((text) => {
    const parsed = parsePathPattern(text);
    return Array.isArray(parsed) ? [] : [parsed];
  });
  if (rewrite.path !== undefined)
    faults.push(...nameFaults(rewrite.path, patterns, paths.length === 0));
  const { stripPrefix } = rewrite;
  if (
    stripPrefix !== undefined &&
    patterns.length > 0 &&
    !patterns.some((pattern) => canLieBelow(pattern, stripPrefix))
  ) {
    const message = `no path of the route begins with "${stripPrefix}": write a prefix of ${patterns[0]?.text ?? ''}, by whole segments`;
    faults.push({ path: ['rewrite', 'stripPrefix'], message });
  }
  return faults;
}

function nameFaults(
  template: string,
  patterns: readonly PathPattern[],
  hasNoPaths: boolean,
): PathFault[] {
  const path = ['rewrite', 'path'];
  return namesInPath(template).flatMap((name) => {
    if (hasNoPaths)
      return [{ path, message: `{${name}} has no value: the route has no paths, and so no names` }];
    return patterns
      .filter(({ parameters }) => !parameters.includes(name))
      .map(({ text, parameters }) => {
        const known =
          parameters.length === 0
            ? 'it has no names'
            : `it has ${parameters.map((each) => `{${each}}`).join(', ')}`;
        return { path, message: `{${name}} has no value in the path "${text}": ${known}` };
      });
  });
}

function encodedSlashFaults(
  paths: readonly string[],
  stripPrefix: string | undefined,
): PathFault[] {
  const message =
    'a path with %2F or %5C is refused at the edge: set "encodedSlashes" to "keep", or leave it out';
  const faults: PathFault[] = paths.flatMap((text, index) =>
    !text.startsWith('~') && encodedSlash.test(text) ? [{ path: ['paths', index], message }] : [],
  );
  if (stripPrefix !== undefined && encodedSlash.test(stripPrefix))
    faults.push({ path: ['rewrite', 'stripPrefix'], message });
  return faults;
}
