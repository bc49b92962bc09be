import openapiTypescript, { astToString } from 'openapi-typescript';

type Json = Readonly<Record<string, unknown>>;

const notice =
  '// Generated from docs/reference/openapi.json by `npm run generate`. Do not edit it.\n\n';

/**
 * The TypeScript types of an OpenAPI document, for the client of the Admin API. Examples and
 * responses with an error are left out: the client has one error class for all of them.
 */
export async function clientTypes(openApiJson: string): Promise<string> {
  const document = JSON.parse(openApiJson) as Json;
  const types = await openapiTypescript(JSON.stringify(withoutExamples(document)), {
    immutable: true,
    defaultNonNullable: false,
    silent: true,
  });
  return notice + astToString(types);
}

/** A property of a resource may be called "example", so the names in `properties` are kept. */
function withoutExamples(value: unknown, areNames = false): unknown {
  if (Array.isArray(value)) return value.map((element) => withoutExamples(element));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => areNames || !isLeftOut(name))
      .map(([name, member]) => [name, withoutExamples(member, name === 'properties')]),
  );
}

function isLeftOut(name: string): boolean {
  return name === 'example' || name === 'examples' || /^[45]\d\d$/.test(name);
}
