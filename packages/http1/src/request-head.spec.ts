import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { faultOfHead } from './request-head.ts';

const head = (rawHeaders: readonly string[], url = '/a', method = 'GET', httpVersionMinor = 1) =>
  faultOfHead({ method, url, httpVersionMinor, rawHeaders })?.code;

describe('faultOfHead', () => {
  it.each<[string | undefined, readonly string[]]>([
    [undefined, ['Host', 'a']],
    [undefined, ['host', 'a.example:8001', 'Accept', 'x', 'Accept', 'y']],
    [undefined, ['Host', '[::1]:80', 'Transfer-Encoding', 'chunked']],
    ['missing_host', ['Accept', 'x']],
    ['repeated_host', ['Host', 'a', 'Host', 'a']],
    ['invalid_host', ['Host', 'a b/c@d']],
    ['invalid_host', ['Host', 'a,b']],
    ['invalid_host', ['Host', '']],
    [
      'repeated_authorization',
      ['Host', 'a', 'Authorization', 'Bearer x', 'authorization', 'Bearer y'],
    ],
    ['repeated_content_length', ['Host', 'a', 'Content-Length', '1', 'Content-Length', '1']],
    ['length_and_coding', ['Host', 'a', 'Content-Length', '1', 'Transfer-Encoding', 'chunked']],
    ['invalid_content_length', ['Host', 'a', 'Content-Length', '+1']],
    ['unmet_expectation', ['Host', 'a', 'Expect', 'the unexpected']],
    [
      'too_many_header_lines',
      ['Host', 'a', ...Array.from({ length: 101 }, (_, index) => [`X-${index}`, '1']).flat()],
    ],
  ])('finds %s', (code, rawHeaders) => {
    expect(head(rawHeaders)).toBe(code);
  });

  it.each<[string | undefined, string, string]>([
    [undefined, '/v1/services?limit=1', 'GET'],
    [undefined, 'http://a/v1', 'GET'],
    ['host_disagrees', 'http://b/v1', 'GET'],
    ['encoded_nul', '/%00', 'GET'],
    ['invalid_percent_escape', '/%zz', 'GET'],
    ['fragment_in_target', '/a#b', 'GET'],
    ['invalid_target_character', '/\u00e9', 'GET'],
    ['invalid_target_form', '*', 'GET'],
    ['invalid_target_form', 'a', 'GET'],
  ])('finds %s in %s', (code, url, method) => {
    expect(head(['Host', 'a'], url, method)).toBe(code);
  });

  it('refuses a value that holds the end of the head', () => {
    expect(head(['Host', 'a', 'X', 'y\r\n\r\nGET / HTTP/1.1'])).toBeDefined();
  });

  it('reads what node:http gives', async () => {
    const seen: unknown[] = [];
    const server = createServer((request, response) => {
      seen.push(faultOfHead(request));
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a%20b?c=d`, {
      method: 'POST',
      body: 'x',
      headers: { 'X-Text': 'caf\u00e9' },
    });
    await new Promise((resolve) => server.close(resolve));
    expect(seen).toEqual([undefined]);
  });
});
