/** See `start.mjs`. */
export function readArguments(args: readonly string[]): {
  readonly help?: string;
  readonly fault?: string;
  readonly isEmpty: boolean;
};
