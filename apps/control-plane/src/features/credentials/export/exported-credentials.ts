import { credentialTypes, isCredentialType, mapReferences, referencesOf } from '@sluice/config';
import type { Spec } from '@sluice/config';
import type { Sql } from '../../../platform/database/database.ts';
import type { OpenedSpec } from '../../../platform/secrets/sealed-spec.ts';

const pageSize = 500;

/** A credential as another control plane can create it. */
export interface ExportedCredential {
  /** Name of its consumer. */
  readonly consumer: string;
  readonly name: string;
  /** The content of a POST that creates it, with hashes and secrets. */
  readonly content: Readonly<Record<string, unknown>>;
  /** Why a POST would refuse the content; undefined when it would not. */
  readonly fault: string | undefined;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly spec: Spec<'credential'>;
}

/**
 * Reads all credentials, in the order of their ids.
 * @param open decrypts the secrets of a spec
 */
export async function* exportedCredentials(
  sql: Pick<Sql, 'query'>,
  open: (id: string, spec: Spec<'credential'>) => OpenedSpec<Spec<'credential'>>,
): AsyncGenerator<ExportedCredential> {
  for (let after: string | undefined = '00000000-0000-0000-0000-000000000000'; ;) {
    const rows: Row[] = await sql.query<Row>(
      `SELECT id, name, spec FROM resource WHERE kind = 'credential' AND id > $1
       ORDER BY id LIMIT ${pageSize}`,
      [after],
    );
    after = rows.at(-1)?.id;
    if (after === undefined) return;
    const names = await namesOf(
      sql,
      rows.flatMap(({ spec }) => referencesOf('credential', spec).map(({ target }) => target)),
    );
    for (const row of rows) {
      const { spec, unreadable } = open(row.id, row.spec);
      const named = mapReferences('credential', spec, ({ target }) => names.get(target) ?? target);
      const { consumer, ...content } = named;
      const secretFault = unreadable[0]?.message;
      yield { consumer, name: row.name, content, fault: secretFault ?? faultOf(content) };
    }
  }
}

/** Why a creation would refuse the content. */
function faultOf(content: Readonly<Record<string, unknown>>): string | undefined {
  const { type, expiresAt } = content;
  if (!isCredentialType(type)) return `its type ${JSON.stringify(type)} is of a later release`;
  if (typeof expiresAt === 'string' && Date.parse(expiresAt) <= Date.now())
    return `it has expired at ${expiresAt}`;
  const [issue] = credentialTypes[type].input.safeParse(content).error?.issues ?? [];
  return issue === undefined ? undefined : `/${issue.path.join('/')}: ${issue.message}`;
}

async function namesOf(
  sql: Pick<Sql, 'query'>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await sql.query<{ id: string; name: string }>(
    'SELECT id, name FROM resource WHERE id = ANY($1::uuid[])',
    [[...new Set(ids)]],
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}
