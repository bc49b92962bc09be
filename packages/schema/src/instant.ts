import { z } from 'zod';

const earliestMs = Date.UTC(1970, 0, 1);
const afterLatestMs = Date.UTC(10_000, 0, 1);

/** An RFC 3339 instant that every reader of it can hold: from 1970 to 9999 in UTC, with at most nine fraction digits. */
export const Instant = z.iso
  .datetime({ offset: true })
  .max(40)
  .refine((text) => !/\.\d{10}/.test(text), 'at most nine digits of a fraction of a second')
  .refine((text) => {
    const timeMs = Date.parse(text);
    // What is no instant at all was told before.
    return Number.isNaN(timeMs) || (timeMs >= earliestMs && timeMs < afterLatestMs);
  }, 'an instant from 1970 to 9999');
