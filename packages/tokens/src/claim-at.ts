import { isObject } from './strict-json.ts';

/**
 * The claim at a path, such as `['realm_access', 'roles']`. A path is a list, because names of
 * claims contain dots and slashes (`https://example.com/roles`). Only own members of objects count,
 * so that no path leads to `constructor` or `length`.
 * @returns undefined when there is none
 */
export function claimAt(claims: unknown, path: readonly string[]): unknown {
  let value = claims;
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}
