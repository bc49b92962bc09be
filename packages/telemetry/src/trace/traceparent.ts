import { charCodeAt } from '../char-code.ts';

/** What a valid `traceparent` says. */
export interface Traceparent {
  readonly traceId: string;
  /** Id of the caller's span. */
  readonly parentSpanId: string;
  readonly sampled: boolean;
  /** It is what {@link formatTraceparent} would make of the rest. */
  readonly isOfVersion00: boolean;
}

/** Characters of a field of version 00, and of the part of later versions that is understood. */
const knownChars = 55;
const dash = 0x2d;
const zero = 0x30;
const lowerF = 0x66;

/**
 * Reads a `traceparent` field (W3C Trace Context, sections 3.2 and 4.3): lower-case hex, ids that are not all zero, never
 * version ff. Version 00 has exactly four parts; of a later version the first four are read and more may follow. Answers
 * undefined for anything else: the trace then starts anew, and `tracestate` must not be passed on.
 */
export function parseTraceparent(value: string): Traceparent | undefined {
  const { length } = value;
  if (length < knownChars || charCodeAt(value, 2) !== dash || charCodeAt(value, 35) !== dash || charCodeAt(value, 52) !== dash) return undefined;
  if (!isHex(value, 0, 2) || !isHex(value, 3, 35) || !isHex(value, 36, 52) || !isHex(value, 53, knownChars)) return undefined;
  if (isAll(lowerF, value, 0, 2) || isAll(zero, value, 3, 35) || isAll(zero, value, 36, 52)) return undefined;
  const isVersion00 = isAll(zero, value, 0, 2);
  if (length > knownChars && (isVersion00 || charCodeAt(value, knownChars) !== dash)) return undefined;
  const flags = charCodeAt(value, knownChars - 1);
  return {
    traceId: value.slice(3, 35),
    parentSpanId: value.slice(36, 52),
    // The sampled flag is the lowest bit of the last digit; `a`, which stands for 10, is an odd character.
    sampled: (flags <= 0x39 ? flags : flags + 1) % 2 !== 0,
    isOfVersion00: isVersion00 && charCodeAt(value, knownChars - 2) === zero && flags <= zero + 1,
  };
}

function isHex(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const code = charCodeAt(text, at);
    if (code < zero || code > lowerF || (code > 0x39 && code < 0x61)) return false;
  }
  return true;
}

function isAll(code: number, text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (charCodeAt(text, at) !== code) return false;
  return true;
}

/** Writes a `traceparent` field of version 00. Of the flags only `sampled` is known to that version. */
export function formatTraceparent(traceId: string, spanId: string, sampled: boolean): string {
  return '00-' + traceId + '-' + spanId + (sampled ? '-01' : '-00');
}
