import { z } from 'zod';

const earliestMs = Date.UTC(1970, 0, 1);
const afterLatestMs = Date.UTC(10_000, 0, 1);

/**
 * An RFC 3339 instant from 1970 to 9999 in UTC, with at most nine fraction digits, so that every
 * reader can represent it. Each check aborts: a text gets one error, the first that applies.
 */
export const Instant = z.iso
  .datetime({ offset: true, abort: true })
  .refine((text) => !/\.\d{10}/.test(text), {
    error: 'must have at most nine digits in the fraction of a second',
    abort: true,
  })
  .max(40, { abort: true })
  .refine((text) => {
    const timeMs = Date.parse(text);
    return timeMs >= earliestMs && timeMs < afterLatestMs;
  }, 'must be an instant from 1970 to 9999 in UTC');
