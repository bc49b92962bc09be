import type { Spec } from '@sluice/config';
import { isNormalPath, keepEncodedSlash, type NormalizeTargetOptions } from '@sluice/http1';

type Params = Readonly<Record<string, string>> | undefined;

/** Why a rewritten path is not sent. */
export class RewriteFault {
  /** For the log, never for the client. */
  readonly reason: string;
  readonly code: 'invalid_target' | 'uri_too_long';

  constructor(code: RewriteFault['code'], reason: string) {
    this.code = code;
    this.reason = reason;
  }
}

/** A template may repeat a segment; the result must not be longer than a request line may be. */
const maxPathLength = 8_192;

/**
 * Rewrites a request's path for a service: the service's `basePath` followed by the result of the
 * route's `rewrite`. Compiled once for each branch of a route; a branch that changes nothing has
 * none.
 *
 * Invariant: {@link rewrite} returns a path in normal form. Configured text and captured text can
 * each be harmless and together form a dot segment, an empty segment or an escape; so the result is
 * checked, not its parts.
 */
export class TargetRewrite {
  readonly #basePath: string;
  /** Without a slash at the end; undefined when nothing is stripped. */
  readonly #prefix: string | undefined;
  /** Literal texts at even indexes, names at odd ones; undefined when there is no template. */
  readonly #template: readonly string[] | undefined;
  readonly #allowed: NormalizeTargetOptions | undefined;

  private constructor(route: Spec<'route'>, basePath: string) {
    const { stripPrefix, path } = route.rewrite;
    this.#basePath = basePath;
    this.#prefix =
      stripPrefix === undefined || stripPrefix === '/' ? undefined : withoutEndSlash(stripPrefix);
    this.#template = path?.split(/\{([A-Za-z0-9_]+)\}/);
    this.#allowed = route.encodedSlashes === 'keep' ? keepEncodedSlash : undefined;
  }

  /**
   * Returns undefined when the path is sent unchanged.
   * @param basePath of the service, as configured
   */
  static of(route: Spec<'route'>, basePath: string): TargetRewrite | undefined {
    const { stripPrefix, path } = route.rewrite;
    const base = withoutEndSlash(basePath);
    return base === '' && path === undefined && (stripPrefix ?? '/') === '/'
      ? undefined
      : new TargetRewrite(route, base);
  }

  /** Returns the path to send, or a fault when it must not be sent. */
  rewrite(path: string, params: Params): string | RewriteFault {
    const changed = this.#basePath + this.#changed(path, params);
    // When the whole path was stripped, the base path or the root remains.
    const rewritten = changed === '' ? '/' : changed;
    if (rewritten.length > maxPathLength && this.#template !== undefined) {
      return new RewriteFault(
        'uri_too_long',
        `the rewritten path is ${rewritten.length} characters long`,
      );
    }
    if (isNormalPath(rewritten, this.#allowed)) return rewritten;
    return new RewriteFault(
      'invalid_target',
      `the rewritten path is not in normal form: ${rewritten}`,
    );
  }

  /** The prefix that {@link rewrite} strips from this path; empty when there is none. */
  stripped(path: string): string {
    return this.#prefix !== undefined && isBelow(path, this.#prefix) ? this.#prefix : '';
  }

  #changed(path: string, params: Params): string {
    if (this.#template !== undefined) return filled(this.#template, params);
    return path.slice(this.stripped(path).length);
  }
}

/** Whether the path equals the prefix or continues it with a further segment. */
function isBelow(path: string, prefix: string): boolean {
  return (
    path.startsWith(prefix) &&
    (path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f)
  );
}

function filled(template: readonly string[], params: Params): string {
  let text = '';
  for (let at = 0; at < template.length; at++) {
    const part = template[at] as string;
    text += at % 2 === 0 ? part : (params?.[part] ?? '');
  }
  return text;
}

function withoutEndSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
