import { describe, expect, it } from '@jest/globals';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import { requestHeaders } from './policy.ts';

const fault = (config: object): string => {
  try {
    new PolicyTester(requestHeaders, config);
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
};

describe('request-headers', () => {
  it.each([
    ['a chain', { 'x-b': 'x-c', 'x-a': 'x-b' }, { 'x-b': '1', 'x-c': '2' }],
    ['a chain, written the other way', { 'x-a': 'x-b', 'x-b': 'x-c' }, { 'x-b': '1', 'x-c': '2' }],
    ['a swap', { 'X-A': 'x-b', 'X-B': 'x-a' }, { 'x-b': '1', 'x-a': '2' }],
  ])('renames by the names that the request came with: %s', async (_, rename, expected) => {
    const { forwarded } = await new PolicyTester(requestHeaders, { rename }).send({
      headers: [
        ['x-a', '1'],
        ['x-b', '2'],
      ],
    });
    const entries = forwarded?.headers.entries() ?? [];
    expect(Object.fromEntries(entries.filter(([name]) => /^x-[abc]$/.test(name)))).toEqual(
      expected,
    );
  });

  it('removes, renames, sets and adds, in this order', async () => {
    const tester = new PolicyTester(requestHeaders, {
      add: { 'X-Old': 'added', Accept: 'text/plain' },
      set: { 'X-New': 'set', 'X-Stage': 'prod' },
      rename: { 'x-old': 'X-New', 'X-Tenant': 'X-Shop' },
      remove: ['Cookie', 'x-shop'],
    });
    const { forwarded, response } = await tester.send({
      headers: [
        ['cookie', 'a=b'],
        ['X-OLD', 'one'],
        ['X-Old', 'two'],
        ['X-Tenant', 'acme'],
        ['X-Shop', 'claimed'],
        ['Accept', '*/*'],
      ],
      upstream: { headers: { Cookie: 'kept' } },
    });
    expect(forwarded?.headers.entries()).toEqual([
      ['x-new', 'set'],
      ['x-shop', 'acme'],
      ['accept', '*/*'],
      ['x-stage', 'prod'],
      ['x-old', 'added'],
      ['accept', 'text/plain'],
    ]);
    expect(response.headers.get('cookie')).toBe('kept');
  });

  it('does nothing when the configuration is empty', async () => {
    const { forwarded } = await new PolicyTester(requestHeaders, {}).send({ headers: { A: 'b' } });
    expect(forwarded?.headers.entries()).toEqual([['a', 'b']]);
  });

  it.each([
    ['Connection', 'belongs to the connection: the gateway writes it'],
    ['Transfer-Encoding', 'belongs to the connection: the gateway writes it'],
    ['content-length', 'belongs to the connection: the gateway writes it'],
    ['Host', 'is set by the "rewrite" of the route'],
    ['Expect', 'is answered by the gateway'],
    ['X-Consumer-Id', 'is how the gateway tells upstreams who calls: it cannot be changed'],
    ['x_consumer.groups', 'is how the gateway tells upstreams who calls: it cannot be changed'],
    ['X-Credential-Id', 'is how the gateway tells upstreams who calls: it cannot be changed'],
    ['X-Forwarded-For', 'is how the gateway tells upstreams who calls: it cannot be changed'],
    ['traceparent', 'is how the gateway tells upstreams who calls: it cannot be changed'],
  ])('leaves %s to the gateway', (name, reason) => {
    expect(fault({ remove: ['Accept', name] })).toContain(`/remove/1: ${name} ${reason}`);
    expect(fault({ set: { [name]: 'x' } })).toContain(`/set/${name}: ${name} ${reason}`);
    expect(fault({ add: { [name]: 'x' } })).toContain(`/add/${name}: ${name} ${reason}`);
    expect(fault({ rename: { [name]: 'X-Other' } })).toContain(
      `/rename/${name}: ${name} ${reason}`,
    );
    expect(fault({ rename: { 'X-Other': name } })).toContain(`/rename/X-Other: ${name} ${reason}`);
  });

  it('names all faults at once, by pointer', () => {
    const message = fault({
      set: { 'not a name': 'x', 'X-Value': 'line\r\nbreak' },
      add: { 'X-Twice': '1', 'x-twice': '2' },
      rename: { A: 'b c' },
      unset: [],
    });
    expect(message).toContain('/set/X-Value: not a header value');
    expect(message).toContain('/add/x-twice: x-twice is listed twice');
    expect(message).toContain('/rename/A: not a header name');
    expect(message).toContain('/unset: ');
    expect(fault({ set: { 'not a name': 'x' } })).toContain('/set/not a name: not a header name');
    expect(
      fault({
        set: Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`X-${index}`, ''])),
      }),
    ).toContain('/set: at most 100 members');
  });
});
