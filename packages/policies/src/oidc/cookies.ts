import {
  Cookies as CookieParts,
  FieldName,
  type Exchange,
  type HeaderPair,
} from '@sluice/policy-sdk';

/** Browsers drop a cookie whose name, value and attributes have more than 4,096 bytes. */
const maxPieceLength = 3_800;
const maxPieces = 2;
/** With five logins of less than 400 bytes each, all cookies have at most 8 KiB. */
const maxSessionLength = 6_000;
/** Logins that a browser may have begun at the same time, in several tabs. */
const maxLogins = 5;

/** Cookies of the policy in a request. */
export interface OwnCookies {
  /** The sealed session; undefined when there is none. */
  readonly session: string | undefined;
  /** A cookie occurs twice with different values, or a piece of the session is missing. */
  readonly isBroken: boolean;
  /** The names of the cookies of the session that were sent. */
  readonly pieces: readonly string[];
  /** Sealed logins by id, the oldest first. */
  readonly logins: ReadonlyMap<string, string>;
  /** All of them, to be removed from the request to the upstream. */
  readonly parts: readonly CookieParts[];
}

const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax';
const field = new FieldName('cookie');
const loginId = /^[a-z0-9]{20,60}$/;

/**
 * The cookies of the policy. All have the prefix `__Host-`, so that no other host can set them, and
 * SameSite=Lax, because the provider sends the browser back by a top-level GET.
 */
export class OidcCookies {
  readonly #base: string;
  readonly #loginBase: string;

  /** @param name behind `__Host-` */
  constructor(name: string) {
    this.#base = `__Host-${name}`;
    this.#loginBase = `${this.#base}-login-`;
  }

  /** Returns the cookies of the policy in a request; undefined when it has none. */
  read({ headers }: Exchange): OwnCookies | undefined {
    if (!headers.has(field)) return undefined;
    const lines = headers.getAll(field);
    if (!lines.some((line) => line.includes(this.#base))) return undefined;
    const pieces = new Map<string, string>();
    const logins = new Map<string, string>();
    let isBroken = false;
    for (const line of lines)
      for (const pair of line.split(';')) {
        const at = pair.indexOf('=');
        const name = pair.slice(0, Math.max(0, at)).trim();
        const value = pair.slice(at + 1).trim();
        if (name.startsWith(this.#loginBase)) {
          logins.set(name.slice(this.#loginBase.length), value);
        } else if (this.#indexOf(name) !== undefined) {
          isBroken ||= pieces.has(name) && pieces.get(name) !== value;
          pieces.set(name, value);
        }
      }
    if (pieces.size === 0 && logins.size === 0) return undefined;
    const session = this.#joined(pieces);
    const names = [...pieces.keys(), ...[...logins.keys()].map((id) => this.#loginBase + id)];
    return {
      session,
      isBroken: isBroken || (session === undefined && pieces.size > 0),
      pieces: [...pieces.keys()],
      logins: new Map([...logins].toSorted(([one], [other]) => (one < other ? -1 : 1))),
      parts: [new CookieParts(names)],
    };
  }

  /**
   * The fields that store a session in place of the one that a request has.
   * @returns undefined when it is too large
   */
  store(
    sealed: string,
    maxAgeSeconds: number,
    before: readonly string[],
  ): HeaderPair[] | undefined {
    if (sealed.length > maxSessionLength) return undefined;
    const count = Math.ceil(sealed.length / maxPieceLength);
    const names = Array.from({ length: count }, (_each, index) => this.#nameOf(index));
    const fields = names.map((name, index): HeaderPair => {
      const piece = sealed.slice(index * maxPieceLength, (index + 1) * maxPieceLength);
      return setCookie(name, piece, maxAgeSeconds);
    });
    return [...fields, ...this.remove(before.filter((name) => !names.includes(name)))];
  }

  /** The fields that remove cookies of the session from the browser. */
  remove(pieces: readonly string[]): HeaderPair[] {
    return pieces.map((name) => setCookie(name, '', 0));
  }

  /**
   * The fields that store the begin of a login. Of several logins the newest five are kept.
   * @param id sorts by time
   * @param before the logins that the browser has
   */
  storeLogin(
    id: string,
    sealed: string,
    maxAgeSeconds: number,
    before: ReadonlyMap<string, string> | undefined,
  ): HeaderPair[] {
    const known = [...(before?.keys() ?? [])];
    const surplus = known.slice(0, Math.max(0, known.length - maxLogins + 1));
    return [
      setCookie(`${this.#loginBase}${id}`, sealed, maxAgeSeconds),
      ...surplus.flatMap((each) => this.removeLogin(each)),
    ];
  }

  removeLogin(id: string): HeaderPair[] {
    // The id of a cookie that a client sent may have characters that a field cannot have.
    return loginId.test(id) ? [setCookie(`${this.#loginBase}${id}`, '', 0)] : [];
  }

  #nameOf(index: number): string {
    return index === 0 ? this.#base : `${this.#base}-${index}`;
  }

  #indexOf(name: string): number | undefined {
    for (let index = 0; index < maxPieces; index++) if (name === this.#nameOf(index)) return index;
    return undefined;
  }

  /** The session; undefined when there is none, or when a piece is missing. */
  #joined(pieces: ReadonlyMap<string, string>): string | undefined {
    let session = '';
    for (let index = 0; index < pieces.size; index++) {
      const piece = pieces.get(this.#nameOf(index));
      if (piece === undefined) return undefined;
      session += piece;
    }
    return session === '' ? undefined : session;
  }
}

function setCookie(name: string, value: string, maxAgeSeconds: number): HeaderPair {
  return ['Set-Cookie', `${name}=${value}; Max-Age=${Math.floor(maxAgeSeconds)}; ${attributes}`];
}
