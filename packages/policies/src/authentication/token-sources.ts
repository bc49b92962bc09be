import { deny, FieldName, type Exchange, type Reply, type RequestPart } from '@sluice/policy-sdk';
import type { BearerReplies } from './bearer-replies.ts';
import { partSources, type PartNames, type PartSource } from './part-sources.ts';
import { isForeignUpgrade } from './websocket-origin.ts';

/** Where tokens may come from. */
export interface TokenSourceNames extends PartNames {
  readonly headerNames: readonly string[];
  readonly webSocketOrigins: readonly string[];
}

const maxTokenLength = 8_192;
/** The scheme Bearer alone: the scheme of `Bearers x` is another one (RFC 9110, section 11.4). */
const isBearer = /^bearer(?![!#$%&'*+.^_`|~\w-])/i;
const scheme = /^bearer +/i;
/** `b64token` of RFC 6750, section 2.1. */
const form = /^[A-Za-z0-9._~+/-]+=*$/;

/** Reads the token of a request from the parts that may carry it. */
export class TokenSources {
  /** All parts, for removal. */
  readonly parts: readonly RequestPart[];
  readonly #headers: readonly FieldName[];
  readonly #others: readonly PartSource[];
  readonly #allowedOrigins: ReadonlySet<string>;
  readonly #malformed: Reply;
  readonly #ambiguous: Reply;
  readonly #foreign: Reply;

  constructor(names: TokenSourceNames, replies: BearerReplies) {
    this.#headers = [...new Set(names.headerNames.map((name) => name.toLowerCase()))].map(
      (name) => new FieldName(name),
    );
    this.#others = partSources(names);
    this.parts = [...this.#headers, ...this.#others.map(({ part }) => part)];
    this.#allowedOrigins = new Set(names.webSocketOrigins.map((origin) => origin.toLowerCase()));
    this.#malformed = replies.refusal('malformed', 'Send one token, in the form of RFC 6750.');
    this.#ambiguous = replies.refusal(
      'conflict',
      'The request carries tokens in two places, or two different ones: send one.',
    );
    this.#foreign = deny(
      'forbidden',
      'A page of this origin may not open a WebSocket with the token of a cookie.',
      undefined,
      'denied',
    );
  }

  /**
   * Returns the token; undefined when the request carries none; or the refusal of a request with
   * a token that is not well-formed, or with more than one (RFC 6750, section 2: one method only).
   */
  read(exchange: Exchange): string | Reply | undefined {
    const token = this.find(exchange);
    return typeof token !== 'string' || form.test(token) ? token : this.#malformed;
  }

  /** Like {@link read}, without a look at the characters: for policies that parse the token. */
  find(exchange: Exchange): string | Reply | undefined {
    let token: string | undefined;
    for (const name of this.#headers) {
      if (!exchange.headers.has(name)) continue;
      const found = this.#inHeader(exchange.headers.getAll(name), name);
      if (found === undefined) continue;
      if (typeof found !== 'string') return found;
      if (token !== undefined) return this.#ambiguous;
      token = found;
    }
    for (const { read, isCookie } of this.#others) {
      const values = read(exchange).filter((value) => value !== '');
      const [first] = values;
      if (first === undefined) continue;
      if (token !== undefined || values.some((value) => value !== first)) return this.#ambiguous;
      if (isCookie && isForeignUpgrade(exchange, this.#allowedOrigins)) return this.#foreign;
      token = first;
    }
    if (token === undefined) return undefined;
    return token.length <= maxTokenLength ? token : this.#malformed;
  }

  /** Credentials of other schemes in Authorization are those of other alternatives. */
  #inHeader(lines: readonly string[], { lower }: FieldName): string | Reply | undefined {
    const isBearerOnly = lower === 'authorization';
    const values = lines.filter((line) => (isBearerOnly ? isBearer.test(line) : line !== ''));
    const [first] = values;
    if (first === undefined) return undefined;
    if (values.some((value) => value !== first)) return this.#ambiguous;
    const token = first.replace(scheme, '');
    return lower === 'authorization' && token === first ? this.#malformed : token;
  }
}
