/**
 * The normal form of a request target, which the whole gateway uses: RFC 3986 section 6.2.2, made
 * strict.
 *
 * Invariants
 * - Normalising is idempotent, and a target that is already normal is returned as the same string
 *   after one scan.
 * - A normal path starts with `/`, contains no empty, `.` or `..` segment, no escape of an
 *   unreserved character, and only upper-case escapes; every character is visible ASCII.
 * - Whatever two readers could interpret differently (encoded slashes, backslashes, NUL, stray `%`)
 *   is refused.
 */
import {
  ASTERISK,
  BACKSLASH,
  HASH,
  HEX,
  PERCENT,
  QUESTION,
  SLASH,
  TARGET,
} from './byte-classes.ts';
import { http1Faults } from './faults.ts';
import type { Http1Fault } from './faults.ts';
import { splitAbsoluteTarget } from './target-form.ts';

export interface NormalizedTarget {
  /** The normal path; `*` for the asterisk form. */
  readonly path: string;
  /** The text after the first `?`, as received; empty when there is none. */
  readonly query: string;
  /** Whether there is a `?`: `/x?` and `/x` both have an empty query, and are different targets. */
  readonly hasQuery: boolean;
  /** Path and query as they are sent to the upstream. */
  readonly target: string;
  /** The target as received. */
  readonly raw: string;
  /**
   * Whether the received path contains `%2F` or `%5C`: only possible with `encodedSlash: 'keep'`.
   */
  readonly hasEncodedSlash: boolean;
}

export interface NormalizeTargetOptions {
  /** How to treat `%2F` and `%5C` in the path. By default they are refused. */
  readonly encodedSlash?: 'refuse' | 'keep';
}

/** For callers that decide about encoded slashes later, by `hasEncodedSlash`. */
export const keepEncodedSlash: NormalizeTargetOptions = Object.freeze({ encodedSlash: 'keep' });

/**
 * Normalises a request target of origin, absolute or asterisk form.
 *
 * @param raw the target as received, one character per byte
 */
export function normalizeTarget(
  raw: string,
  options: NormalizeTargetOptions = {},
): NormalizedTarget | Http1Fault {
  let target = raw;
  if (raw.charCodeAt(0) !== SLASH) {
    if (raw.length === 1 && raw.charCodeAt(0) === ASTERISK) {
      return { path: raw, query: '', hasQuery: false, target: raw, raw, hasEncodedSlash: false };
    }
    const parts = splitAbsoluteTarget(raw);
    if (parts === undefined) return http1Faults.invalid_target_form;
    target = parts.rest.startsWith('/') ? parts.rest : `/${parts.rest}`;
  }
  if (NORMAL_TARGET.test(target)) {
    const question = target.indexOf('?');
    if (question < 0)
      return { path: target, query: '', hasQuery: false, target, raw, hasEncodedSlash: false };
    return {
      path: target.slice(0, question),
      query: target.slice(question + 1),
      hasQuery: true,
      target,
      raw,
      hasEncodedSlash: false,
    };
  }
  return normalizeSlowly(target, raw, options.encodedSlash === 'keep');
}

/**
 * Matches most normal targets: no segment starts with a dot, and nothing in the path is escaped.
 * Other normal targets take the slow path and are returned unchanged. Linear: no two parts can
 * match the same character.
 */
const NORMAL_TARGET =
  /^(?:\/[A-Za-z0-9\-_~!$&'()*+,;=:@][A-Za-z0-9\-._~!$&'()*+,;=:@]*)*\/?(?:\?(?:[\x21\x22\x24\x26-\x7e]|%(?!00)[0-9A-Fa-f]{2})*)?$/;

/**
 * Matches a path that some readers interpret as the authority of another host, after decoding an
 * encoded slash.
 */
const ENCODED_SLASH_FIRST = /^\/%(?:2F|5C)/;

/**
 * Whether `normalizeTarget` would return a composed path unchanged, so that an upstream may receive
 * it.
 *
 * @param path origin form without query, beginning with `/`
 * @param options whether the path may contain `%2F` and `%5C`; never directly after the first slash
 */
export function isNormalPath(path: string, options: NormalizeTargetOptions = {}): boolean {
  if (path.charCodeAt(0) !== SLASH || path.includes('?')) return false;
  if (NORMAL_TARGET.test(path)) return true;
  if (ENCODED_SLASH_FIRST.test(path)) return false;
  const normalized = normalizeSlowly(path, path, options.encodedSlash === 'keep');
  return 'path' in normalized && normalized.path === path;
}

/** The treatment of one character of a path. */
const PLAIN = 0;
const ENCODE = 1;
const ESCAPE = 2;
const REFUSE = 3;

const PATH_CLASS = Uint8Array.from({ length: 256 }, (_, code) => {
  if (code === PERCENT) return ESCAPE;
  if (code <= 0x20 || code >= 0x7f || code === HASH || code === BACKSLASH || code === QUESTION)
    return REFUSE;
  return '"<>^`{|}'.includes(String.fromCharCode(code)) ? ENCODE : PLAIN;
});

/** Checks the query that starts with the `?` at that position, if there is one. */
function faultOfQuery(target: string, from: number): Http1Fault | undefined {
  for (let at = from; at < target.length; at++) {
    const code = target.charCodeAt(at);
    if (TARGET[code] !== 1)
      return code === HASH ? http1Faults.fragment_in_target : http1Faults.invalid_target_character;
    if (code === PERCENT) {
      const value = escapeAt(target, at);
      if (value < 0) return http1Faults.invalid_percent_escape;
      if (value === 0) return http1Faults.encoded_nul;
    }
  }
  return undefined;
}

/** The value of the escape at that position, or -1. */
function escapeAt(text: string, at: number): number {
  const high = HEX[text.charCodeAt(at + 1)] ?? 255;
  const low = HEX[text.charCodeAt(at + 2)] ?? 255;
  return high > 15 || low > 15 ? -1 : high * 16 + low;
}

function escapeOf(code: number): string {
  return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
}

function isUnreserved(code: number): boolean {
  return /[A-Za-z0-9\-._~]/.test(String.fromCharCode(code));
}

function isEncodedSlash(code: number): boolean {
  return code === SLASH || code === BACKSLASH;
}

function normalizeSlowly(
  target: string,
  raw: string,
  keepEncodedSlash: boolean,
): NormalizedTarget | Http1Fault {
  const question = target.indexOf('?');
  const pathEnd = question < 0 ? target.length : question;
  let decoded = '';
  let hasEncodedSlash = false;
  for (let at = 0; at < pathEnd; at++) {
    const code = target.charCodeAt(at);
    const kind = PATH_CLASS[code] ?? REFUSE;
    if (kind === REFUSE)
      return code === HASH ? http1Faults.fragment_in_target : http1Faults.invalid_target_character;
    if (kind !== ESCAPE) {
      decoded += kind === ENCODE ? escapeOf(code) : String.fromCharCode(code);
      continue;
    }
    const value = escapeAt(target, at);
    if (value < 0) return http1Faults.invalid_percent_escape;
    if (value === 0) return http1Faults.encoded_nul;
    if (isEncodedSlash(value)) {
      if (!keepEncodedSlash) return http1Faults.encoded_slash;
      hasEncodedSlash = true;
    }
    decoded += isUnreserved(value) ? String.fromCharCode(value) : escapeOf(value);
    at += 2;
  }
  const fault = faultOfQuery(target, pathEnd);
  if (fault !== undefined) return fault;
  const path = removeDotSegments(decoded);
  if (path === undefined) return http1Faults.dot_segment_parameter;
  const query = target.slice(pathEnd);
  return {
    path,
    query: query.slice(1),
    hasQuery: question >= 0,
    target: path + query,
    raw,
    hasEncodedSlash,
  };
}

/** A dot segment that some servers recognise after a parameter or an encoded slash. */
const DISGUISED_DOTS = /^(?:.*%(?:2F|5C))?\.\.?(?:;.*|%(?:2F|5C).*)?$/;

/**
 * RFC 3986 section 5.2.4, for a path with its unreserved escapes decoded; also removes empty
 * segments.
 */
function removeDotSegments(path: string): string | undefined {
  const output: string[] = [];
  let endsWithSlash = false;
  for (const segment of path.split('/')) {
    endsWithSlash = segment === '' || segment === '.' || segment === '..';
    if (segment === '..') output.pop();
    else if (!endsWithSlash) {
      if (DISGUISED_DOTS.test(segment)) return undefined;
      output.push(segment);
    }
  }
  if (output.length === 0) return '/';
  return `/${output.join('/')}${endsWithSlash ? '/' : ''}`;
}
