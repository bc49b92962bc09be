import type { ASTNode } from '@marcbachmann/cel-js';

/** What is wrong with an expression, and the character at which it is. */
export interface NodeFault {
  readonly detail: string;
  readonly position: number;
}

/** Most nodes of the syntax tree. */
export const maxNodes = 200;
/** Most elements of a list that an expression reads; see `isBounded`. */
export const maxElements = 1_000;
/**
 * The most steps that an evaluation may take, computed when the expression is compiled: a macro
 * takes those of its condition for each of `maxElements` elements.
 */
const maxSteps = 200_000;

/** Operators on values. Multiplication and the literals of maps are missing: no rule needs them. */
const operators: ReadonlySet<string> = new Set(
  'value id . [] list ?: || && !_ -_ == != in < <= > >= + -'.split(' '),
);
const functions: ReadonlySet<string> = new Set(
  'size int double string bool dyn timestamp'.split(' '),
);
const methods: ReadonlySet<string> = new Set(
  'size startsWith endsWith contains getFullYear getMonth getDate getDayOfWeek getHours getMinutes'.split(
    ' ',
  ),
);
const macros: ReadonlySet<string> = new Set(['exists', 'all', 'exists_one']);
/** Methods that read all characters of the text. */
const scanning: ReadonlySet<string> = new Set(['contains', 'size']);
const stepsOfScan = 250;
const stepsOfGroups = 64;

/** Variables whose members are texts. */
const holdsText: ReadonlySet<string> = new Set(['consumer', 'params', 'request', 'route']);

class Refused extends Error {
  readonly fault: NodeFault;

  constructor({ start }: ASTNode, detail: string) {
    super(detail);
    this.fault = { detail, position: start };
  }
}

/**
 * Checks that an evaluation of the expression takes few steps, whatever a caller sends: only the
 * operators, functions and macros above, no macro in a macro, and macros over a variable or a list
 * that is written out. Regular expressions, `split`, `join`, `map`, `filter` and `cel.bind`, with
 * which time or memory would grow without a bound, are not among them.
 */
export function checkNode(root: ASTNode): { readonly fault: NodeFault | undefined } {
  try {
    const steps = stepsOf(root, undefined);
    if (steps > maxSteps)
      throw new Refused(root, `may take ${steps} steps, more than ${maxSteps}: compare less`);
    return { fault: undefined };
  } catch (error) {
    if (error instanceof Refused) return { fault: error.fault };
    throw error;
  }
}

/** @param element name of the variable of the macro around the node */
function stepsOf(node: ASTNode, element: string | undefined): number {
  const { op } = node;
  const all = (nodes: readonly ASTNode[]): number =>
    nodes.reduce((sum, each) => sum + stepsOf(each, element), 1);
  if (op === 'call') {
    const [name, args] = node.args;
    // Its parser takes time that grows with the square of the text, so the text must be known.
    if (name === 'duration' && args[0]?.op === 'value') return 1;
    if (name === 'duration') throw new Refused(node, 'duration() needs a text that is written out');
    if (name !== 'has' && !functions.has(name))
      throw new Refused(node, `the function ${name}() is not available`);
    const [text] = args;
    return all(args) + (name === 'size' && text !== undefined ? scanOf(text, element) : 0);
  }
  if (op === 'rcall') {
    const [name, receiver, args] = node.args;
    if (macros.has(name)) return stepsOfMacro(node, receiver, args, element);
    if (!methods.has(name)) throw new Refused(node, `the method ${name}() is not available`);
    // Names of time zones would be looked up for each request.
    if (name.startsWith('get') && args.length > 0)
      throw new Refused(node, `${name}() takes no time zone: times are in UTC`);
    return all([receiver, ...args]) + (scanning.has(name) ? scanOf(receiver, element) : 0);
  }
  if (!operators.has(op)) throw new Refused(node, `the operator ${op} is not available`);
  switch (op) {
    case 'value':
    case 'id':
      return 1;
    case '.':
      return all([node.args[0]]);
    case '!_':
    case '-_':
      return all([node.args]);
    case 'list':
      return all(node.args);
    case '==':
    case '!=': {
      const isCheap = node.args.some((each) => isSmall(each, element));
      return all(node.args) + (isCheap ? 0 : maxElements);
    }
    case 'in': {
      const [, list] = node.args;
      if (list.op === 'id' && list.args === 'groups') return all(node.args) + stepsOfGroups;
      return all(node.args) + (list.op === 'list' || isSmall(list, element) ? 0 : maxElements);
    }
    default:
      return all(node.args as readonly ASTNode[]);
  }
}

function stepsOfMacro(
  node: ASTNode,
  receiver: ASTNode,
  args: readonly ASTNode[],
  element: string | undefined,
): number {
  if (element !== undefined) throw new Refused(node, 'a macro inside a macro is not available');
  const [variable, condition] = args;
  if (variable?.op !== 'id' || condition === undefined || args.length !== 2)
    throw new Refused(node, 'a macro takes the name of a variable and a condition');
  const root = rootOf(receiver);
  if (receiver.op !== 'list' && root === undefined)
    throw new Refused(receiver, 'a macro needs a variable, or a list that is written out');
  const times =
    receiver.op === 'list' ? receiver.args.length : root === 'groups' ? stepsOfGroups : maxElements;
  return stepsOf(receiver, undefined) + times * stepsOf(condition, variable.args);
}

/** The variable that a path such as `claims.realm_access["roles"]` begins with. */
function rootOf(node: ASTNode): string | undefined {
  if (node.op === 'id') return node.args;
  return node.op === '.' || node.op === '[]' ? rootOf(node.args[0]) : undefined;
}

/**
 * Whether comparing with the value is one step: a literal, a text, or an element of the macro. All
 * elements together are as large as the claims at most.
 */
function isSmall(node: ASTNode, element: string | undefined): boolean {
  if (node.op === 'value') return true;
  const root = rootOf(node);
  return root !== undefined && (root === element || holdsText.has(root));
}

/** Further steps of a method that reads all characters; elements are no longer than the claims. */
function scanOf(receiver: ASTNode, element: string | undefined): number {
  if (receiver.op === 'value') return 1;
  return element !== undefined && rootOf(receiver) === element ? 1 : stepsOfScan;
}
