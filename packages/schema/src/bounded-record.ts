import { z } from 'zod';

/**
 * A map with at most `maxMembers` members. Keys are strings of bounded length; further rules for
 * keys belong in a `superRefine`, so that each fault names its key.
 */
export function boundedRecord<Value extends z.ZodType>(
  value: Value,
  maxMembers: number,
  maxKeyLength = 128,
) {
  return z
    .record(z.string().max(maxKeyLength), value)
    .refine((members) => Object.keys(members).length <= maxMembers, {
      message: `at most ${maxMembers} members are allowed`,
      abort: true,
    })
    .meta({ maxProperties: maxMembers });
}
