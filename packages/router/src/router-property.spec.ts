import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { MatchRequest, NoMatch, RouteMatch, RouteSpec } from './route.ts';
import { Router } from './router.ts';

/** Few words, so that routes meet, overlap and shadow one another all the time. */
const words = ['x', 'y', 'xy'];
const segment = fc.oneof(fc.constantFrom(...words), fc.constantFrom('{p}', '{q}'));
const expressions = [
  '^/x',
  '^/x/.*$',
  '^/(?<word>[xy]+)$',
  '^/x/y/(?:x|y)+$',
  '^/[^/]+/y',
  '^/(?:[xy]+/)*xy$',
];

const path = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.array(segment, { maxLength: 3 }), fc.constantFrom('', '', '/', '/*', '/*'))
      .map(([segments, end]) => pathOf(segments, end)),
  },
  { weight: 1, arbitrary: fc.constantFrom(...expressions).map((source) => `~ ${source}`) },
);

function pathOf(segments: readonly string[], end: string): string {
  const named = segments.map((text, index) =>
    text.startsWith('{') && segments.indexOf(text) !== index ? '{r}' : text,
  );
  const unique = named.map((text, index) =>
    text.startsWith('{') && named.indexOf(text) !== index ? `{s${index}}` : text,
  );
  return unique.length === 0 ? `/${end.replace('/', '')}` : `/${unique.join('/')}${end}`;
}

const some = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(arbitrary, { maxLength: 2 });
const condition = fc.constantFrom<Record<string, string>[]>(
  {},
  {},
  { a: '1' },
  { A: '2' },
  { a: '1', b: '1' },
);

const routeBody = fc.record({
  hosts: some(fc.constantFrom('a.test', 'b.a.test', '*.test', '*.a.test', 'test')),
  paths: some(path),
  methods: some(fc.constantFrom('GET', 'PUT')),
  headers: condition,
  query: fc.constantFrom<Record<string, string>[]>({}, {}, {}, { a: '1' }, { a: '2' }),
  priority: fc.integer({ min: 0, max: 1 }),
});

const fields = ['hosts', 'paths', 'methods', 'headers', 'query', 'priority'] as const;

const routes = fc
  .array(routeBody, { maxLength: 12 })
  .map((bodies) => bodies.map((body, index): RouteSpec => ({ id: `r${index}`, ...body })));

const request = fc
  .record({
    host: fc.constantFrom('a.test', 'b.a.test', 'c.b.a.test', 'c.test', 'test', 'other'),
    segments: fc.array(fc.constantFrom(...words, 'z'), { maxLength: 4 }),
    slash: fc.boolean(),
    method: fc.constantFrom('GET', 'PUT', 'POST'),
    query: fc.constantFrom('', 'a=1', 'a=2', 'b=1&a=1', 'a=2&a=1'),
    a: fc.constantFrom(undefined, '1', '2'),
    b: fc.constantFrom(undefined, '1'),
  })
  .map(({ host, segments, slash, method, query, a, b }): MatchRequest => {
    const joined = `/${segments.join('/')}${slash && segments.length > 0 ? '/' : ''}`;
    return { host, path: joined, method, query, header: (name) => ({ a, b })[name] };
  });

const settings = { numRuns: 1000, seed: 20261123 };

describe('a router, whatever its routes', () => {
  it('answers as the definition does', () => {
    let matched = 0;
    fc.assert(
      fc.property(routes, request, (all, asked) => {
        const answer = Router.from(all).match(asked);
        if (answer.route !== undefined) matched += 1;
        expect(answer).toEqual(byDefinition(all, asked));
      }),
      { ...settings, numRuns: 2500 },
    );
    expect(matched).toBeGreaterThan(600);
  });

  it('is the same after changes as when rebuilt', () => {
    const change = fc.tuple(
      fc.constantFrom('update', 'update', 'remove'),
      fc.integer({ min: 0, max: 5 }),
      routeBody,
    );
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 20 }),
        fc.array(request, { minLength: 5, maxLength: 5 }),
        (changes, asked) => {
          const router = new Router();
          const left = new Map<string, RouteSpec>();
          for (const [kind, index, body] of changes) {
            const route = { id: `r${index}`, ...body };
            if (kind === 'update') router.update(route);
            else expect(router.remove(route.id)).toBe(left.has(route.id));
            if (kind === 'update') left.set(route.id, route);
            else left.delete(route.id);
          }
          expect(router.size).toBe(left.size);
          for (const each of asked)
            expect(router.match(each)).toEqual(byDefinition([...left.values()], each));
        },
      ),
      settings,
    );
  });

  it('explains what it does', () => {
    fc.assert(
      fc.property(routes, request, (all, asked) => {
        const router = Router.from(all);
        const verdicts = router.explain(asked);
        const won = verdicts.filter(({ verdict }) => verdict === 'won');
        expect(won.map(({ route, pattern }) => [route.id, pattern])).toEqual(
          answered(router, asked),
        );
        expect(new Set(verdicts.map(({ route }) => route.id)).size).toBe(verdicts.length);
        const inOrder = byPrecedence(all)
          .filter((each) => matchesTarget(each, asked))
          .map(({ route }) => route.id);
        const candidates = verdicts
          .filter(({ verdict }) => verdict !== 'host' && verdict !== 'path')
          .map(({ route }) => route.id);
        expect(candidates).toEqual([...new Set(inOrder)]);
      }),
      settings,
    );
  });

  it('calls a route shadowed only when it never wins', () => {
    let reported = 0;
    let matched = 0;
    // A route like one that is there already, but for one field: most often this is how one comes
    // to be shadowed.
    const alike = fc
      .tuple(routeBody, routeBody, fc.constantFrom(...fields))
      .map(([body, other, field]) => [body, { ...body, [field]: other[field] }] as const);
    fc.assert(
      fc.property(
        alike,
        fc.array(request, { minLength: 20, maxLength: 20 }),
        ([body, changed], asked) => {
          const route: RouteSpec = { id: 'later', ...changed };
          const there: RouteSpec = { id: 'earlier', ...body };
          if (Router.from([there]).shadowedBy(route).length === 0) return;
          reported += 1;
          for (const each of asked) {
            if (byDefinition([route], each).route !== undefined) matched += 1;
            expect(byDefinition([route, there], each).route?.id).not.toBe('later');
          }
        },
      ),
      settings,
    );
    expect(reported).toBeGreaterThan(200);
    expect(matched).toBeGreaterThan(200);
  });
});

function answered(router: Router<RouteSpec>, asked: MatchRequest): string[][] {
  const answer = router.match(asked);
  return answer.route === undefined ? [] : [[answer.route.id, answer.pattern]];
}

// What follows is the documentation written as the plainest program: make all candidates, sort
// them, take the first that matches.

interface Plain {
  readonly route: RouteSpec;
  readonly host: string;
  readonly path: string;
}

function byDefinition(
  all: readonly RouteSpec[],
  asked: MatchRequest,
): RouteMatch<RouteSpec> | NoMatch {
  const candidates = byPrecedence(all).filter(
    (each) => matchesTarget(each, asked) && meetsFields(each.route, asked),
  );
  const winner = candidates.find(
    ({ route }) => route.methods.length === 0 || route.methods.includes(asked.method),
  );
  if (winner === undefined) {
    const allow = [...new Set(candidates.flatMap(({ route }) => route.methods))].sort();
    return {
      route: undefined,
      code: allow.length === 0 ? 'route_not_found' : 'method_not_allowed',
      allow,
    };
  }
  const groups = expressionOf(winner.path).exec(asked.path)?.groups;
  return {
    route: winner.route,
    pattern: winner.path,
    params: groups === undefined ? undefined : { ...groups },
  };
}

function byPrecedence(all: readonly RouteSpec[]): Plain[] {
  const candidates = all.flatMap((route) =>
    orAny(route.hosts).flatMap((host) =>
      orAny(route.paths).map((each) => ({ route, host, path: each })),
    ),
  );
  return candidates.sort((one, other) => {
    const [ones, others] = [rank(one), rank(other)];
    const differing = ones.findIndex((value, index) => value !== others[index]);
    if (differing === -1) return 0;
    return (ones[differing] ?? 0) < (others[differing] ?? 0) ? -1 : 1;
  });
}

const orAny = (texts: readonly string[]): readonly string[] => (texts.length === 0 ? ['*'] : texts);

/** Lower comes first, element by element. */
function rank({ route, host, path: text }: Plain): (number | string)[] {
  const hostKind = host === '*' ? 2 : host.startsWith('*.') ? 1 : 0;
  const kind = kindOf(text);
  const body = kind === 2 ? text.slice(0, -2) : text;
  const depth = kind === 1 || kind === 2 ? body.split('/').length - 1 : 0;
  const length =
    kind === 3 ? text.length - 2 : kind === 4 ? 0 : body.replaceAll(/\{.*?\}/g, '').length;
  const conditions =
    (route.methods.length > 0 ? 1 : 0) +
    Object.keys(route.headers).length +
    Object.keys(route.query).length;
  return [
    hostKind,
    -host.length,
    kind,
    -depth,
    -length,
    -conditions,
    -route.priority,
    route.id,
    text,
  ];
}

/** Exact, template, prefix, regex, any. */
function kindOf(text: string): number {
  if (text === '*') return 4;
  if (text.startsWith('~')) return 3;
  if (text.endsWith('/*')) return 2;
  return text.includes('{') ? 1 : 0;
}

function expressionOf(text: string): RegExp {
  if (text === '*') return /^/;
  if (text.startsWith('~ ')) return new RegExp(text.slice(2));
  const body = text.replace(/\/\*$/, '').replaceAll(/\{(.*?)\}/g, '(?<$1>[^/]+)');
  return new RegExp(text.endsWith('/*') ? `^${body}(?:/.*)?$` : `^${body}$`);
}

function matchesTarget({ host, path: text }: Plain, asked: MatchRequest): boolean {
  const hostMatches =
    host === '*' ||
    host === asked.host ||
    (host.startsWith('*.') && asked.host.endsWith(host.slice(1)));
  return hostMatches && expressionOf(text).test(asked.path);
}

function meetsFields({ headers, query }: RouteSpec, asked: MatchRequest): boolean {
  const parameters = new URLSearchParams(asked.query);
  return (
    Object.entries(headers).every(([name, value]) => asked.header(name.toLowerCase()) === value) &&
    Object.entries(query).every(([name, value]) => parameters.get(name) === value)
  );
}
