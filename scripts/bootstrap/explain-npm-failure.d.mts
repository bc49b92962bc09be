/**
 * See `explain-npm-failure.mjs`, which stays plain JavaScript because it runs on the installed
 * Node.
 */
export function explainNpmFailure(output: string): string;
export function isFaultOfTree(output: string): boolean;
