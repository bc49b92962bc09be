const absolute = /^https?:\/\/[^/?]*/i;

/**
 * Path and query of a request target as the client sent them: those of the absolute form without
 * scheme and authority, which the listener has compared with Host.
 */
export function originTarget(rawTarget: string): string {
  if (rawTarget.startsWith('/')) return rawTarget;
  const rest = rawTarget.replace(absolute, '');
  return rest.startsWith('/') || rest === '*' ? rest : `/${rest}`;
}
