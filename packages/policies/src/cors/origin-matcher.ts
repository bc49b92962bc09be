const anyLabels = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/;

/**
 * Compiles the origins of a configuration into a test. Origins are compared as browsers write them:
 * in lower case, without a default port. `*.` in a pattern stands for one label or more.
 */
export function originMatcher(patterns: readonly string[]): (origin: string) => boolean {
  if (patterns.includes('*')) return () => true;
  const exact = new Set<string>();
  const wild: { readonly before: string; readonly after: string }[] = [];
  for (const pattern of patterns) {
    const star = pattern.indexOf('://*.');
    if (star < 0) exact.add(pattern);
    else wild.push({ before: pattern.slice(0, star + 3), after: pattern.slice(star + 4) });
  }
  return (origin) =>
    exact.has(origin) ||
    wild.some(
      ({ before, after }) =>
        origin.startsWith(before) &&
        origin.endsWith(after) &&
        anyLabels.test(origin.slice(before.length, origin.length - after.length)),
    );
}
