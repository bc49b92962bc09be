import { matchesTarget } from './candidate.ts';
import type { Candidate } from './candidate.ts';
import { emptyHash, hashOn } from './hash.ts';
import { anyHost, maxHostLength } from './host-match.ts';
import { IntegerMap } from './integer-map.ts';
import { segmentEnd } from './path-match.ts';
import { Place } from './place.ts';
import type { MatchRequest, RouteSpec } from './route.ts';

/**
 * What is known of a place from the map alone, so that most places on the way are never looked at.
 */
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
 * All candidates, by host and path: a trie whose places are found by the hash of the way to them,
 * host first, then segment after segment, `{}` for a parameter. So a place is one look-up in a flat
 * map, whatever its depth, and an exact path is found without the places above it.
 *
 * Different ways may have the same hash and share a place. That costs time, never correctness:
 * whatever is found is compared with the request itself before it counts.
 */
export class CandidateIndex<R extends RouteSpec> {
  /** From the hash of the way to `id << flagBits | flags` of the place. */
  private readonly places = new IntegerMap();
  private readonly placeById: (Place<R> | undefined)[] = [undefined];
  private readonly freeIds: number[] = [];
  private wildcards = 0;

  /** The number of places in use: 0 again when the last candidate is gone. */
  get placeCount(): number {
    return this.places.size;
  }

  /** The most places there were at one time: ids are used again. */
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

  /** The candidate has to be the very one that was added. */
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
   * The candidate that comes first among those that match. Less specific hosts are asked when a
   * host has no match.
   */
  best(request: MatchRequest): Candidate<R> | undefined {
    const { host } = request;
    let best = this.bestOfHost(hashOn(exactHosts, host, 0, host.length), request, undefined);
    if (best !== undefined) return best;
    if (this.wildcards > 0 && host.length <= maxHostLength) {
      let way = wildcardHosts;
      for (let at = host.length - 1; at > 0; at -= 1) {
        way = hashOn(way, host, at, at + 1);
        if (host.charCodeAt(at) === dot) best = this.bestOfHost(way, request, best);
      }
    }
    return best ?? this.bestOfHost(allHosts, request, undefined);
  }

  /** Every candidate whose host and path match, in no particular order, perhaps more than once. */
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
    way: number,
    request: MatchRequest,
    before: Candidate<R> | undefined,
  ): Candidate<R> | undefined {
    const place = this.places.get(way);
    if (place === 0) return before;
    let best = before;
    if ((place & hasExactBelow) !== 0) {
      const { path } = request;
      best = this.bestAt(this.places.get(hashOn(way, path, 0, path.length)), request, before);
      if (best !== before && best?.kind === 'exact') return best; // No other kind comes before it.
    }
    return this.bestBelow(way, 0, request, best);
  }

  /**
   * @param way the hash of the way to a place, host and `path` up to `start`.
   * @param before the best so far; what is deeper is asked first, so that it seldom changes.
   */
  private bestBelow(
    way: number,
    start: number,
    request: MatchRequest,
    before: Candidate<R> | undefined,
  ): Candidate<R> | undefined {
    const place = this.places.get(way);
    const { path } = request;
    let best = before;
    if (
      (place & (hasLiteralsBelow | hasParametersBelow)) !== 0 &&
      path.charCodeAt(start) === slash
    ) {
      const end = segmentEnd(path, start);
      if ((place & hasLiteralsBelow) !== 0)
        best = this.bestBelow(hashOn(way, path, start, end), end, request, best);
      if ((place & hasParametersBelow) !== 0 && end > start + 1)
        best = this.bestBelow(hashOn(way, '/{}', 0, 3), end, request, best);
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

  private collectBelow(way: number, start: number, path: string, into: Candidate<R>[]): void {
    const place = this.places.get(way);
    if (
      (place & (hasLiteralsBelow | hasParametersBelow)) !== 0 &&
      path.charCodeAt(start) === slash
    ) {
      const end = segmentEnd(path, start);
      this.collectBelow(hashOn(way, path, start, end), end, path, into);
      if (end > start + 1) this.collectBelow(hashOn(way, '/{}', 0, 3), end, path, into);
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

  /** Brings the flags up to date, and gives the place back when nothing needs it. */
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
 * From the last character to the first, so that one pass over a host gives the hashes of all its
 * suffixes.
 */
function hashOfSuffix(host: string, from: number): number {
  let way = wildcardHosts;
  for (let at = host.length - 1; at >= from; at -= 1) way = hashOn(way, host, at, at + 1);
  return way;
}

function hashOfCandidate<R extends RouteSpec>({ host, shape }: Candidate<R>): number {
  return hashOn(hashOfHost(host), shape, 0, shape.length);
}

/** The places on the way to a candidate, and what comes next after each. */
function forEachPlaceAbove<R extends RouteSpec>(
  { host, kind, shape }: Candidate<R>,
  visit: (hash: number, next: keyof Place<R>['below']) => void,
): void {
  let way = hashOfHost(host);
  if (kind === 'exact') {
    visit(way, 'exact');
    return;
  }
  for (let start = 0; start < shape.length;) {
    const end = segmentEnd(shape, start);
    visit(way, shape.slice(start, end) === '/{}' ? 'parameter' : 'literal');
    way = hashOn(way, shape, start, end);
    start = end;
  }
}
