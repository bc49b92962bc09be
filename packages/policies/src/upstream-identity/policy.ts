import { definePolicy, deny, type Exchange } from '@sluice/policy-sdk';
import { factReader } from './caller-facts.ts';
import { fieldLines } from './field-text.ts';
import { IdentityTokens } from './identity-tokens.ts';
import { upstreamIdentitySchema } from './schema.ts';

export const upstreamIdentity = definePolicy({
  schema: upstreamIdentitySchema,
  compile({ headers, token, maxBytes }, host) {
    const told = Object.entries(headers).map(([name, { fact, claim, list }]) => ({
      name,
      read: factReader(fact, claim),
      list,
      tooLarge: deny(
        upstreamIdentitySchema.errors.identity_too_large,
        `What ${name} would tell is longer than ${maxBytes} bytes.`,
      ),
    }));
    const tokens =
      token && new IdentityTokens({ ...token, audience: token.audience }, host.keys, host.clock);
    const tokenTooLarge = deny(
      upstreamIdentitySchema.errors.identity_too_large,
      `The token would be longer than ${maxBytes} bytes.`,
    );

    return {
      upstreamFields: [...Object.keys(headers), ...(token === undefined ? [] : [token.header])],
      transform(exchange: Exchange) {
        for (const { name, read, list, tooLarge } of told) {
          const lines = fieldLines(read(exchange), list);
          if (sizeOf(lines) > maxBytes) return tooLarge;
          const [first, ...others] = lines;
          // Fields that clients send for other purposes, such as Authorization, are still there.
          if (first === undefined) exchange.headers.remove(name);
          else exchange.headers.set(name, first);
          for (const line of others) exchange.headers.add(name, line);
        }
        if (token === undefined || tokens === undefined) return undefined;
        const text = tokens.of(exchange);
        if (text === undefined) exchange.headers.remove(token.header);
        else if (text.length > maxBytes) return tokenTooLarge;
        else exchange.headers.set(token.header, text);
        return undefined;
      },
    };
  },
});

/** All characters are ASCII. */
function sizeOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length, 0);
}
