import { charCodeAt } from '../char-code.ts';

/** The parts of a valid `traceparent`. */
export interface Traceparent {
  readonly traceId: string;
  /** Id of the caller's span. */
  readonly parentSpanId: string;
  readonly sampled: boolean;
  /**
   * The right-most seven bytes of the trace id are random (W3C Trace Context Level 2, section
   * 2.2.2.5.2).
   */
  readonly random: boolean;
  /** The field equals the result of {@link formatTraceparent} for the other properties. */
  readonly isOfVersion00: boolean;
}

/**
 * The number of characters of a field of version 00, and of the part of later versions that is
 * understood.
 */
const knownChars = 55;
const dash = 0x2d;
const zero = 0x30;
const lowerF = 0x66;
const sampledFlag = 0x01;
const randomFlag = 0x02;

/**
 * Parses a `traceparent` field (W3C Trace Context, sections 3.2 and 4.3): lower-case hex, ids that
 * are not all zero, never version ff. Version 00 has exactly four parts; of a later version the
 * first four are read and more may follow. Returns undefined for anything else: then a new trace
 * starts, and `tracestate` must not be forwarded.
 */
export function parseTraceparent(value: string): Traceparent | undefined {
  const { length } = value;
  if (
    length < knownChars ||
    charCodeAt(value, 2) !== dash ||
    charCodeAt(value, 35) !== dash ||
    charCodeAt(value, 52) !== dash
  )
    return undefined;
  if (
    !isHex(value, 0, 2) ||
    !isHex(value, 3, 35) ||
    !isHex(value, 36, 52) ||
    !isHex(value, 53, knownChars)
  )
    return undefined;
  if (isAll(lowerF, value, 0, 2) || isAll(zero, value, 3, 35) || isAll(zero, value, 36, 52))
    return undefined;
  const isVersion00 = isAll(zero, value, 0, 2);
  if (length > knownChars && (isVersion00 || charCodeAt(value, knownChars) !== dash))
    return undefined;
  const digit = charCodeAt(value, knownChars - 1);
  // `a` stands for 10, and its character code is 0x61.
  const flags = digit <= 0x39 ? digit - zero : digit - 0x61 + 10;
  return {
    traceId: value.slice(3, 35),
    parentSpanId: value.slice(36, 52),
    sampled: (flags & sampledFlag) !== 0,
    random: (flags & randomFlag) !== 0,
    isOfVersion00:
      isVersion00 &&
      charCodeAt(value, knownChars - 2) === zero &&
      flags <= (sampledFlag | randomFlag),
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

/** The last two characters of a field, by the value of its flags. */
const flagsText = ['-00', '-01', '-02', '-03'] as const;

/**
 * Writes a `traceparent` field of version 00. Flags other than `sampled` and `random` are not
 * defined and must be sent as zero (W3C Trace Context Level 2, section 2.2.2.5.3).
 */
export function formatTraceparent(
  traceId: string,
  spanId: string,
  sampled: boolean,
  random: boolean,
): string {
  return '00-' + traceId + '-' + spanId + flagsText[sampled ? (random ? 3 : 1) : random ? 2 : 0];
}
