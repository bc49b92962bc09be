import { createHash } from 'node:crypto';
import { dataSlot, definePolicy, deny, FieldName, principal } from '@sluice/policy-sdk';
import { schema } from './schema.ts';

/** The partner of a request, for other policies that import this slot. */
export const partner = dataSlot<string>('partner');

export const policy = definePolicy({
  schema,
  compile({ partners }, host) {
    const names = new Map(partners.map(({ name, sha256 }) => [sha256, name]));
    const credentialFields = [new FieldName('authorization')];
    const challenge = 'Bearer realm="partners"';
    const unknown = deny(schema.errors.partner_token_unknown, 'Ask us for a new token.', [
      ['WWW-Authenticate', challenge],
    ]);
    const bytes = new Map<string, number>();

    return {
      // The 401 for requests without a credential of any alternative.
      challenges: [challenge],
      hint: 'Send your token as "Authorization: Bearer …".',
      // A client must not name a partner, in whatever spelling.
      upstreamFields: ['X-Partner'],

      authenticate(exchange) {
        const [scheme, token] = exchange.headers.get('authorization')?.split(' ') ?? [];
        // Not our credential: the next alternative is asked.
        if (scheme?.toLowerCase() !== 'bearer' || token === undefined) return undefined;
        const name = names.get(createHash('sha256').update(token).digest('hex'));
        if (name === undefined) return unknown;
        exchange.hideOnForward(credentialFields);
        exchange.data.set(partner, name);
        return principal({ subject: name });
      },

      transform(exchange) {
        const name = exchange.data.get(partner);
        if (name !== undefined) exchange.headers.set('X-Partner', name);
        return undefined;
      },

      settle(exchange, outcome) {
        const name = exchange.data.get(partner);
        if (name === undefined || outcome.source !== 'upstream') return;
        bytes.set(name, (bytes.get(name) ?? 0) + outcome.responseBytes);
      },

      close() {
        for (const [name, total] of bytes) host.logger.info('partner served', { name, total });
      },
    };
  },
});
