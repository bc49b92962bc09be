import type { Candidate } from './candidate.ts';
import { append, better, withCandidate, withoutCandidate } from './candidate-list.ts';
import type { CandidateList } from './candidate-list.ts';
import type { MatchRequest, RouteSpec } from './route.ts';
import { SegmentTrie } from './segment-trie.ts';

/**
 * The candidates of one host by their path: exact paths in a map, everything else but `any` in a trie of segments.
 * Finding takes time by the length of the path and the patterns along it, not by the number of routes.
 */
export class PathIndex<R extends RouteSpec> {
  private exact: Map<string, CandidateList<R>> | undefined = undefined;
  private trie: SegmentTrie<R> | undefined = undefined;
  private any: CandidateList<R> | undefined = undefined;

  /** True when the last candidate is gone, and so the index may go. */
  get isEmpty(): boolean {
    return this.exact === undefined && this.trie === undefined && this.any === undefined;
  }

  add(candidate: Candidate<R>): void {
    const { kind, text } = candidate.pattern;
    if (kind === 'any') {
      this.any = withCandidate(this.any, candidate);
    } else if (kind === 'exact') {
      this.exact ??= new Map();
      this.exact.set(text, withCandidate(this.exact.get(text), candidate));
    } else {
      this.trie ??= new SegmentTrie();
      this.trie.add(candidate);
    }
  }

  remove(candidate: Candidate<R>): void {
    const { kind, text } = candidate.pattern;
    if (kind === 'any') {
      this.any = withoutCandidate(this.any, candidate);
    } else if (kind === 'exact') {
      if (withoutCandidate(this.exact?.get(text), candidate) === undefined) this.exact?.delete(text);
      if (this.exact?.size === 0) this.exact = undefined;
    } else {
      this.trie?.remove(candidate);
      if (this.trie?.isEmpty === true) this.trie = undefined;
    }
  }

  /** The candidate that comes first among those that match the request. */
  best(request: MatchRequest): Candidate<R> | undefined {
    const exact = better(this.exact?.get(request.path), request, undefined);
    if (exact !== undefined) return exact; // No other kind comes before exact.
    return this.trie?.best(request) ?? better(this.any, request, undefined);
  }

  /** Appends every candidate whose path matches, in no particular order. */
  collect(path: string, into: Candidate<R>[]): void {
    append(this.exact?.get(path), into);
    this.trie?.collect(path, into);
    append(this.any, into);
  }

  /** The candidates that might match every path a given pattern matches. */
  possiblyCovering(candidate: Candidate<R>): readonly Candidate<R>[] {
    const { kind, text } = candidate.pattern;
    if (kind === 'any') return this.any ?? [];
    return (kind === 'exact' ? this.exact?.get(text) : this.trie?.possiblyCovering(candidate.pattern)) ?? [];
  }
}
