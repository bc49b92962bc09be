type Json = Readonly<Record<string, unknown>>;

/** An operation of an OpenAPI document, with its parameters in place of references to them. */
export interface DescribedOperation {
  readonly path: string;
  /** Lower case. */
  readonly method: string;
  readonly operation: Json;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: Readonly<Record<string, unknown>>;
}

/**
 * The operations of a document.
 * @throws Error when a reference leads to no parameter.
 */
export function operationsOf({ paths, components }: Document): DescribedOperation[] {
  const shared = components['parameters'] as Readonly<Record<string, Json>>;
  const inPlace = (parameter: Json): Json => {
    const key = /^#\/components\/parameters\/([\w.-]+)$/.exec(String(parameter['$ref']))?.[1];
    if (key === undefined) return parameter;
    const found = shared[key];
    if (found === undefined) throw new Error(`there is no parameter "${key}"`);
    return found;
  };
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => {
      const parameters = operation['parameters'] as readonly Json[] | undefined;
      return {
        path,
        method,
        operation:
          parameters === undefined
            ? operation
            : { ...operation, parameters: parameters.map(inPlace) },
      };
    }),
  );
}
