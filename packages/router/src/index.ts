export { parsePathPattern } from './path-pattern.ts';
export type { PathKind, PathPattern } from './path-pattern.ts';
export { checkRegex } from './regex-safety.ts';
