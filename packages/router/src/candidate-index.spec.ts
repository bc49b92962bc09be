import { describe, expect, it } from '@jest/globals';
import { compileRoute } from './candidate.ts';
import type { Candidate } from './candidate.ts';
import { CandidateIndex } from './candidate-index.ts';
import type { MatchRequest, RouteSpec } from './route.ts';

function candidates(id: string, hosts: string[], paths: string[]): readonly Candidate<RouteSpec>[] {
  return compileRoute({ id, hosts, paths, methods: [], headers: {}, query: {}, priority: 0 });
}

function indexOf(...all: (readonly Candidate<RouteSpec>[])[]): CandidateIndex<RouteSpec> {
  const index = new CandidateIndex<RouteSpec>();
  for (const candidate of all.flat()) index.add(candidate);
  return index;
}

const request = (host: string, path: string): MatchRequest => ({
  host,
  path,
  query: '',
  method: 'GET',
  header: () => undefined,
});

describe('CandidateIndex', () => {
  it('keeps texts of equal hash apart, although they share their places', () => {
    const paths = ['/x', '/t/{id}', '/p/*', '~ ^/r/\\d+$'];
    const requested = ['/x', '/t/1', '/p/1', '/r/1'];
    const one = candidates('one', ['t46vu.test'], paths);
    const other = candidates('other', ['tfyea.test'], paths);
    const index = indexOf(one);
    const places = index.placeCount;
    for (const path of requested) expect(index.best(request('tfyea.test', path))).toBeUndefined();

    for (const candidate of other) index.add(candidate);
    expect(index.placeCount).toBe(places); // The hashes are equal indeed.
    for (const path of requested) {
      expect(index.best(request('t46vu.test', path))?.route.id).toBe('one');
      expect(index.best(request('tfyea.test', path))?.route.id).toBe('other');
      expect(index.collect(request('tfyea.test', path)).map(({ route }) => route.id)).toContain(
        'other',
      );
      expect(index.collect(request('tfyea.test', path)).map(({ route }) => route.id)).not.toContain(
        'one',
      );
    }

    for (const candidate of one) index.remove(candidate);
    for (const path of requested) {
      expect(index.best(request('t46vu.test', path))).toBeUndefined();
      expect(index.best(request('tfyea.test', path))?.route.id).toBe('other');
    }
  });

  it('gives every place back, in whatever order candidates go', () => {
    const all = [
      candidates(
        'a',
        ['a.test', '*.test'],
        ['/x', '/x/*', '/x/{id}', '/x/{id}/y/*', '~ ^/x/z/\\d+$'],
      ),
      candidates('b', [], []),
      candidates('c', ['a.test'], ['/x/{other}', '/*', '~ ^/.*$']),
      candidates('d', ['*.a.test'], []),
    ].flat();
    for (const order of [
      all,
      all.toReversed(),
      all.toSorted((one, other) => (one.text < other.text ? -1 : 1)),
    ]) {
      const index = indexOf(all);
      expect(index.placeCount).toBeGreaterThan(10);
      for (const candidate of order) index.remove(candidate);
      expect(index.placeCount).toBe(0);
    }
  });

  it('uses places again that were given back', () => {
    const index = indexOf();
    for (let times = 0; times < 1000; times += 1) {
      const [candidate] = candidates(`r${times}`, ['a.test'], [`/x/${times}/{id}`]);
      if (candidate === undefined) throw new Error('a route with a path has a candidate');
      index.add(candidate);
      expect(index.best(request('a.test', `/x/${times}/1`))).toBe(candidate);
      index.remove(candidate);
      expect(index.placeCount).toBe(0);
    }
    expect(index.capacity).toBe(4);
  });

  it('finds an expression whose literal beginning looks like a parameter', () => {
    const index = indexOf(
      candidates('braces', [], ['~ ^/\\{\\}x/y$']),
      candidates('whole', [], ['~ ^/\\{\\}/y$']),
    );
    expect(index.best(request('h', '/{}x/y'))?.route.id).toBe('braces');
    expect(index.best(request('h', '/{}/y'))?.route.id).toBe('whole');
  });
});
