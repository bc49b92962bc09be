import { z } from 'zod';

/** Settings by the name of their environment variable. Each describes itself; see {@link setting}. */
export type SettingTable = Readonly<Record<string, z.ZodType>>;

export { unknownVariables } from './unknown-variables.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Describes a setting for `--help`.
 * @param text what it sets
 * @param unset what applies when it is not set, for a schema without a default
 */
export function setting<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  unset?: string,
): Schema {
  return schema.meta({ description: text, ...(unset === undefined ? {} : { unset }) });
}

/** 1 is true and 0 is false. */
export const flag = z
  .enum(['0', '1'], { error: 'must be 0 or 1' })
  .transform((text) => text === '1');

/** The levels of the log of a program, most first. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/** The setting of the log level, the same for each program. */
export const logLevel = setting(
  z.enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` }).default('info'),
  `Lowest level that is logged on standard error: ${logLevels.join(', ')}.`,
);

/** A port number; 0 chooses a free port. */
export const port = wholeNumber(0, 65_535);

/** Accepts digits only: another form of a number, such as " " or 0x50, is probably a mistake. */
export function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, error)
    .transform(Number)
    .pipe(z.number().min(min, error).max(max, error));
}

/** A setting that is defined elsewhere, such as those of OpenTelemetry. */
interface DefinedSetting {
  readonly text: string;
  /** What is wrong with a value; undefined when nothing is. */
  readonly faultOf: (value: string) => string | undefined;
}

/** Optional settings from definitions that do not use zod. */
export function definedSettings<Name extends string>(
  definitions: Readonly<Record<Name, DefinedSetting>>,
): Record<Name, z.ZodOptional<z.ZodString>> {
  const entries = Object.entries<DefinedSetting>(definitions).map(([name, { text, faultOf }]) => {
    const schema = z.string().superRefine((value, context) => {
      const message = faultOf(value);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    });
    return [name, setting(schema.optional(), text)];
  });
  return Object.fromEntries(entries) as Record<Name, z.ZodOptional<z.ZodString>>;
}

/** The values of the settings, or a text that lists all faults without revealing secrets. */
export type ReadSettings<Table extends SettingTable> =
  | { readonly values: { [Name in keyof Table]: z.output<Table[Name]> } }
  | { readonly fault: string };

/** Reads the settings. An empty variable counts as unset, as in shells and compose files. */
export function readSettingTable<Table extends SettingTable>(
  table: Table,
  env: Environment,
): ReadSettings<Table> {
  const given = Object.fromEntries(
    Object.keys(table).map((name) => [name, env[name] === '' ? undefined : env[name]]),
  );
  const parsed = z.object(table).safeParse(given);
  if (parsed.success)
    return { values: parsed.data as { [Name in keyof Table]: z.output<Table[Name]> } };
  const faults = parsed.error.issues.map(({ path: [name], message }) => {
    const variable = String(name);
    return `  ${variable} ${message} (${describeValue(variable, given[variable])})`;
  });
  return {
    fault: `settings are not usable:\n${faults.join('\n')}\nRun with --help to see all settings.`,
  };
}

/** The list of settings that `--help` prints: name, description and default. */
export function settingsHelp(table: SettingTable): string {
  const width = Math.max(...Object.keys(table).map((name) => name.length));
  const lines = Object.entries(table).map(([name, schema]) => {
    const { description = '', unset } = schema.meta() ?? {};
    const initial: unknown = unset ?? schema.safeParse(undefined).data ?? 'not set';
    const shown = typeof initial === 'boolean' ? Number(initial) : initial;
    return `  ${name.padEnd(width)} ${description}\n  ${''.padEnd(width)} default: ${String(shown)}\n`;
  });
  return lines.join('');
}

const maxShownChars = 200;

/** Describes the current value of a variable; a URL may contain a password. */
function describeValue(name: string, value: string | undefined): string {
  if (value === undefined) return 'not set';
  return /TOKEN|KEY|URL|HEADERS|ENDPOINT|SECRET|PASSWORD/.test(name)
    ? 'the value is not shown because it may hold a secret'
    : `it is "${value.slice(0, maxShownChars)}"`;
}
