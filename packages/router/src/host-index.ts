import { anyHost } from './candidate.ts';
import type { Candidate } from './candidate.ts';
import { PathIndex } from './path-index.ts';
import type { MatchRequest, RouteSpec } from './route.ts';

/** RFC 1035 section 2.3.4. Bounds the search for wildcards in a host some stranger made up. */
const maxHostLength = 253;

/** Path indexes by host: exact hosts, wildcards by their suffix, and one for any host. */
export class HostIndex<R extends RouteSpec> {
  private readonly exact = new Map<string, PathIndex<R>>();
  /** By suffix with its dot: `*.example.com` is at `.example.com`. */
  private readonly wildcards = new Map<string, PathIndex<R>>();
  private readonly any = new PathIndex<R>();

  get isEmpty(): boolean {
    return this.exact.size === 0 && this.wildcards.size === 0 && this.any.isEmpty;
  }

  add(candidate: Candidate<R>): void {
    const { host } = candidate;
    if (host === anyHost) {
      this.any.add(candidate);
      return;
    }
    const { map, key } = this.placeOf(host);
    let paths = map.get(key);
    if (paths === undefined) {
      paths = new PathIndex();
      map.set(key, paths);
    }
    paths.add(candidate);
  }

  remove(candidate: Candidate<R>): void {
    const { host } = candidate;
    if (host === anyHost) {
      this.any.remove(candidate);
      return;
    }
    const { map, key } = this.placeOf(host);
    const paths = map.get(key);
    paths?.remove(candidate);
    if (paths?.isEmpty === true) map.delete(key);
  }

  /** The candidate that comes first among those that match. A host that has no match gives way to the next less specific. */
  best(request: MatchRequest): Candidate<R> | undefined {
    const { host } = request;
    let best = this.exact.get(host)?.best(request);
    if (best === undefined && this.wildcards.size > 0 && host.length <= maxHostLength) {
      for (let dot = host.indexOf('.', 1); dot !== -1 && best === undefined; dot = host.indexOf('.', dot + 1)) {
        best = this.wildcards.get(host.substring(dot))?.best(request);
      }
    }
    return best ?? this.any.best(request);
  }

  /** Every candidate whose host and path match, in no particular order. */
  collect(host: string, path: string): Candidate<R>[] {
    const collected: Candidate<R>[] = [];
    this.exact.get(host)?.collect(path, collected);
    if (this.wildcards.size > 0 && host.length <= maxHostLength) {
      for (let dot = host.indexOf('.', 1); dot !== -1; dot = host.indexOf('.', dot + 1)) {
        this.wildcards.get(host.substring(dot))?.collect(path, collected);
      }
    }
    this.any.collect(path, collected);
    return collected;
  }

  /** The candidates that might match every request a given one matches: only those of the very same host come before it. */
  possiblyCovering(candidate: Candidate<R>): readonly Candidate<R>[] {
    if (candidate.host === anyHost) return this.any.possiblyCovering(candidate);
    const { map, key } = this.placeOf(candidate.host);
    return map.get(key)?.possiblyCovering(candidate) ?? [];
  }

  private placeOf(host: string): { readonly map: Map<string, PathIndex<R>>; readonly key: string } {
    return host.startsWith('*.') ? { map: this.wildcards, key: host.slice(1) } : { map: this.exact, key: host };
  }
}

/** Whether a host as written in a route matches a request's host; the index answers this for all hosts at once. */
export function matchesHost(written: string, host: string): boolean {
  if (written === anyHost) return true;
  if (!written.startsWith('*.')) return written === host;
  return host.length <= maxHostLength && host.length > written.length - 1 && host.endsWith(written.slice(1));
}
