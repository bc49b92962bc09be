/**
 * The four forms of a request target, RFC 9112 section 3.2.
 */

/**
 * `origin`: /path?query. `absolute`: http://host/path. `authority`: host:port of CONNECT.
 * `asterisk`: OPTIONS *.
 */
export type TargetForm = 'origin' | 'absolute' | 'authority' | 'asterisk';

const ABSOLUTE = /^https?:\/\//i;

/**
 * The form of a target; undefined when the method does not allow it or it has none of the four
 * forms.
 */
export function formOfTarget(method: string, target: string): TargetForm | undefined {
  if (method === 'CONNECT')
    return target.startsWith('/') || ABSOLUTE.test(target) || target === '*'
      ? undefined
      : 'authority';
  if (target.startsWith('/')) return 'origin';
  if (target === '*') return method === 'OPTIONS' ? 'asterisk' : undefined;
  return ABSOLUTE.test(target) ? 'absolute' : undefined;
}

/** The parts of an http or https URI: the authority, and the rest. */
export interface AbsoluteTarget {
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  /** Path and query; empty, or starting with `/` or `?`. */
  readonly rest: string;
}

/** Splits a target of absolute form. Returns undefined for another form. */
export function splitAbsoluteTarget(target: string): AbsoluteTarget | undefined {
  const match = /^(https?):\/\/([^/?]*)(.*)$/i.exec(target);
  if (match === null) return undefined;
  const scheme = match[1]?.toLowerCase() === 'https' ? 'https' : 'http';
  return { scheme, authority: match[2] ?? '', rest: match[3] ?? '' };
}
