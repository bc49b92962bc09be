import { deny, type Exchange, type Reply } from '@sluice/policy-sdk';
import { claimAt, type JsonObject } from '@sluice/tokens';

/** More would not fit into the head of a request beside other fields. */
const maxValueLength = 4_096;

/**
 * Passes claims on to the upstream as fields. A text is passed on as it is, except that characters
 * outside of printable ASCII, `%`, and spaces at either end are percent-encoded as UTF-8 (RFC 3986,
 * section 2.1). The elements of a list are separated by commas; a comma in one of them is
 * percent-encoded. Objects, and elements that are objects or lists, are left out.
 */
export class ClaimHeaders {
  /** The fields that the upstream may receive. */
  readonly names: readonly string[];
  readonly #paths: readonly (readonly [name: string, path: readonly string[]])[];
  readonly #tooLong: Reply;

  /** @param paths the path of the claim of each field, by name */
  constructor(paths: Readonly<Record<string, readonly string[]>>) {
    this.#paths = Object.entries(paths);
    this.names = Object.keys(paths);
    this.#tooLong = deny(
      'forbidden',
      'A claim of the token is too long to be passed on.',
      undefined,
      'denied',
    );
  }

  /** Adds the fields; returns the refusal of a token with a claim that is too long. */
  addTo({ headers }: Exchange, claims: JsonObject): Reply | undefined {
    for (const [name, path] of this.#paths) {
      const value = fieldValue(claimAt(claims, path));
      if (value === '') continue;
      if (value.length > maxValueLength) return this.#tooLong;
      headers.set(name, value);
    }
    return undefined;
  }
}

function fieldValue(claim: unknown): string {
  return Array.isArray(claim)
    ? claim
        .map((each) => encoded(each, outsideOfItem))
        .filter((text) => text !== '')
        .join(', ')
    : encoded(claim, outsideOfText);
}

const outsideOfText = /[^\x20-\x24\x26-\x7e]+|^ +| +$/g;
const outsideOfItem = /[^\x20-\x24\x26-\x2b\x2d-\x7e]+|^ +| +$/g;

function encoded(value: unknown, outside: RegExp): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? value.replaceAll(outside, percentEncoded) : '';
}

function percentEncoded(text: string): string {
  return Buffer.from(text).toString('hex').toUpperCase().replaceAll(/../g, '%$&');
}
