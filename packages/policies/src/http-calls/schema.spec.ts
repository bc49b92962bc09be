import { describe, expect, it } from '@jest/globals';
import { secretPaths } from '@sluice/schema';
import { externalAuthSchema } from '../external-auth/schema.ts';
import { httpLogSchema } from '../http-log/schema.ts';

describe.each([externalAuthSchema, httpLogSchema])('the headers of $name', ({ config }) => {
  const faults = (headers: Record<string, string>) =>
    config
      .safeParse({ url: 'https://a.test/', headers })
      .error?.issues.map(({ path }) => path.join('/'));

  it.each(['a\r\nb: c', 'a\nb', 'a\0', ' a', 'a ', 'é', '\u007f', ''])(
    'refuse the value %j, and do not repeat it',
    (value) => {
      expect(faults({ 'X-Fine': 'fine', 'X-Token': value })).toEqual(['headers/X-Token']);
      const long = `s3cret${value}\n`;
      const { error } = config.safeParse({ url: 'https://a.test/', headers: { 'X-T': long } });
      expect(error?.message).not.toContain('s3cret');
    },
  );

  it.each(['Content-Length', 'Transfer_Encoding', 'Host', 'connection', 'a b', 'é', ''])(
    'refuse the name %j',
    (name) => {
      expect(faults({ [name]: 'value' })).toEqual([`headers/${name}`]);
    },
  );

  it('refuse a name in two spellings', () => {
    expect(faults({ 'X-Token': 'a', 'x-token': 'b' })).toEqual(['headers/x-token']);
  });

  it('accept values as a call sends them, and as they are stored', () => {
    const stored = `sealed:v1:${'0'.repeat(16)}:${'f'.repeat(16)}:${'A_-'.repeat(2_000)}`;
    expect(faults({ Authorization: 'Bearer a\tb~', 'X-Stored': stored })).toBeUndefined();
    expect(secretPaths(config).map((path) => path.join('/'))).toEqual(['headers/*']);
  });
});

describe('the headers of external-auth', () => {
  it.each(['X-Forwarded-For', 'x_forwarded_for', 'X-Consumer-Id', 'traceparent', 'X-Request-Id'])(
    'refuse %s, which the gateway writes',
    (name) => {
      const config = { url: 'https://a.test/', headers: { [name]: 'x' } };
      expect(externalAuthSchema.config.safeParse(config).error?.issues).toMatchObject([
        { path: ['headers', name] },
      ]);
    },
  );
});
