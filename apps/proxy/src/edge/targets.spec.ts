import { checkRows } from './testing/check-rows.ts';
import { refused, refusedAndKept, served, type EdgeRow } from './testing/edge-row.ts';
import { get, request } from './testing/messages.ts';

/** The upstream receives the same normalised target that the route was matched with. */
const seenAs = (sent: string, seen: string): EdgeRow =>
  served(`${sent} is ${seen}`, get(sent), request(`GET ${seen}`));
const refusedTarget = (target: string): EdgeRow =>
  refusedAndKept(JSON.stringify(target), get(target), 'invalid_target');

checkRows('paths that are normalised before matching', [
  seenAs('/', '/'),
  seenAs('/a/./b', '/a/b'),
  seenAs('/a/../b', '/b'),
  seenAs('/a/b/..', '/a/'),
  seenAs('/a/b/.', '/a/b/'),
  seenAs('/../../etc/passwd', '/etc/passwd'),
  seenAs('/%2e%2e/etc/passwd', '/etc/passwd'),
  seenAs('/a/%2E%2e/b', '/b'),
  seenAs('/a/.%2e/b', '/b'),
  seenAs('/a/%2e./b', '/b'),
  seenAs('/a/%2e/b', '/a/b'),
  seenAs('//host/p', '/host/p'),
  seenAs('///a////b//', '/a/b/'),
  seenAs('//..//a', '/a'),
  seenAs('/a//../b', '/b'),
  seenAs('/...', '/...'),
  seenAs('/.a/..b/c..', '/.a/..b/c..'),
  seenAs('/%61%7e%2D', '/a~-'),
  seenAs('/%c3%a9%3f%23', '/%C3%A9%3F%23'),
  seenAs('/%25%32%65%252e%252f', '/%252e%252e%252f'),
  seenAs('/a"<>^`{|}b', '/a%22%3C%3E%5E%60%7B%7C%7Db'),
  seenAs('/a;b=c/d;e', '/a;b=c/d;e'),
  seenAs("/!$&'()*+,;=:@-._~", "/!$&'()*+,;=:@-._~"),
  seenAs('/http://b.test/p', '/http:/b.test/p'),
  seenAs('/@b.test/p', '/@b.test/p'),
  seenAs('/:80/p', '/:80/p'),
  seenAs('/a%20b%0d%0aX:%20y', '/a%20b%0D%0AX:%20y'),
]);

checkRows('queries, which are forwarded unchanged', [
  seenAs('/p?', '/p?'),
  seenAs('/p?a=b&c=d', '/p?a=b&c=d'),
  seenAs('/p?a=%2e%2e/..//%2F%5c', '/p?a=%2e%2e/..//%2F%5c'),
  seenAs('/p?a?b=/../c', '/p?a?b=/../c'),
  seenAs('/p?"<>\\^`{|}', '/p?"<>\\^`{|}'),
  seenAs('/..?../..', '/?../..'),
  seenAs('/p?a=%0d%0aX:%20y', '/p?a=%0d%0aX:%20y'),
  seenAs('/p?http://b.test/', '/p?http://b.test/'),
]);

checkRows('targets that two parsers could read differently', [
  ...[
    '/a%2Fb',
    '/a%2fb',
    '/%2f',
    '/a%5Cb',
    '/a%5cb',
    '/..%2fa',
    '/%2e%2e%2fa',
    '/a%5c..%5cb',
    '/a%00b',
    '/%00',
    '/p?a=%00',
    '/a%',
    '/a%z',
    '/a%4',
    '/a%zz',
    '/a%0',
    '/a%u0041',
    '/p?%',
    '/p?%zz',
    '/p?a=%4',
  ].map(refusedTarget),
  ...['/..;/a', '/a/..;x=y/b', '/.;/a', '/a/.;a=b', '/a/%2e%2e;/b', '/..;'].map(refusedTarget),
  ...['/a\\b', '/\\..\\a', '/..\\a'].map(refusedTarget),
  ...['/a#b', '/#', '/p?a#b', '#'].map((target) => refused(target, get(target), 'invalid_target')),
  ...['/\xe9', '/\xc0\xae\xc0\xae/a', '/\xff', '/p?\xe9', '/a\x80b'].map((target) =>
    refused(JSON.stringify(target), get(target), 'invalid_target'),
  ),
  ...['/a\x01b', '/a\0b', '/a\x0bb', '/a\x1b', '/a\x7f'].map((target) =>
    refused(JSON.stringify(target), get(target), 'malformed_request'),
  ),
]);

checkRows('encoded slashes when the route keeps them', [
  seenAs('/kept/a%2Fb', '/kept/a%2Fb'),
  seenAs('/kept/a%2fb%5cc?q=%2f', '/kept/a%2Fb%5Cc?q=%2f'),
  seenAs('/kept/%2f%2F', '/kept/%2F%2F'),
  seenAs('/x/../kept/./%61%2fb', '/kept/a%2Fb'),
  seenAs('/kept/a%252Fb', '/kept/a%252Fb'),
  // Paths that only one of two parsers would match to the route.
  ...[
    '/kept%2Fa',
    '/%2Fkept/a%2Fb',
    '/kept/..%2fkeyed',
    '/kept/%2e%2e%5ckeyed',
    '/kept/a%2f../b',
    '/kept/%00%2F',
    '/kept/../p/a%2Fb',
  ].map(refusedTarget),
]);
