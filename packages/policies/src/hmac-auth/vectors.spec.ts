import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import * as library from 'http-message-sig';
import { HeaderList } from '@sluice/http1';
import { matchesContentDigest, matchesDigest } from './content-digest.ts';
import { authorizationSignature } from './authorization-form.ts';
import { messageSignature } from './message-form.ts';
import { isFault, macOf, type PresentedSignature } from './signature.ts';

/** RFC 9421 section B.1.5: test-shared-secret. */
const sharedSecret = Buffer.from(
  'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==',
  'base64',
);
const digest512 =
  'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:';

/** RFC 9421 section B.2: test-request. */
const testRequest = (input: string, signature: string) => ({
  method: 'POST',
  scheme: 'https' as const,
  host: 'example.com',
  rawTarget: '/foo?param=Value&Pet=dog',
  headers: HeaderList.of([
    ['Host', 'example.com'],
    ['Date', 'Tue, 20 Apr 2021 02:07:55 GMT'],
    ['Content-Type', 'application/json'],
    ['Content-Digest', digest512],
    ['Content-Length', '18'],
    ['Signature-Input', input],
    ['Signature', signature],
  ]),
});
const read = async (input: string, signature: string): Promise<PresentedSignature> => {
  const result = await messageSignature(library, testRequest(input, signature), undefined);
  if (isFault(result)) throw new Error(result.detail);
  return result;
};
const textOf = ({ base }: PresentedSignature): string => Buffer.from(base).toString();

describe('the vectors of RFC 9421', () => {
  it('B.2.5: signing a request using hmac-sha256', async () => {
    const presented = await read(
      'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
      'sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:',
    );
    expect(textOf(presented)).toBe(
      [
        '"date": Tue, 20 Apr 2021 02:07:55 GMT',
        '"@authority": example.com',
        '"content-type": application/json',
        '"@signature-params": ("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
      ].join('\n'),
    );
    expect(macOf('hmac-sha256', sharedSecret, presented.base)).toEqual(presented.signature);
    expect([...presented.covered]).toEqual(['date', '@authority', 'content-type']);
    expect(presented).toMatchObject({
      keyId: 'test-shared-secret',
      createdMs: 1_618_884_473_000,
      algorithm: undefined,
    });
  });

  it('B.2.1 and B.2.3: the signature bases of minimal and full coverage', async () => {
    const minimal = '();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"';
    const first = await read(`sig-b21=${minimal}`, 'sig-b21=:AA==:');
    expect(textOf(first)).toBe(`"@signature-params": ${minimal}`);
    expect(first.nonce).toBe('b3k2pp5k7z-50gnwp.yemd');
    const full =
      '("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"';
    const second = await read(`sig-b23=${full}`, 'sig-b23=:AA==:');
    expect(textOf(second)).toBe(
      [
        '"date": Tue, 20 Apr 2021 02:07:55 GMT',
        '"@method": POST',
        '"@path": /foo',
        '"@query": ?param=Value&Pet=dog',
        '"@authority": example.com',
        '"content-type": application/json',
        `"content-digest": ${digest512}`,
        '"content-length": 18',
        `"@signature-params": ${full}`,
      ].join('\n'),
    );
    expect(second.covered.has('@target')).toBe(true);
  });
});

describe('the examples of RFC 9530', () => {
  const content = Buffer.from('{"hello": "world"}\n');
  const sha256 = 'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:';
  const sha512 =
    'sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:';

  it.each([
    ['one algorithm', sha256, content, true],
    ['two algorithms', `${sha256}, ${sha512}`, content, true],
    ['no content', 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:', Buffer.of(), true],
    ['an unknown algorithm as well', `unknown=:AA==:,${sha256}`, content, true],
    ['other content', sha256, Buffer.from('{"hello": "World"}\n'), false],
    ['one of two wrong', `${sha256}, sha-512=:AAAA:`, content, false],
    ['an algorithm twice', `${sha256}, ${sha256}`, content, false],
    ['an unknown algorithm alone', 'md5=:AAAA:', content, false],
    ['a broken algorithm alone', 'sha=:AAAA:', content, false],
    ['other base64', sha256.replace('Dg=:', 'Dh=:'), content, false],
    ['no padding', sha256.replace('=:', ':'), content, false],
    ['a token', 'sha-256=RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=', content, false],
    ['upper case', sha256.toUpperCase(), content, false],
    ['a parameter', `${sha256};a=1`, content, false],
    ['a member of Object', 'constructor=:AAAA:', content, false],
    ['nothing', '', content, false],
  ])('Content-Digest with %s', (_what, value, bytes, expected) => {
    expect(matchesContentDigest(value, bytes)).toBe(expected);
  });

  it('Digest has the same digests in the form of RFC 3230', () => {
    const value = createHash('sha256').update(content).digest('base64');
    expect(matchesDigest(`SHA-256=${value}`, content)).toBe(true);
    expect(matchesDigest(`sha-256=${value},MD5=AAAA`, content)).toBe(true);
    for (const wrong of [`SHA-256=:${value}:`, 'MD5=AAAA', 'SHA-256=AAAA', `SHA-256=${value}, `])
      expect(matchesDigest(wrong, content)).toBe(false);
  });
});

describe("the examples of Kong's documentation", () => {
  const presented = (headers: HeaderList): PresentedSignature => {
    const request = { method: 'GET', rawTarget: '/requests', protocol: '1.1', headers };
    const read = authorizationSignature(headers.get('authorization') ?? '', request);
    if (read === undefined || isFault(read)) throw new Error(read?.detail);
    return read;
  };

  it('are verified', () => {
    const signed = presented(
      HeaderList.of({
        Host: 'hmac.com',
        Date: 'Thu, 22 Jun 2017 17:15:21 GMT',
        Authorization:
          'hmac username="alice123", algorithm="hmac-sha256", headers="date request-line", signature="ujWCGHeec9Xd6UD2zlyxiNMCiXnDOWeVFMu5VeRUxtw="',
      }),
    );
    expect(signed.base).toBe('date: Thu, 22 Jun 2017 17:15:21 GMT\nGET /requests HTTP/1.1');
    expect(macOf('hmac-sha256', 'secret', signed.base)).toEqual(signed.signature);
    const withDigest = presented(
      HeaderList.of({
        Host: 'hmac.com',
        Date: 'Thu, 22 Jun 2017 21:12:36 GMT',
        Digest: 'SHA-256=SBH7QEtqnYUpEcIhDbmStNd1MxtHg2+feBfWc1105MA=',
        Authorization:
          'hmac username="alice123", algorithm="hmac-sha256", headers="date request-line digest", signature="gaweQbATuaGmLrUr3HE0DzU1keWGCt3H96M28sSHTG8="',
      }),
    );
    expect(macOf('hmac-sha256', 'secret', withDigest.base)).toEqual(withDigest.signature);
    expect(
      matchesDigest(
        'SHA-256=SBH7QEtqnYUpEcIhDbmStNd1MxtHg2+feBfWc1105MA=',
        Buffer.from('A small body'),
      ),
    ).toBe(true);
  });
});
