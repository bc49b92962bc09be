import { Injectable } from '@nestjs/common';
import { createPolicyCatalogue } from '@sluice/config';
import type { PolicyCatalogue } from '@sluice/config';
import { GatewayError } from '@sluice/errors';
import { builtInPolicySchemas } from '@sluice/policies/schemas';
import type { PolicySchema } from '@sluice/policies/schemas';
import { z } from 'zod';
import { Answer } from '../../platform/http/answer.ts';
import { cursorKeys, decodeCursor } from '../../platform/http/cursor.ts';
import { pageOf } from '../../platform/http/list-query.ts';
import type { PageQuery } from '../../platform/http/list-query.ts';

/** The policies that can be attached: built-in and custom ones. They are loaded once at start. */
@Injectable()
export class PoliciesService {
  readonly catalogue: PolicyCatalogue;
  private readonly sorted: readonly PolicySchema[];

  /** @throws TypeError when two policies have the same name. */
  constructor(private readonly custom: readonly PolicySchema[]) {
    this.catalogue = createPolicyCatalogue([...builtInPolicySchemas, ...custom]);
    this.sorted = [...this.catalogue.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  list({ limit, after }: PageQuery): Answer {
    const afterName = after === undefined ? '' : decodeCursor(after, cursorKeys.name);
    const rows = this.sorted.filter(({ name }) => name > afterName).slice(0, limit + 1);
    return Answer.ok(
      pageOf(
        rows,
        limit,
        (schema) => this.present(schema),
        ({ name }) => name,
      ),
    );
  }

  get(name: string): Answer {
    const schema = this.catalogue.get(name);
    if (schema === undefined)
      throw new GatewayError('resource_not_found', {
        detail: `there is no policy ${JSON.stringify(name.slice(0, 64))}`,
      });
    return Answer.ok(this.present(schema));
  }

  private present(schema: PolicySchema): object {
    const { name, summary, phases, attach, onError, answers, authenticates, config } = schema;
    const errors = Object.values(schema.errors ?? {});
    const origin = this.custom.includes(schema) ? 'custom' : 'built-in';
    return {
      name,
      summary,
      origin,
      phases,
      attach,
      answers,
      authenticates: authenticates ?? false,
      ...(onError === undefined ? {} : { onError }),
      ...(errors.length === 0 ? {} : { errors }),
      config: z.toJSONSchema(config, { io: 'input', unrepresentable: 'any' }),
    };
  }
}
