import { after, errorCode, errorMessage } from '@sluice/errors';
import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { schemaFault, type Policy, type PolicySchema } from '../policy.ts';

/** A fault of one policy; the message names the file and the remedy. */
export class PolicyFault extends Error {}

/** The two files of a policy, and their exports of the same name. */
interface Parts {
  readonly schema: PolicySchema;
  readonly policy: Policy;
}

/**
 * Imports `<folder>/<part>.ts` or `.js` and returns its export of that name. Throws a
 * {@link PolicyFault}.
 */
export async function importPart<Part extends keyof Parts>(
  folder: string,
  name: string,
  part: Part,
  timeoutMs: number,
): Promise<Parts[Part]> {
  const file = await findPart(folder, name, part);
  const shortName = `${name}/${basename(file)}`;
  const module = await importFile(file, shortName, timeoutMs);
  if (!(part in module)) {
    const others = Object.keys(module).join(', ') || 'nothing';
    const call = part === 'schema' ? 'definePolicySchema' : 'definePolicy';
    throw new PolicyFault(
      `${shortName} exports ${others}: write "export const ${part} = ${call}({ … })"`,
    );
  }
  const value = module[part];
  const fault = part === 'schema' ? exportedSchemaFault(value, name) : policyFault(value, name);
  if (fault !== undefined) throw new PolicyFault(`${shortName}: ${fault}`);
  return value as Parts[Part];
}

async function findPart(folder: string, name: string, part: keyof Parts): Promise<string> {
  const candidates = [`${part}.ts`, `${part}.js`];
  const present: string[] = [];
  for (const candidate of candidates) {
    const found = await access(join(folder, candidate)).then(
      () => true,
      () => false,
    );
    if (found) present.push(candidate);
  }
  const [file, another] = present;
  if (file === undefined)
    throw new PolicyFault(
      `${name} has no ${candidates.join(' or ')}: add one, or move the folder out of the policies directory`,
    );
  if (another !== undefined)
    throw new PolicyFault(`${name} has both ${file} and ${another}: keep one of them`);
  return join(folder, file);
}

async function importFile(
  file: string,
  shortName: string,
  timeoutMs: number,
): Promise<Readonly<Record<string, unknown>>> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_resolve, reject) => {
    timer = after('lifecycle', timeoutMs, () =>
      reject(
        new PolicyFault(
          `${shortName} did not load within ${timeoutMs} ms: wait for nothing at the top level`,
        ),
      ),
    );
  });
  try {
    return (await Promise.race([import(pathToFileURL(file).href), tooLong])) as Readonly<
      Record<string, unknown>
    >;
  } catch (cause) {
    if (cause instanceof PolicyFault) throw cause;
    throw new PolicyFault(`${shortName} cannot be run: ${explain(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

function explain(cause: unknown): string {
  if (!(cause instanceof Error)) return errorMessage(cause);
  const code = errorCode(cause);
  // The first line of a syntax error's stack names the position, which the message lacks.
  const line = /^file:\S+:(\d+)$/m.exec(cause.stack ?? '')?.[1];
  const message = line === undefined ? cause.message : `line ${line}: ${cause.message}`;
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return `${message}. Types are stripped, not compiled: write without enum, namespace and parameter properties`;
  }
  if (code === 'ERR_MODULE_NOT_FOUND') {
    return `${message}. A policy can import its own files with their extension, zod, @sluice/policy-sdk, @sluice/schema, @sluice/errors, and packages installed in its folder`;
  }
  return message;
}

function exportedSchemaFault(value: unknown, name: string): string | undefined {
  if (!isSchema(value)) {
    return 'its schema is not one: make it with definePolicySchema({ name, summary, phases, config })';
  }
  if (value.name !== name)
    return `its schema is named "${value.name}" and its folder "${name}": give both the same name`;
  if (value.references !== undefined)
    return 'its schema has "references", which only the policies that come with Sluice can have';
  return schemaFault(value);
}

/** Whether the value has the shape of a schema; `schemaFault` checks its contents. */
function isSchema(value: unknown): value is PolicySchema {
  if (!isRecord(value)) return false;
  const { name, phases, attach, answers, answersPreflight, authenticates, errors, config } = value;
  const flags =
    typeof answers === 'boolean' &&
    typeof answersPreflight === 'boolean' &&
    [undefined, true, false, 'fallback'].includes(authenticates as undefined);
  return (
    typeof name === 'string' &&
    Array.isArray(phases) &&
    Array.isArray(attach) &&
    flags &&
    (errors === undefined || (isRecord(errors) && Object.values(errors).every(isRecord))) &&
    isZodType(config)
  );
}

function policyFault(value: unknown, name: string): string | undefined {
  if (
    !isRecord(value) ||
    typeof value['compile'] !== 'function' ||
    exportedSchemaFault(value['schema'], name) !== undefined
  ) {
    return `its policy is not one: make it with definePolicy({ schema, compile }) and the schema of ${name}/schema.ts`;
  }
  return undefined;
}

function isZodType(value: unknown): boolean {
  return isRecord(value) && typeof value['safeParse'] === 'function';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
