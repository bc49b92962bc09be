/**
 * The arguments of `npm test`. Plain JavaScript, because the installed Node, perhaps an old one,
 * reads it.
 */

const helpText = `Checks and tests everything: lockfile, lint, types, walls, build, and all specs on a real Postgres and Redis.

  npm test                              everything
  npm test -- <pattern> [<pattern>…]    only the spec files whose path matches one of the regular expressions
  npm test -- -t <pattern>              only the tests whose name matches; together with file patterns
  npm test -- --help                    this text

Options of jest that are passed on:

  -t, --testNamePattern <pattern>       --bail                --verbose
      --testTimeout <ms>                --silent              --detectOpenHandles

Set in the environment:

  REDIS_URL     a running Redis, instead of one that is started for the tests
`;

const flags = new Set(['--bail', '--verbose', '--silent', '--detectOpenHandles']);
const withValue = new Set(['-t', '--testNamePattern', '--testTimeout']);

/**
 * @param {readonly string[]} args
 * @returns {{ help?: string, fault?: string }} `fault` describes the invalid argument
 */
export function readArguments(args) {
  let fault;
  for (let index = 0; index < args.length && fault === undefined; index++) {
    const [name, value] = split(args[index]);
    if (name === '--help' || name === '-h') return { help: helpText };
    if (!name.startsWith('-')) fault = faultOfPattern(name);
    else if (withValue.has(name))
      fault =
        value === undefined && args[++index] === undefined ? `${name} needs a value.` : undefined;
    else if (!flags.has(name) || value !== undefined) fault = `"${args[index]}" is not known.`;
  }
  return fault === undefined ? {} : { fault: `${fault} Try: npm test -- --help` };
}

function split(arg) {
  const at = arg.startsWith('--') ? arg.indexOf('=') : -1;
  return at === -1 ? [arg] : [arg.slice(0, at), arg.slice(at + 1)];
}

function faultOfPattern(pattern) {
  if (pattern === '') return 'An empty pattern matches nothing.';
  try {
    new RegExp(pattern);
    return undefined;
  } catch (error) {
    return `"${pattern}" is not a regular expression: ${error.message}.`;
  }
}
