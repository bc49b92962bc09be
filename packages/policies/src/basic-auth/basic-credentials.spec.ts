import { HeaderList } from '@sluice/http1';
import { describe, expect, it } from '@jest/globals';
import { FieldName } from '@sluice/policy-sdk';
import { basicCredentialsOf } from './basic-credentials.ts';

const authorization = new FieldName('authorization');
const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');
const read = (...values: string[]) =>
  basicCredentialsOf(
    HeaderList.of(values.map((value): [string, string] => ['Authorization', value])),
    authorization,
  );

describe('basicCredentialsOf', () => {
  it.each([
    // The examples of RFC 7617, sections 2 and 2.1.
    ['Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==', 'Aladdin', 'open sesame'],
    ['Basic dGVzdDoxMjPCow==', 'test', '123£'],
    [`basic ${base64('a:b')}`, 'a', 'b'],
    [`BASIC   ${base64('a:b:c:')}`, 'a', 'b:c:'],
    [`Basic ${base64('a: b ')}`, 'a', ' b '],
    [`Basic ${base64('jürgen:pässword')}`, 'jürgen', 'pässword'],
    [`Basic ${base64('a:b').replace(/=+$/, '')}`, 'a', 'b'],
    [`Basic ${base64('a:\ufeffb')}`, 'a', '\ufeffb'],
  ])('reads %s', (value, username, password) => {
    expect(read(value)).toEqual({ username, password });
    expect(read(value, value)).toEqual({ username, password });
    expect(read('Bearer t', value)).toEqual({ username, password });
  });

  it.each([
    [[]],
    [['Bearer abc']],
    [['Basically abc']],
    [['Basic-Plus abc']],
    [['Basic.x']],
    [['Basic_ zz']],
    [['Digest username="a"']],
  ])('finds none in %j', (values) => {
    expect(read(...values)).toBeUndefined();
  });

  it.each([
    'Basic',
    'Basic ',
    'Basic\tzz',
    'BASIC\t',
    `basic\t${base64('a:b')}`,
    `Basic,${base64('a:b')}`,
    'Basic=zz',
    'Basic"',
    'Basic\u00a0zz',
    'Basic !!!',
    `Basic ${base64('no colon')}`,
    `Basic ${base64(':no user')}`,
    `Basic ${base64('user:')}`,
    `Basic ${base64('a\u0000b:c')}`,
    `Basic ${base64('a:b\nc')}`,
    `Basic ${base64('a:b\u007f')}`,
    `Basic ${base64(Buffer.from([0x61, 0x3a, 0xff]))}`,
    `Basic ${base64(Buffer.from([0x61, 0x3a, 0xc0, 0x80]))}`,
    `Basic ${base64('a:b')} extra`,
    `Basic ${base64('a:b')},Basic ${base64('a:b')}`,
    // Its last bits are not zero: decoders disagree about such text.
    'Basic YWE6Yh==',
    'Basic YTpiIQ-_',
    `Basic ${base64(`${'u'.repeat(256)}:p`)}`,
    `Basic ${base64(`u:${'p'.repeat(1_025)}`)}`,
    `Basic ${'QUFB'.repeat(4_000)}`,
  ])('refuses %s', (value) => {
    expect(read(value)).toBe('invalid');
  });

  it('refuses two different ones', () => {
    expect(read(`Basic ${base64('a:b')}`, `Basic ${base64('a:c')}`)).toBe('invalid');
  });
});
