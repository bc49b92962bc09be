/**
 * The field names that this package knows by number. A known name is found from its bytes with one
 * table look-up and one comparison, and a HeaderList keeps the position of the first field of each,
 * so that `get('host')` is a table look-up too. All other names have the number 0 and are found by
 * comparison.
 *
 * Invariant: no two names share a slot of the table; loading this module fails when a new name
 * collides.
 */
import { LOWER } from './byte-classes.ts';
import { requireName, requireValue } from './field-syntax.ts';
import { latin1 } from './latin1.ts';

const NAMES = [
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'authorization',
  'cookie',
  'set-cookie',
  'user-agent',
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-type',
  'content-encoding',
  'date',
  'server',
  'location',
  'etag',
  'vary',
  'origin',
  'referer',
  'via',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-real-ip',
  'x-request-id',
  'x-api-key',
  'traceparent',
  'tracestate',
  'retry-after',
  'x-consumer-id',
  'x-consumer-username',
  'x-consumer-custom-id',
  'x-consumer-groups',
  'x-credential-id',
  'apikey',
  'ratelimit',
  'ratelimit-policy',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
] as const;

export type KnownName = (typeof NAMES)[number];

/** The number of known names, plus one for the 0 of unknown names. */
export const FIELD_NUMBERS = NAMES.length + 1;

const TABLE_SIZE = 512;
const numberByText = new Map<string, number>();
const numberBySlot = new Uint8Array(TABLE_SIZE);
const nameOffset = new Uint16Array(FIELD_NUMBERS);
const nameLength = new Uint8Array(FIELD_NUMBERS);
const nameBytes = new Uint8Array(NAMES.reduce((total, name) => total + name.length, 0));

/**
 * Setting bit 0x20 lower-cases a letter and does not change digits and `-`: sufficient for a slot,
 * not for a comparison.
 */
function slotOf(length: number, first: number, beforeLast: number): number {
  return (length + (first | 0x20) * 3 + (beforeLast | 0x20) * 16) & (TABLE_SIZE - 1);
}

fillTables();

function fillTables(): void {
  let filled = 0;
  NAMES.forEach((name, index) => {
    const slot = slotOf(name.length, name.charCodeAt(0), name.charCodeAt(name.length - 2));
    if (numberBySlot[slot] !== 0)
      throw new Error(`field name "${name}" collides: choose other factors in slotOf`);
    numberBySlot[slot] = index + 1;
    numberByText.set(name, index + 1);
    numberByText.set(titleCase(name), index + 1);
    nameOffset[index + 1] = filled;
    nameLength[index + 1] = name.length;
    for (let at = 0; at < name.length; at++) nameBytes[filled++] = name.charCodeAt(at);
  });
}

/** The number of a known name. */
export function numberOfKnown(name: KnownName): number {
  return numberByText.get(name) ?? 0;
}

/** The number of a name written `like-this` or `Like-This`; 0 when it is not a known one. */
export function numberOfName(name: string): number {
  return numberByText.get(name) ?? 0;
}

/**
 * The name of a field that the gateway reads or writes in every message, resolved once. A
 * `HeaderList` that gets it instead of a string need not resolve it again.
 */
export class FieldName {
  readonly number: number;
  /** In lower case. */
  readonly lower: string;
  /** The beginning of its line, including `: `. */
  readonly prefix: string;
  private readonly repeats: boolean;
  private readonly isGenerated: boolean;
  /** The last value that was checked; it is not checked again. */
  private lastValue: string | undefined = undefined;
  private lastLine = '';
  private isFlat = false;

  /**
   * @param name as it is to be written
   * @param options.repeats the gateway mostly writes the same value in one message after another
   * @param options.generated this process creates every value from digits and letters, so that no
   * check is needed
   * @throws TypeError when it is not a token
   */
  constructor(
    name: string,
    {
      repeats = false,
      generated = false,
    }: { readonly repeats?: boolean; readonly generated?: boolean } = {},
  ) {
    requireName(name);
    this.lower = name.toLowerCase();
    this.number = numberOfName(this.lower);
    this.prefix = `${name}: `;
    this.repeats = repeats;
    this.isGenerated = generated;
  }

  /**
   * Returns the line of a field with this name, including CRLF, when it is available as one text;
   * otherwise undefined. V8 only links the texts of a message and copies them when the message is
   * written, so fewer texts are faster. A line that occurs a second time becomes one text of its
   * own.
   *
   * @throws TypeError when the line must not contain the value: every value is checked before it is
   * sent
   */
  lineOf(value: string): string | undefined {
    if (!this.repeats) {
      if (!this.isGenerated && value !== this.lastValue) this.admit(value);
      return undefined;
    }
    if (value !== this.lastValue) {
      this.admit(value);
      this.lastLine = this.prefix + value + '\r\n';
      this.isFlat = false;
    } else if (!this.isFlat) {
      this.lastLine = latin1(Buffer.from(this.lastLine, 'latin1'), 0, this.lastLine.length);
      this.isFlat = true;
    }
    return this.lastLine;
  }

  private admit(value: string): void {
    requireValue(this.lower, value);
    this.lastValue = value;
  }
}

/** The spelling in which the gateway writes its own fields: resolved as fast as lower case. */
function titleCase(name: string): string {
  return name.replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

/** The lower-case text of a known number. */
export function nameOfNumber(number: number): string {
  return NAMES[number - 1] ?? '';
}

/**
 * The number of the name in `bytes` from `start` to `end`, case-insensitive; 0 when it is not a
 * known one.
 */
export function numberOfBytes(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < 2) return 0;
  const number = numberBySlot[
    slotOf(length, bytes[start] as number, bytes[end - 2] as number)
  ] as number;
  if (number === 0 || nameLength[number] !== length) return 0;
  let at = nameOffset[number] as number;
  for (let index = start; index < end; index++, at++) {
    if (LOWER[bytes[index] as number] !== nameBytes[at]) return 0;
  }
  return number;
}

export const HOST = numberOfKnown('host');
export const CONNECTION = numberOfKnown('connection');
export const CONTENT_LENGTH = numberOfKnown('content-length');
export const TRANSFER_ENCODING = numberOfKnown('transfer-encoding');
export const UPGRADE = numberOfKnown('upgrade');
export const EXPECT = numberOfKnown('expect');
export const TE = numberOfKnown('te');
export const PROXY_CONNECTION = numberOfKnown('proxy-connection');
export const AUTHORIZATION = numberOfKnown('authorization');
