import { matchesTarget } from './candidate.ts';
import type { Candidate } from './candidate.ts';
import { emptyHash, hashOn } from './hash.ts';
import { anyHost, maxHostLength } from './host-match.ts';
import { IntegerMap } from './integer-map.ts';
import { segmentEnd } from './path-match.ts';
import { Place } from './place.ts';
import type { MatchRequest, RouteSpec } from './route.ts';

/** What is known of a place from the map alone, so that most places on a path are never read. */
const hasCandidates = 1;
const hasLiteralsBelow = 2;
const hasParametersBelow = 4;
const hasExactBelow = 8;
const flagBits = 4;

const slash = 0x2f;
const dot = 0x2e;

const exactHosts = hashOn(emptyHash, '=', 0, 1);
const wildcardHosts = hashOn(emptyHash, '*', 0, 1);
const allHosts = hashOn(emptyHash, '/', 0, 1);

/**
 * All candidates, by host and path. It is a trie whose places are found by a hash of their key: the
 * host, then one segment after another, with `{}` for a parameter. So a place is one look-up in a
 * flat map at any depth, and an exact path is found without visiting the places above it.
 *
 * Different keys may have the same hash and share a place. That costs time and never correctness,
 * because every candidate is compared with the request before it counts.
 */
export class CandidateIndex<R extends RouteSpec> {
  /** From the hash of a key to `id << flagBits | flags` of the place. */
  private readonly places = new IntegerMap();
  private readonly placeById: (Place<R> | undefined)[] = [undefined];
  private readonly freeIds: number[] = [];
  private wildcards = 0;

  /** The number of places in use; 0 again after the last candidate was removed. */
  get placeCount(): number {
    return this.places.size;
  }

  /** The largest number of places so far: ids are reused. */
  get capacity(): number {
    return this.placeById.length - 1;
  }

  add(candidate: Candidate<R>): void {
    if (candidate.host.startsWith('*.')) this.wildcards += 1;
    forEachPlaceAbove(candidate, (hash, next) => {
      const place = this.placeAt(hash);
      place.below[next] += 1;
      this.update(hash, place);
    });
    const hash = hashOfCandidate(candidate);
    const place = this.placeAt(hash);
    place.add(candidate);
    this.update(hash, place);
  }

  /** Takes the same object that was added. */
  remove(candidate: Candidate<R>): void {
    if (candidate.host.startsWith('*.')) this.wildcards -= 1;
    forEachPlaceAbove(candidate, (hash, next) => {
      const place = this.placeAt(hash);
      place.below[next] -= 1;
      this.update(hash, place);
    });
    const hash = hashOfCandidate(candidate);
    const place = this.placeAt(hash);
    place.remove(candidate);
    this.update(hash, place);
  }

  /**
   * Returns the first matching candidate by precedence. Less specific hosts are tried when a host
   * has no match.
   */
  best(request: MatchRequest): Candidate<R> | undefined {
    const { host } = request;
    let best = this.bestOfHost(hashOn(exactHosts, host, 0, host.length), request, undefined);
    if (best !== undefined) return best;
    if (this.wildcards > 0 && host.length <= maxHostLength) {
      let hash = wildcardHosts;
      for (let at = host.length - 1; at > 0; at -= 1) {
        hash = hashOn(hash, host, at, at + 1);
        if (host.charCodeAt(at) === dot) best = this.bestOfHost(hash, request, best);
      }
    }
    return best ?? this.bestOfHost(allHosts, request, undefined);
  }

  /**
   * Returns all candidates whose host and path match, in no particular order and possibly more than
   * once.
   */
  collect(request: MatchRequest): Candidate<R>[] {
    const { host, path } = request;
    const found: Candidate<R>[] = [];
    this.collectOfHost(hashOn(exactHosts, host, 0, host.length), path, found);
    if (this.wildcards > 0 && host.length <= maxHostLength) {
      for (let at = host.indexOf('.', 1); at !== -1; at = host.indexOf('.', at + 1))
        this.collectOfHost(hashOfSuffix(host, at), path, found);
    }
    this.collectOfHost(allHosts, path, found);
    return found.filter((candidate) => matchesTarget(candidate, request));
  }

  /**
   * All candidates of the same host that could match every path a given one matches, and many that
   * do not.
   */
  possiblyCovering({ host, shape }: Candidate<R>): Candidate<R>[] {
    const found: Candidate<R>[] = [];
    this.collectOfHost(hashOfHost(host), shape, found);
    return found;
  }

  private bestOfHost(
    hash: number,
    request: MatchRequest,
    before: Candidate<R> | undefined,
  ): Candidate<R> | undefined {
    const place = this.places.get(hash);
    if (place === 0) return before;
    let best = before;
    if ((place & hasExactBelow) !== 0) {
      const { path } = request;
      best = this.bestAt(this.places.get(hashOn(hash, path, 0, path.length)), request, before);
      if (best !== before && best?.kind === 'exact') return best; // No other kind comes before it.
    }
    return this.bestBelow(hash, 0, request, best);
  }

  /**
   * @param hash of a key: the host and `path` up to `start`
   * @param before the best candidate so far; deeper places are tried first, so that it seldom
   * changes
   */
  private bestBelow(
    hash: number,
    start: number,
    request: MatchRequest,
    before: Candidate<R> | undefined,
  ): Candidate<R> | undefined {
    const place = this.places.get(hash);
    const { path } = request;
    let best = before;
    if (
      (place & (hasLiteralsBelow | hasParametersBelow)) !== 0 &&
      path.charCodeAt(start) === slash
    ) {
      const end = segmentEnd(path, start);
      if ((place & hasLiteralsBelow) !== 0)
        best = this.bestBelow(hashOn(hash, path, start, end), end, request, best);
      if ((place & hasParametersBelow) !== 0 && end > start + 1)
        best = this.bestBelow(hashOn(hash, '/{}', 0, 3), end, request, best);
    }
    return this.bestAt(place, request, best);
  }

  private bestAt(
    place: number,
    request: MatchRequest,
    before: Candidate<R> | undefined,
  ): Candidate<R> | undefined {
    if ((place & hasCandidates) === 0) return before;
    return this.placeById[place >> flagBits]?.best(request, before) ?? before;
  }

  private collectOfHost(host: number, path: string, into: Candidate<R>[]): void {
    this.collectAt(this.places.get(hashOn(host, path, 0, path.length)), into);
    this.collectBelow(host, 0, path, into);
  }

  private collectBelow(hash: number, start: number, path: string, into: Candidate<R>[]): void {
    const place = this.places.get(hash);
    if (
      (place & (hasLiteralsBelow | hasParametersBelow)) !== 0 &&
      path.charCodeAt(start) === slash
    ) {
      const end = segmentEnd(path, start);
      this.collectBelow(hashOn(hash, path, start, end), end, path, into);
      if (end > start + 1) this.collectBelow(hashOn(hash, '/{}', 0, 3), end, path, into);
    }
    this.collectAt(place, into);
  }

  private collectAt(place: number, into: Candidate<R>[]): void {
    for (const candidate of this.placeById[place >> flagBits]?.candidates() ?? [])
      into.push(candidate);
  }

  private placeAt(hash: number): Place<R> {
    const existing = this.placeById[this.places.get(hash) >> flagBits];
    if (existing !== undefined) return existing;
    const id = this.freeIds.pop() ?? this.placeById.length;
    const made = new Place<R>(id);
    this.placeById[id] = made;
    return made;
  }

  /** Updates the flags, and frees the place when it is empty. */
  private update(hash: number, { id, isEmpty, below }: Place<R>): void {
    const flags =
      (isEmpty ? 0 : hasCandidates) |
      (below.literal > 0 ? hasLiteralsBelow : 0) |
      (below.parameter > 0 ? hasParametersBelow : 0) |
      (below.exact > 0 ? hasExactBelow : 0);
    if (flags !== 0) {
      this.places.set(hash, (id << flagBits) | flags);
      return;
    }
    this.places.delete(hash);
    this.placeById[id] = undefined;
    this.freeIds.push(id);
  }
}

function hashOfHost(host: string): number {
  if (host === anyHost) return allHosts;
  return host.startsWith('*.') ? hashOfSuffix(host, 1) : hashOn(exactHosts, host, 0, host.length);
}

/**
 * Hashes from the last character to the first, so that one pass over a host gives the hashes of all
 * its suffixes.
 */
function hashOfSuffix(host: string, from: number): number {
  let hash = wildcardHosts;
  for (let at = host.length - 1; at >= from; at -= 1) hash = hashOn(hash, host, at, at + 1);
  return hash;
}

function hashOfCandidate<R extends RouteSpec>({ host, shape }: Candidate<R>): number {
  return hashOn(hashOfHost(host), shape, 0, shape.length);
}

/** The keys of the places on the path to a candidate, each with the kind of the next step. */
function forEachPlaceAbove<R extends RouteSpec>(
  { host, kind, shape }: Candidate<R>,
  visit: (hash: number, next: keyof Place<R>['below']) => void,
): void {
  let hash = hashOfHost(host);
  if (kind === 'exact') {
    visit(hash, 'exact');
    return;
  }
  for (let start = 0; start < shape.length;) {
    const end = segmentEnd(shape, start);
    visit(hash, shape.slice(start, end) === '/{}' ? 'parameter' : 'literal');
    hash = hashOn(hash, shape, start, end);
    start = end;
  }
}
