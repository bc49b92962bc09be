import { definePolicy, deny, FieldName } from '@sluice/policy-sdk';
import { botDetectionSchema } from './schema.ts';
import { TextPatterns } from './text-patterns.ts';

/** Decisions that are kept: most requests of an API come with few different values. */
const maxKept = 1_000;
const maxKeptLength = 512;

export const botDetection = definePolicy({
  schema: botDetectionSchema,
  compile({ deny: denied, allow, allowMissing }) {
    const userAgent = new FieldName('user-agent');
    const deniedTexts = new TextPatterns(denied);
    const allowedTexts = new TextPatterns(allow);
    const refusal = deny(
      botDetectionSchema.errors.user_agent_denied,
      'Ask the operator for access to this API.',
      [],
      'denied',
    );
    const kept = new Map<string, boolean>();

    const isDenied = (value: string): boolean => {
      const known = kept.get(value);
      if (known !== undefined) return known;
      const text = value.toLowerCase();
      const result = deniedTexts.match(text) && !allowedTexts.match(text);
      if (value.length <= maxKeptLength) {
        if (kept.size >= maxKept) kept.clear();
        kept.set(value, result);
      }
      return result;
    };

    return {
      receive({ headers }) {
        if (!headers.has(userAgent)) return allowMissing ? undefined : refusal;
        // Each of several fields may be the one that an application reads.
        for (const value of headers.getAll(userAgent)) {
          if (value.trim() === '' ? !allowMissing : isDenied(value)) return refusal;
        }
        return undefined;
      },
    };
  },
});
