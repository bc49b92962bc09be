import { describe, expect, it } from '@jest/globals';
import { maxElements } from './bounds.ts';
import { compileExpression, ExpressionFault, type ExpressionValues } from './expression.ts';

const values: ExpressionValues = {
  claims: JSON.parse(
    '{"sub":"jane","level":3,"ok":true,"nothing":null,"roles":["dev","ops"],"realm_access":{"roles":["admin"]},"many":[]}',
  ) as Record<string, unknown>,
  consumer: new Map([['username', 'acme']]),
  groups: ['gold', 'eu'],
  request: {
    method: 'GET',
    scheme: 'https',
    host: 'api.test',
    path: '/teams/red',
    address: '192.0.2.1',
    headers: new Map([['x-tenant', 'jane']]),
    query: new Map(),
  },
  params: { team: 'red' },
  route: { id: 'r', name: 'teams' },
  now: new Date(1_700_000_000_000),
};

describe('an expression', () => {
  it.each([
    ['claims.sub == "jane"', true],
    ['claims.level >= 3 && claims.level < 4', true],
    ['claims.level == 3', true],
    ['claims.level == "3"', false],
    ['claims.ok', true],
    ['!claims.ok', false],
    ['claims.sub', 'jane'],
    ['claims.nothing == null', true],
    ['"dev" in claims.roles', true],
    ['"admin" in claims.realm_access["roles"]', true],
    ['claims.roles.exists(role, role in groups)', false],
    ['claims.roles.exists(role, role.startsWith("o"))', true],
    ['claims.roles.all(role, size(role) == 3)', true],
    ['has(claims.tenant) && claims.tenant == "x"', false],
    ['"gold" in groups', true],
    ['consumer.username in ["acme", "initech"]', true],
    ['has(consumer.customId)', false],
    ['request.headers["x-tenant"] == claims.sub', true],
    ['has(request.query.debug)', false],
    ['request.method in ["GET", "HEAD"] || "ops" in claims.roles', true],
    ['request.path.startsWith("/teams/" + params.team)', true],
    ['route.name == "teams" && request.host.endsWith(".test")', true],
    ['now > timestamp("2023-11-14T00:00:00Z") && now.getHours() == 22', true],
    ['now - timestamp(1699999000) < duration("1h")', true],
    ['claims.ok ? request.scheme == "https" : false', true],
  ])('%s is %j', (text, result) => {
    expect(compileExpression(text).evaluate(values)).toBe(result);
  });

  it.each([
    'claims.tenant == "x"',
    'claims.tenant != "x"',
    'claims.constructor == "x"',
    'claims.toString == claims.toString',
    'has(claims.sub.tenant.id)',
    'claims.roles[7] == "x"',
    'claims.level.startsWith("3")',
    'claims.sub && true',
    'claims.level + 1 == 4',
    'consumer.customId != "x"',
    'request.headers["x-other"] != "1"',
    'claims.sub.exists(x, x == "j")',
    'timestamp(claims.sub) < now',
  ])('cannot be evaluated: %s', (text) => {
    expect(() => compileExpression(text).evaluate(values)).toThrow();
  });

  it.each([
    ['claims.sub ==', 'Unexpected token: EOF (line 1, column 14)'],
    ['claims.sub ==\n  )', 'Unexpected token: RPAREN (line 2, column 3)'],
    ['tenant == "x"', 'Unknown variable: tenant (line 1, column 1)'],
    ['request.pth == "/"', 'No such key: pth (line 1, column 9)'],
    ['"x" + 1 == "x1"', 'no such overload: string + int (line 1, column 1)'],
    ['"text"', 'results in string: write a condition that is true or false'],
    ['claims', 'results in map<string, dyn>: write a condition that is true or false'],
    ['claims.sub.matches("(a+)+$")', 'the method matches() is not available (line 1, column 1)'],
    ['claims.sub.split("").size() > 1', 'the method split() is not available'],
    ['claims.roles.map(x, x + x).size() > 1', 'the method map() is not available'],
    ['claims.roles.filter(x, true) == []', 'the method filter() is not available'],
    ['["a"].join("b") == "a"', 'the method join() is not available'],
    ['cel.bind(x, claims.sub, x == x)', 'the method bind() is not available'],
    ['bytes(claims.sub) == b"x"', 'the function bytes() is not available'],
    ['duration(claims.sub) < duration("1h")', 'duration() needs a text that is written out'],
    ['now.getHours("Europe/Berlin") > 8', 'getHours() takes no time zone: times are in UTC'],
    ['claims.level * 2 > 3', 'the operator * is not available'],
    ['claims.a == {"b": 1}', 'line 1'],
    [
      'claims.roles.exists(x, claims.many.exists(y, x == y))',
      'a macro inside a macro is not available (line 1, column 24)',
    ],
    [
      '(claims.roles + claims.many).exists(x, x == "a")',
      'a macro needs a variable, or a list that is written out',
    ],
    ['claims.roles.exists(x, x in claims.many)', 'more than 200000: compare less'],
    ['claims.roles.exists(x, claims.a == claims.b)', 'more than 200000: compare less'],
    ['claims.roles.exists(x, request.path.contains(x))', 'more than 200000: compare less'],
    [`"${'x'.repeat(1_000)}" == claims.sub`, 'is longer than 1000 characters'],
    [`${'!'.repeat(250)}true`, 'line 1'],
    [`${'('.repeat(200)}true${')'.repeat(200)}`, 'line 1'],
    [`claims.sub in [${'1,'.repeat(150)}1]`, 'line 1'],
    ['', 'line 1'],
  ])('refuses %s', (text, message) => {
    expect(() => compileExpression(text)).toThrow(ExpressionFault);
    expect(() => compileExpression(text)).toThrow(message);
  });

  it('lists what it reads', () => {
    const reads = (text: string) => [...compileExpression(text).reads].sort();
    expect(reads('claims.a == request.headers["b"]')).toEqual([
      'claims',
      'request',
      'request.headers',
    ]);
    expect(reads('request["query"] == request["headers"]')).toEqual([
      'request',
      'request.headers',
      'request.query',
    ]);
  });

  it('takes a bounded time for the largest values', () => {
    const large = Array.from({ length: maxElements }, (_each, index) => `role-${index}`);
    const expression = compileExpression(
      'claims.roles.all(r, r != "x" && r.contains("role") && !(r in groups))',
    );
    const groups = Array.from({ length: 64 }, (_each, index) => `group-${index}`);
    const started = process.cpuUsage();
    for (let round = 0; round < 10; round += 1)
      expect(expression.evaluate({ claims: { roles: large }, groups })).toBe(true);
    const { user, system } = process.cpuUsage(started);
    // Some 5 ms each on an idle core.
    expect((user + system) / 10_000).toBeLessThan(100);
  });
});
