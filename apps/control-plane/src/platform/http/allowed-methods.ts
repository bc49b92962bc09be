import type { Request } from 'express';

/**
 * The members of Express router layers that we read. Express does not document them, and this is
 * the only file that uses them; {@link checkRouter} reports a version of Express without them.
 */
interface Layer {
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): boolean;
}

interface WithRouter {
  readonly router?: { readonly stack?: readonly Partial<Layer>[] };
}

/** Returns the methods of a path, sorted, for `Allow`; empty when the path is unknown. */
export function allowedMethods(request: Request): string[] {
  const { stack } = request.app.router as unknown as { readonly stack: readonly Layer[] };
  const methods = new Set<string>();
  for (const layer of stack) {
    if (layer.route === undefined || !matches(layer, request.path)) continue;
    for (const method of Object.keys(layer.route.methods)) methods.add(method.toUpperCase());
  }
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods].sort();
}

/**
 * Checks that {@link allowedMethods} can read the routes of an Express application; call it after
 * the routes are registered.
 * @throws Error when this version of Express keeps its routes in another form
 */
export function checkRouter(application: object): void {
  const stack = (application as WithRouter).router?.stack;
  const routes = Array.isArray(stack) ? stack.filter(({ route }) => route !== undefined) : [];
  const isKnown = ({ route, match }: Partial<Layer>): boolean =>
    typeof match === 'function' && typeof route?.methods === 'object';
  if (routes.length === 0 || !routes.every(isKnown)) {
    throw new Error(
      'Express keeps its routes in another form than Sluice expects: install the version that package-lock.json names',
    );
  }
}

/** True when the layer matches. A layer throws for a path with invalid percent-encoding. */
function matches(layer: Layer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    return false;
  }
}
