import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { collectRequests, collectResponses } from '../testing/collect.ts';
import type { Conversation } from '../testing/collect.ts';
import { compare } from '../testing/compare.ts';
import { runDifferential } from '../testing/differential.ts';
import { collectNatively } from '../testing/llhttp.ts';
import { strictness } from '../testing/strictness.ts';
import { RequestParser, ResponseParser } from './index.ts';

describe('against the parser of Node', () => {
  it('never accepts what that one refuses, and reads what both accept alike', () => {
    const report = runDifferential(20_000, 1);
    expect(report.failures).toEqual([]);
    expect(report.failureCount).toBe(0);
    // The cases are worth something: most agree, thousands of messages are read to the end by both.
    expect(report.same).toBeGreaterThan(12_000);
    expect(report.agreedMessages).toBeGreaterThan(3_000);
    expect(report.stricter.size).toBeGreaterThan(20);
  });

  it.each(Object.entries(strictness))('is stricter by %s', (name, { request, response }) => {
    const reads = [Buffer.from(request ?? response ?? '', 'latin1')];
    const expected = [{ method: 'GET', upgradeAsked: false }];
    const isRequest = request !== undefined;
    const ours = isRequest
      ? collectRequests(new RequestParser(), reads, true)
      : collectResponses(new ResponseParser(), reads, expected, true);
    const theirs = collectNatively(reads, isRequest ? undefined : expected, !isRequest);
    expect(compare(ours, theirs, isRequest)).toEqual({ kind: 'stricter', by: name });
  });

  it('names its strictness in the README as the test does', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const rows = [...readme.matchAll(/^\| `([a-z0-9_]+)` \| (.+) \|$/gm)].map(([, name, why]) => [
      name,
      why,
    ]);
    expect(rows).toEqual(Object.entries(strictness).map(([name, { why }]) => [name, why]));
  });
});

describe('the comparison itself', () => {
  const request = [
    Buffer.from(
      'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n',
    ),
  ];
  const ours = (): Conversation => collectRequests(new RequestParser(), request, true);
  const theirs = (): Conversation => collectNatively(request, undefined, false);

  it('finds the two parsers agree about a plain conversation', () => {
    expect(ours().messages).toHaveLength(2);
    expect(theirs().messages).toHaveLength(2);
    expect(compare(ours(), theirs(), true)).toEqual({ kind: 'same' });
  });

  it.each<[string, (conversation: Conversation) => unknown]>([
    ['a body', ({ messages }) => Object.assign(messages[0] as object, { body: 'ab' })],
    ['an end', ({ messages }) => Object.assign(messages[1] as object, { ended: false })],
    ['a field', ({ messages }) => Object.assign(messages[0] as object, { fields: [] })],
    ['a trailer', ({ messages }) => Object.assign(messages[0] as object, { trailers: [] })],
    [
      'a start line',
      ({ messages }) => Object.assign(messages[0] as object, { start: 'POST /b 1.1' }),
    ],
    [
      'a closed connection',
      ({ messages }) => Object.assign(messages[0] as object, { keepAlive: false }),
    ],
    ['a further message', ({ messages }) => messages.pop()],
    [
      'a fault',
      (conversation) => Object.assign(conversation, { messages: [], fault: 'HPE_INVALID_METHOD' }),
    ],
  ])('notices %s that only the native parser reports', (_, change) => {
    const changed = theirs();
    change(changed);
    expect(compare(ours(), changed, true).kind).toBe('failure');
  });

  it('calls a fault of ours stricter only when the native parser went on', () => {
    const refused = { ...ours(), messages: ours().messages.slice(0, 1), fault: 'missing_host' };
    expect(compare(refused, theirs(), true)).toEqual({ kind: 'stricter', by: 'missing_host' });
    const both = { ...theirs(), messages: theirs().messages.slice(0, 1), fault: 'HPE_INVALID_URL' };
    expect(compare(refused, both, true)).toEqual({ kind: 'same' });
  });

  it('compares responses, told what was asked', () => {
    const reads = [
      Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nHTTP/1.1 200 OK\r\n\r\nabc'),
    ];
    const expected = [
      { method: 'HEAD', upgradeAsked: false },
      { method: 'GET', upgradeAsked: false },
    ];
    const native = collectNatively(reads, expected, true);
    expect(native.messages.map(({ body, ended }) => [body, ended])).toEqual([
      ['', true],
      ['abc', true],
    ]);
    expect(
      compare(collectResponses(new ResponseParser(), reads, expected, true), native, false),
    ).toEqual({ kind: 'same' });
  });
});
