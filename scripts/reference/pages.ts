import { kindOf, kinds } from '@sluice/config';
import { errorCodes, errorEntry } from '@sluice/errors';
import { phases } from '@sluice/policy-sdk';
import { builtInPolicySchemas } from '@sluice/policies/schemas';
import { telemetryReference } from '@sluice/telemetry';
import { propertiesTable } from './json-schema-table.ts';
import { page, table } from './markdown.ts';

/** Every generated page, by its path from the root of the repository. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/reference/resources.md', resourcesPage()],
    ['docs/reference/policies.md', policiesPage()],
    ['docs/reference/errors.md', errorsPage()],
    ['docs/reference/telemetry.md', telemetryReference()],
  ]);
}

function resourcesPage(): string {
  const sections = kinds.map((kind) => {
    const { schema, input } = kindOf(kind);
    return `## ${kind}\n\n${propertiesTable(input ?? schema)}`;
  });
  const intro =
    'What can be written through the Admin API. Every resource also has `id`, `createdAt`, `updatedAt` and an `ETag`. An unknown property is an error. References are written by id or by name.';
  return page('Resources', '`packages/config/src/resources/`', intro, ...sections);
}

function policiesPage(): string {
  const sections = builtInPolicySchemas.map((schema) => {
    const facts = table(
      ['phases', 'can be attached to', 'when something it depends on fails'],
      [
        [
          schema.phases.map((phase) => `\`${phase}\``).join(', '),
          schema.attach.join(', '),
          schema.onError === undefined ? 'depends on nothing' : `\`${schema.onError}\``,
        ],
      ],
    );
    return `## ${schema.name}\n\n${schema.summary} Examples: [README](../../packages/policies/src/${schema.name}/README.md).\n\n${facts}\n\n${propertiesTable(schema.config)}`;
  });
  const order = `Phases run in this order: ${phases.map((phase) => `\`${phase}\``).join(', ')}. Inside a phase policies run in the order they are written.`;
  return page('Policies', '`packages/policies/src/*/schema.ts`', order, ...sections);
}

function errorsPage(): string {
  const rows = errorCodes.map((code) => {
    const { status, source, retry, title } = errorEntry(code);
    return [`\`${code}\``, String(status), source, retry ? 'yes' : 'no', title];
  });
  const ofPolicies = builtInPolicySchemas.flatMap(({ name, errors = {} }) =>
    Object.values(errors).map(({ code, status, source, retry, title }) => [
      `\`${code}\``,
      String(status),
      source,
      retry ? 'yes' : 'no',
      `${title} (policy \`${name}\`)`,
    ]),
  );
  const intro =
    'Errors are RFC 9457 problem documents with `code` and `requestId`; those of the status port have no `requestId`. "Retry" says whether the very same request may succeed later.';
  return page(
    'Errors',
    '`packages/errors/src/catalogue.ts`',
    intro,
    table(['code', 'status', 'source', 'retry', 'title'], [...rows, ...ofPolicies]),
  );
}
