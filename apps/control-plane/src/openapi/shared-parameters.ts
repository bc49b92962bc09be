import type { PathItem } from './resource-paths.ts';

type Json = Readonly<Record<string, unknown>>;

/** Paths whose operations refer to shared parameters, and these parameters. */
export interface SharedParameters {
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly parameters: Readonly<Record<string, object>>;
}

/**
 * Moves every parameter that several operations have to the components of the document, and
 * replaces it by a reference. Its key is its name; parameters with the same name and other members
 * are numbered, in the order of the paths.
 */
export function shareParameters(paths: Readonly<Record<string, PathItem>>): SharedParameters {
  const counts = new Map<string, number>();
  for (const parameter of Object.values(paths).flatMap(parametersOf)) {
    const text = JSON.stringify(parameter);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const keys = new Map<string, string>();
  const parameters: Record<string, object> = {};
  const keyOf = (parameter: Json, text: string): string => {
    const known = keys.get(text);
    if (known !== undefined) return known;
    const name = String(parameter['name']);
    let key = name;
    for (let number = 2; Object.hasOwn(parameters, key); number += 1) key = `${name}-${number}`;
    keys.set(text, key);
    parameters[key] = parameter;
    return key;
  };
  const shared = (parameter: Json): Json => {
    const text = JSON.stringify(parameter);
    if ((counts.get(text) ?? 0) < 2) return parameter;
    return { $ref: `#/components/parameters/${keyOf(parameter, text)}` };
  };
  const changed = Object.entries(paths).map(([path, item]) => {
    const operations = Object.entries(item).map(([method, operation]) => {
      const own = operation['parameters'] as readonly Json[] | undefined;
      return [
        method,
        own === undefined ? operation : { ...operation, parameters: own.map(shared) },
      ] as const;
    });
    return [path, Object.fromEntries(operations)] as const;
  });
  return { paths: Object.fromEntries(changed), parameters };
}

function parametersOf(item: PathItem): readonly Json[] {
  return Object.values(item).flatMap(
    (operation) => (operation['parameters'] ?? []) as readonly Json[],
  );
}
