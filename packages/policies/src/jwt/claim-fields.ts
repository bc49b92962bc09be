import { FieldName } from '@sluice/policy-sdk';
import { claimAt, type JsonObject } from '@sluice/tokens';

/** A field with its value for the upstream. */
export type ClaimField = readonly [FieldName, string];

/** Longest value of a field, characters. */
const maxLength = 4_096;

/** Writes claims into fields for the upstream. */
export class ClaimFields {
  /** Names of all fields that may be written. */
  readonly names: readonly string[];
  readonly #fields: readonly (readonly [FieldName, readonly string[]])[];

  /** @param headers paths of claims by the names of fields */
  constructor(headers: Readonly<Record<string, readonly string[]>>) {
    this.names = Object.keys(headers);
    this.#fields = Object.entries(headers).map(([name, path]) => [new FieldName(name), path]);
  }

  /**
   * Returns the fields of a token; undefined when a value is too long. A claim that is missing, or
   * an object, has none. The elements of a list are separated by commas. Whatever is not printable
   * ASCII, the percent sign, and in lists the comma, is percent-encoded as UTF-8.
   */
  of(claims: JsonObject): readonly ClaimField[] | undefined {
    const fields: ClaimField[] = [];
    for (const [name, path] of this.#fields) {
      const text = textOf(claimAt(claims, path));
      if (text === undefined || text === '') continue;
      if (text.length > maxLength) return undefined;
      fields.push([name, text]);
    }
    return fields;
  }
}

function textOf(value: unknown): string | undefined {
  if (!Array.isArray(value)) return scalarOf(value, outsideOfText);
  const items = value.map((each) => scalarOf(each, outsideOfItem));
  return items.filter((item) => item !== undefined).join(', ');
}

const outsideOfText = /[^\x20-\x24\x26-\x7e]+|^ +| +$/g;
const outsideOfItem = /[^\x20-\x24\x26-\x2b\x2d-\x7e]+|^ +| +$/g;

function scalarOf(value: unknown, outside: RegExp): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? value.replaceAll(outside, percentEncoded) : undefined;
}

/** Encodes every byte of the text. */
function percentEncoded(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}
