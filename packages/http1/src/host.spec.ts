import { describe, expect, it } from '@jest/globals';
import { normalizeHost } from './index.ts';
import type { Http1FaultCode } from './index.ts';

describe('normalising a host', () => {
  it.each<[string, string, number | undefined]>([
    ['a', 'a', undefined],
    ['API.Example.COM', 'api.example.com', undefined],
    ['example.com.', 'example.com', undefined],
    ['example.com.:8443', 'example.com', 8443],
    ['example.com:1', 'example.com', 1],
    ['a:', 'a', undefined],
    ['A.test.:', 'a.test', undefined],
    ['[::1]:', '[::1]', undefined],
    ['127.0.0.1:', '127.0.0.1', undefined],
    ['example.com:65535', 'example.com', 65535],
    ['my_service', 'my_service', undefined],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example', undefined],
    ['127.0.0.1:80', '127.0.0.1', 80],
    ['[::1]', '[::1]', undefined],
    ['[::1]:8080', '[::1]', 8080],
    ['[2001:DB8:0:0:0:0:0:1]', '[2001:db8::1]', undefined],
    ['[::ffff:192.0.2.1]', '[::ffff:c000:201]', undefined],
    [`${'a'.repeat(63)}.b`, `${'a'.repeat(63)}.b`, undefined],
    [`${'a.'.repeat(126)}a`, `${'a.'.repeat(126)}a`, undefined],
  ])('%s', (value, host, port) => {
    expect(normalizeHost(value)).toEqual({ host, port });
  });

  it.each<[Http1FaultCode, string]>([
    ['invalid_host', ''],
    ['invalid_host', '.'],
    ['invalid_host', 'a..b'],
    ['invalid_host', '.a'],
    ['invalid_host', 'a..'],
    ['invalid_host', 'a b'],
    ['invalid_host', 'a/b'],
    ['invalid_host', 'a\\b'],
    ['invalid_host', 'a?b'],
    ['invalid_host', 'a#b'],
    ['invalid_host', 'a,b'],
    ['invalid_host', 'user@a'],
    ['invalid_host', 'user:password@a:80'],
    ['invalid_host', 'a%2eb'],
    ['invalid_host', 'caf\xe9'],
    ['invalid_host', 'a\0'],
    ['invalid_host', '*.a'],
    ['invalid_host', `${'a'.repeat(64)}.b`],
    ['invalid_host', `${'a.'.repeat(127)}a`],
    ['invalid_host', '::1:80'],
    ['invalid_host', '[]'],
    ['invalid_host', '[::1'],
    ['invalid_host', '[::1]]'],
    ['invalid_host', '[:::1]'],
    ['invalid_host', '[1:2:3:4:5:6:7:8:9]'],
    ['invalid_host', '[fe80::1%25eth0]'],
    ['invalid_host', '[v1.a]'],
    ['invalid_host', '[::1]a:80'],
    ['invalid_host', ':'],
    ['invalid_host', 'a::'],
    ['invalid_host', '[::1]::'],
    ['invalid_port', 'a:0'],
    ['invalid_port', 'a:080'],
    ['invalid_port', 'a:65536'],
    ['invalid_port', 'a:100000'],
    ['invalid_port', 'a:8a'],
    ['invalid_port', 'a:+80'],
    ['invalid_port', 'a: 80'],
    ['invalid_port', '[::1]x'],
    ['invalid_host', '::'],
    ['invalid_host', '::1:'],
  ])('%s: %j', (code, value) => {
    expect(normalizeHost(value)).toMatchObject({ code });
  });
});
