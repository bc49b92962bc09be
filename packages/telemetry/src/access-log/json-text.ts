import { charCodeAt } from '../char-code.ts';

/**
 * Characters that a JSON string must escape: controls, quote, backslash (RFC 8259 section 7) and
 * lone surrogates, which UTF-8 cannot encode. DEL, the C1 controls and the Unicode line separators
 * are escaped as well: terminals interpret the former, and some line readers break lines at the
 * latter.
 */
const unsafe = /[\u0000-\u001f"\\\u007f-\u009f\u2028\u2029\ud800-\udfff]/;

const unsafeForTerminals = /[\u007f-\u009f\u2028\u2029]/g;

const escape = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** 1: printable ASCII that needs no escape. */
const plain = Uint8Array.from({ length: 128 }, (_, code) =>
  code >= 0x20 && code < 0x7f && code !== 0x22 && code !== 0x5c ? 1 : 0,
);

/** Almost every text is plain, and this loop detects that faster than a regular expression. */
function isPlain(text: string): boolean {
  const { length } = text;
  for (let at = 0; at < length; at++) if (plain[charCodeAt(text, at)] !== 1) return false;
  return true;
}

/**
 * A string in the form between the quotes of a JSON string. `JSON.parse` returns the same string.
 */
export function jsonText(text: string): string {
  if (isPlain(text)) return text;
  if (!unsafe.test(text)) return text;
  // JSON.stringify is well-formed: it escapes lone surrogates and leaves pairs alone.
  return JSON.stringify(text).slice(1, -1).replace(unsafeForTerminals, escape);
}

/**
 * The fractions of three decimals as text, without trailing zeros: a look-up is faster than V8's
 * formatting of a fraction.
 */
const decimals = Array.from({ length: 1_000 }, (_, thousandths) =>
  thousandths === 0 ? '' : `.${String(thousandths).padStart(3, '0').replace(/0+$/, '')}`,
);

/**
 * A duration as a JSON number with at most three decimals. A negative one is 0, one that is not
 * finite is null.
 */
export function jsonDuration(durationMs: number): string {
  if (!Number.isFinite(durationMs)) return 'null';
  const thousandths = Math.round(Math.max(0, durationMs) * 1_000);
  const whole = Math.floor(thousandths / 1_000);
  return whole + decimals[thousandths - whole * 1_000]!;
}
