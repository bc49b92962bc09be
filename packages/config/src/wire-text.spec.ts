import { describe, expect, it } from '@jest/globals';
import { builtInPolicySchemas } from '@sluice/policies/schemas';
import {
  createPolicyCatalogue,
  fieldErrors,
  policyFaults,
  resourceSchemas,
  specSizeFault,
} from './index.ts';

type Faults = readonly { readonly pointer: string; readonly detail: string }[];

function faultsOf(kind: 'route' | 'service', written: object): Faults {
  const parsed = resourceSchemas[kind].safeParse({
    name: 'x',
    ...(kind === 'route' ? { service: 's' } : { targets: [{ address: 'a:80' }] }),
    ...written,
  });
  return parsed.success ? [] : fieldErrors(parsed.error);
}

const catalogue = createPolicyCatalogue(builtInPolicySchemas);
const policyFaultsOf = (name: string, config: Record<string, unknown>): Faults =>
  policyFaults('route', [{ name, config, mode: 'enforce' }], catalogue);
const details = (faults: Faults): string =>
  faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join('\n');

const unsendable = [
  'a\r\nX-Consumer-Username: root',
  'a\r\n\r\nGET / HTTP/1.1',
  'a\n',
  'a\0',
  'a b',
  '\u010d',
  '日本',
  'a\u007f',
  '\ud800',
];

describe('rewrite.host', () => {
  it.each([
    ...unsendable,
    '',
    'http://a',
    'a/b',
    'a:',
    'a:0',
    'a:99999',
    'u@a',
    'a,b',
    '::1',
    '[::1',
    '*',
    '*.a',
    '-a',
    'a..b',
    '{host}',
    'a?b',
    'a#b',
    '[fe80::1%25eth0]',
    'x'.repeat(300),
  ])('refuses %j', (host) => {
    expect(details(faultsOf('route', { rewrite: { host } }))).toContain('/rewrite/host');
  });

  it.each([
    ['target', 'target'],
    ['preserve', 'preserve'],
    ['API.Example.com', 'api.example.com'],
    ['api.example.com:8443', 'api.example.com:8443'],
    ['10.0.0.7', '10.0.0.7'],
    ['[2001:DB8::1]:80', '[2001:db8::1]:80'],
    ['my_service', 'my_service'],
  ])('accepts %s', (host, stored) => {
    expect(
      resourceSchemas.route.parse({ name: 'x', service: 's', rewrite: { host } }).rewrite.host,
    ).toBe(stored);
  });
});

describe('tls.serverName', () => {
  it.each([...unsendable, '', '10.0.0.7', '[::1]', '::1', 'a.', 'a:443', '*.a.com', 'https://a'])(
    'refuses %j',
    (serverName) => {
      expect(details(faultsOf('service', { tls: { serverName } }))).toContain('/tls/serverName');
    },
  );

  it.each(['orders.internal', 'Orders.Internal', 'xn--bcher-kva.example', 'my_service'])(
    'accepts %s',
    (serverName) => {
      expect(faultsOf('service', { tls: { serverName } })).toEqual([]);
    },
  );
});

describe('paths that are stripped or sent', () => {
  it.each([
    ['/caf%c3%a9', '%C3'],
    ['/x/*', 'no wildcard'],
    ['/{id}/events', 'no name'],
    ['/日本', 'percent-encoded'],
    ['/a/../b', 'dot segments'],
    ['/./a', 'dot segments'],
    ['/a//b', '"//"'],
    ['//evil.test', '"//"'],
    ['/%2e%2e/a', 'instead of'],
    ['/%41', 'instead of'],
    ['/a?b', '"?"'],
    ['/a#b', '"#"'],
    ['/a b', 'percent-encoded'],
    ['/a\r\nb', 'percent-encoded'],
    ['/a"b', '%22'],
    ['/a|b', '%7C'],
    ['/a\\b', '%5C'],
    ['/%', 'percent-escape'],
    ['/%00', '%00'],
    ['/..;/a', 'dot segment'],
    ['a', 'begin with "/"'],
    ['', 'begin with "/"'],
  ])('%j is refused with advice', (text, advice) => {
    for (const faults of [
      faultsOf('route', { rewrite: { stripPrefix: text } }),
      faultsOf('service', { basePath: text }),
    ])
      expect(details(faults)).toContain(advice);
    if (!text.includes('{'))
      expect(details(faultsOf('route', { rewrite: { path: text } }))).toContain(advice);
  });

  it.each(['/', '/a', '/a/', '/a/b.c', '/caf%C3%A9', '/a%20b', "/a@b:c!$&'()+,;=~_-", '/%2A'])(
    '%j is accepted',
    (text) => {
      expect(faultsOf('route', { rewrite: { stripPrefix: text } })).toEqual([]);
      expect(faultsOf('route', { rewrite: { path: text } })).toEqual([]);
      expect(faultsOf('service', { basePath: text })).toEqual([]);
    },
  );

  it('an encoded slash is refused where no request can have it', () => {
    expect(details(faultsOf('service', { basePath: '/a%2Fb' }))).toContain('/basePath');
    expect(
      details(faultsOf('route', { rewrite: { path: '/a%2Fb' }, encodedSlashes: 'keep' })),
    ).toContain('/rewrite/path');
    expect(details(faultsOf('route', { rewrite: { stripPrefix: '/a%2Fb' } }))).toContain(
      '/rewrite/stripPrefix',
    );
    expect(details(faultsOf('route', { paths: ['/a', '/a%2Fb'] }))).toContain('/paths/1');
    expect(
      faultsOf('route', {
        paths: ['/a%2Fb/*'],
        rewrite: { stripPrefix: '/a%2Fb' },
        encodedSlashes: 'keep',
      }),
    ).toEqual([]);
  });
});

describe('names of a template', () => {
  it.each([
    [['/a/{x}'], '/b/{y}'],
    [['/a/*'], '/b/{rest}'],
    [['/a'], '/b/{x}'],
    [['/a/{x}', '/b/{y}'], '/c/{x}'],
    [['~ ^/a(?<rest>.*)$', '/b/*'], '/c{rest}'],
    [['~ ^/a(.*)$'], '/c/{1}'],
    [[], '/c/{x}'],
    [['/a/{x}'], '/b/{x'],
    [['/a/{x}'], '/b/x}'],
    [['/a/{x}'], '/b/{}'],
    [['/a/{x}'], '/b/{{x}}'],
    [['/a/{x}'], '/b/{X}'],
  ])('of %j cannot fill %s', (paths, path) => {
    const faults = faultsOf('route', { paths, rewrite: { path } });
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.every(({ pointer }) => pointer === '/rewrite/path')).toBe(true);
  });

  it('each path of the route that lacks the name is reported', () => {
    const faults = faultsOf('route', {
      paths: ['/a/{x}', '/b', '/c/*'],
      rewrite: { path: '/d/{x}' },
    });
    expect(details(faults)).toContain('"/b"');
    expect(details(faults)).toContain('"/c/*"');
    expect(faults).toHaveLength(2);
  });

  it.each([
    [['/a/{x}'], '/b/{x}'],
    [['/a/{x}/*'], '/b/{x}/{x}-{x}'],
    [['~ ^/a(?<rest>/.*)?$'], '/c{rest}'],
    [['~ ^/a/(?<x>\\d+)$', '/b/{x}'], '/c/{x}'],
  ])('of %j can fill %s', (paths, path) => {
    expect(faultsOf('route', { paths, rewrite: { path } })).toEqual([]);
  });
});

describe('a prefix', () => {
  it.each([
    [['/a/*'], '/b'],
    [['/a'], '/a/b'],
    [['/a/{x}'], '/a/b/c'],
    [['/ab/*'], '/a'],
    [['~ ^/a/\\d+$'], '/b'],
    [['/a/*', '/c/*'], '/b'],
  ])('that no path of %j can have is refused: %s', (paths, stripPrefix) => {
    expect(details(faultsOf('route', { paths, rewrite: { stripPrefix } }))).toContain(
      '/rewrite/stripPrefix',
    );
  });

  it.each([
    [[], '/b'],
    [['/a/*'], '/a'],
    [['/a/*'], '/a/b/c'],
    [['/a'], '/a'],
    [['/a/'], '/a/'],
    [['/{x}/y'], '/b'],
    [['/{x}/*'], '/b/c'],
    [['/*'], '/b'],
    [['~ ^/a/\\d+$'], '/a'],
    [['~ ^/.*$'], '/a'],
    [['/a/*', '/c/*'], '/c'],
  ])('of %j may be %s', (paths, stripPrefix) => {
    expect(faultsOf('route', { paths, rewrite: { stripPrefix } })).toEqual([]);
  });
});

const neverSeen = [
  'X_V',
  'Host',
  'content-length',
  'Transfer-Encoding',
  'Connection',
  'TE',
  'Trailer',
  'Keep-Alive',
  'Proxy-Authorization',
  'X-Consumer-Id',
  'x-consumer-anything',
  'X-Credential-Id',
  'X.Forwarded.For',
  'X-Consumer.Id',
  'a b',
  '',
];

describe('header names that no request can have', () => {
  it.each(neverSeen)('%j is refused wherever a name is looked up in requests', (name) => {
    expect(details(faultsOf('route', { headers: { [name]: 'v' } }))).toContain('/headers');
    expect(details(policyFaultsOf('key-auth', { headerNames: ['x-api-key', name] }))).toContain(
      '/config/headerNames/1',
    );
    expect(details(policyFaultsOf('rate-limit', { limit: 1, by: `header:${name}` }))).toContain(
      '/config/by',
    );
    for (const config of [{ remove: [name] }, { rename: { [name]: 'X-New' } }])
      expect(policyFaultsOf('request-headers', config)).not.toEqual([]);
  });

  it.each(['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'Via', 'Upgrade'])(
    '%s cannot carry a key',
    (name) => {
      expect(policyFaultsOf('key-auth', { headerNames: [name] })).not.toEqual([]);
    },
  );

  it.each(['X-V', 'x-api-key', 'Accept', 'X-Forwarded-Proto', 'Authorization', 'Upgrade', 'x.v'])(
    '%s may be matched',
    (name) => {
      expect(faultsOf('route', { headers: { [name]: 'v' } })).toEqual([]);
      expect(policyFaultsOf('rate-limit', { limit: 1, by: `header:${name}` })).toEqual([]);
    },
  );

  it('two spellings of one name are refused', () => {
    expect(details(faultsOf('route', { headers: { 'X-V': '1', 'x-v': '2' } }))).toContain('twice');
  });
});

describe('hosts', () => {
  it('an address that is not in its shortest form is refused with that form', () => {
    expect(details(faultsOf('route', { hosts: ['[0:0::1]'] }))).toContain('[::1]');
    expect(faultsOf('route', { hosts: ['[2001:db8::1]', '[::1]'] })).toEqual([]);
    expect(faultsOf('route', { hosts: ['[fe80::1%eth0]'] })).not.toEqual([]);
  });
});

describe('bounds', () => {
  it('conditions are at most 64', () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, 'v']));
    expect(faultsOf('route', { headers: many(64), query: many(64) })).toEqual([]);
    expect(details(faultsOf('route', { headers: many(65) }))).toContain('/headers at most 64');
    expect(details(faultsOf('route', { query: many(60_000) }))).toContain('/query at most 64');
  });

  it('at most 100 faults are reported, and the number of further ones', () => {
    const faults = faultsOf(
      'route',
      Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`unknown${index}`, 1])),
    );
    expect(faults).toHaveLength(101);
    expect(faults.at(-1)).toEqual({ pointer: '', detail: '150 more faults' });
  });

  it('a whole resource is at most 64 KiB', () => {
    expect(specSizeFault({ text: 'x'.repeat(65_536 - 11) })).toBeUndefined();
    expect(specSizeFault({ text: 'x'.repeat(65_536 - 10) })).toContain('65537 bytes');
    expect(specSizeFault({ text: 'é'.repeat(40_000) })).toContain('80011 bytes');
  });
});

describe('text of policies that is sent', () => {
  it.each(unsendable)('%j is refused', (text) => {
    const value = `x${text}y`;
    if (value !== 'xa by') {
      expect(policyFaultsOf('response-headers', { set: { 'X-A': value } })).not.toEqual([]);
      expect(policyFaultsOf('request-headers', { add: { 'X-A': value } })).not.toEqual([]);
      expect(policyFaultsOf('static-response', { contentType: value })).not.toEqual([]);
    }
    expect(policyFaultsOf('response-headers', { set: { [value]: 'a' } })).not.toEqual([]);
    expect(policyFaultsOf('response-headers', { rename: { 'X-A': value } })).not.toEqual([]);
    expect(policyFaultsOf('redirect', { location: `https://a.example/${value}` })).not.toEqual([]);
    expect(policyFaultsOf('cors', { origins: [`https://${value}`] })).not.toEqual([]);
    expect(policyFaultsOf('cors', { origins: ['*'], headers: [value] })).not.toEqual([]);
    expect(policyFaultsOf('cors', { origins: ['*'], exposedHeaders: [value] })).not.toEqual([]);
    expect(policyFaultsOf('cors', { origins: ['*'], methods: [value] })).not.toEqual([]);
    expect(policyFaultsOf('key-auth', { headerNames: [value] })).not.toEqual([]);
  });
});
