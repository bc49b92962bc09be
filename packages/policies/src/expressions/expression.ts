import { Environment, type ASTNode, type ParseResult } from '@marcbachmann/cel-js';
import { checkNode, maxNodes, type NodeFault } from './bounds.ts';

/**
 * Variables of an expression. Whatever is read from a map is checked when the expression is
 * evaluated: a missing member is an evaluation fault, and `has(claims.tenant)` asks for it.
 */
export interface ExpressionValues {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly consumer: ReadonlyMap<string, string>;
  readonly groups: readonly string[];
  readonly request: Readonly<Record<string, unknown>>;
  readonly params: Readonly<Record<string, string>>;
  readonly route: Readonly<Record<string, string>>;
  readonly now: Date;
}

/** An expression of the Common Expression Language (CEL) that is parsed, checked and bounded. */
export interface Expression {
  /** Names of the variables that it reads; `request.headers` and `request.query` are listed too. */
  readonly reads: ReadonlySet<string>;
  /**
   * Evaluates the expression. Values for variables that it does not read may be left out.
   * @throws Error when a value is missing or has another type
   */
  evaluate(values: Partial<ExpressionValues>): unknown;
}

/** The expression cannot be used. The message says why, and where: `… (line 1, column 5)`. */
export class ExpressionFault extends Error {
  override readonly name = 'ExpressionFault';
}

/** Longest text of an expression. */
export const maxExpressionLength = 1_000;

/** The language: types of the variables, and limits of the parser. */
const environment = new Environment({
  limits: {
    maxAstNodes: maxNodes,
    maxDepth: 24,
    maxListElements: 100,
    maxMapEntries: 0,
    maxCallArguments: 3,
  },
})
  .registerVariable('claims', 'map<string, dyn>')
  .registerVariable('consumer', 'map<string, string>')
  .registerVariable('groups', 'list<string>')
  .registerVariable({
    name: 'request',
    schema: {
      method: 'string',
      scheme: 'string',
      host: 'string',
      path: 'string',
      address: 'string',
      headers: 'map<string, string>',
      query: 'map<string, string>',
    },
  })
  .registerVariable('params', 'map<string, string>')
  .registerVariable({ name: 'route', schema: { id: 'string', name: 'string' } })
  .registerVariable('now', 'google.protobuf.Timestamp');

/**
 * Compiles an expression: parses it, refuses what is not bounded (see `bounds.ts`), and checks its
 * types. Its result has to be a truth value, or a value whose type is known only when it is read.
 * @throws ExpressionFault
 */
export function compileExpression(text: string): Expression {
  if (text.length > maxExpressionLength)
    throw new ExpressionFault(`is longer than ${maxExpressionLength} characters`);
  let parsed: ParseResult;
  try {
    parsed = environment.parse(text);
  } catch (cause) {
    throw faultAt(text, cause);
  }
  const bounds = checkNode(parsed.ast);
  if (bounds.fault !== undefined) throw faultOf(text, bounds.fault);
  const { valid, type = '', error } = parsed.check();
  if (!valid) throw faultAt(text, error);
  if (type !== 'bool' && type !== 'dyn')
    throw new ExpressionFault(`results in ${type}: write a condition that is true or false`);
  return { reads: readsOf(parsed.ast), evaluate: (values) => parsed(values as object) as unknown };
}

/** What the library reports: a short text, and the range of characters that it is about. */
interface LibraryFault {
  readonly summary?: string;
  readonly range?: { readonly start: number };
}

function faultAt(text: string, cause: unknown): ExpressionFault {
  const { summary = 'cannot be read', range } = (cause ?? {}) as LibraryFault;
  return faultOf(text, { detail: summary, position: range?.start ?? 0 });
}

function faultOf(text: string, { detail, position }: NodeFault): ExpressionFault {
  const lines = text.slice(0, position).split('\n');
  const column = (lines.at(-1)?.length ?? 0) + 1;
  return new ExpressionFault(`${detail} (line ${lines.length}, column ${column})`);
}

function readsOf(root: ASTNode): Set<string> {
  const reads = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) visit(each);
    if (typeof value !== 'object' || value === null || !('op' in value)) return;
    const { op, args } = value as ASTNode;
    if (op === 'id') reads.add(args);
    if (op === '.' && args[0].op === 'id' && args[0].args === 'request')
      reads.add(`request.${args[1]}`);
    // A computed member may be any.
    if (op === '[]' && args[0].op === 'id' && args[0].args === 'request')
      for (const name of ['headers', 'query']) reads.add(`request.${name}`);
    visit(args);
  };
  visit(root);
  return reads;
}
