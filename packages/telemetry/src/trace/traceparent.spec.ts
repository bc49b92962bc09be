import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length })
    .map((digits) => digits.join(''));
const id = (length: number) => hex(length).filter((digits) => !/^0+$/.test(digits));

describe('traceparent', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(
        id(32),
        id(16),
        fc.boolean(),
        fc.boolean(),
        (trace, parentSpanId, sampled, random) => {
          expect(parseTraceparent(formatTraceparent(trace, parentSpanId, sampled, random))).toEqual(
            {
              ...{ traceId: trace, parentSpanId, sampled, random, isOfVersion00: true },
            },
          );
        },
      ),
    );
  });

  it('is written as version 00 with the two known flags', () => {
    const flags = [false, true].flatMap((random) =>
      [false, true].map((sampled) => formatTraceparent(traceId, spanId, sampled, random)),
    );
    expect(flags).toEqual(
      ['00', '01', '02', '03'].map((text) => `00-${traceId}-${spanId}-${text}`),
    );
  });

  it('says sampled and random by the two lowest bits of the flags, and is passed on as it came when no other is set', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), (flags) => {
        const text = `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`;
        const expected = {
          sampled: (flags & 1) === 1,
          random: (flags & 2) === 2,
          isOfVersion00: flags <= 3,
        };
        expect(parseTraceparent(text)).toMatchObject(expected);
      }),
    );
  });

  it.each([
    ['a later version', `01-${traceId}-${spanId}-05`],
    ['a later version with more parts', `cc-${traceId}-${spanId}-01-what-the-future-holds`],
    ['a later version with an empty part more', `fe-${traceId}-${spanId}-01-`],
  ])('of %s is read as far as it is known', (_, text) => {
    expect(parseTraceparent(text)).toEqual({
      traceId,
      parentSpanId: spanId,
      sampled: true,
      random: false,
      isOfVersion00: false,
    });
  });

  it.each([
    ['empty', ''],
    ['version ff', `ff-${traceId}-${spanId}-01`],
    ['version 00 with more', `00-${traceId}-${spanId}-01-more`],
    ['version 00 with a trailing dash', `00-${traceId}-${spanId}-01-`],
    ['a later version with more that is not set off', `01-${traceId}-${spanId}-01.more`],
    ['upper-case trace id', `00-${traceId.toUpperCase()}-${spanId}-01`],
    ['upper-case parent id', `00-${traceId}-${spanId.toUpperCase()}-01`],
    ['upper-case flags', `00-${traceId}-${spanId}-0A`],
    ['upper-case version', `0A-${traceId}-${spanId}-01`],
    ['trace id of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['parent id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['short trace id', `00-${traceId.slice(1)}-${spanId}-01`],
    ['long trace id', `00-${traceId}0-${spanId}-01`],
    ['short parent id', `00-${traceId}-${spanId.slice(1)}-01`],
    ['no flags', `00-${traceId}-${spanId}`],
    ['short flags', `00-${traceId}-${spanId}-1`],
    ['letters that are not hex', `00-${traceId.replace('f', 'g')}-${spanId}-01`],
    ['other separators', `00_${traceId}_${spanId}_01`],
    ['space around it', ` 00-${traceId}-${spanId}-01 `],
    ['two of them', `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`],
    ['a line feed at the end', `00-${traceId}-${spanId}-01\n`],
  ])('is refused when it is wrong: %s', (_, text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });

  it('is refused, never misread, when it is anything else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseTraceparent(text)).toBeUndefined();
      }),
    );
  });
});
