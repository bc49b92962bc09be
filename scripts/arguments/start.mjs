/**
 * The arguments of `npm start`. Plain JavaScript, because the installed Node, perhaps an old one,
 * reads it.
 */

const helpText = `Starts Sluice on this machine: Postgres, the control plane, a proxy, and a demo.

  npm start                start everything; data stays in .sluice between starts
  npm start -- --empty     start without the demo
  npm start -- --help      this text

Set in the environment:

  SLUICE_PROXY_PORT        the proxy                          (8000)
  SLUICE_ADMIN_PORT        the Admin API                      (8001)
  SLUICE_STREAM_PORT       the config stream                  (8005)
  SLUICE_STATUS_PORT       health and metrics of the proxy    (8100)
  SLUICE_DEMO_PORT         the two demo services use this port and the next (9101)
  SLUICE_POSTGRES_PORT     the embedded Postgres              (any free port)
  SLUICE_DATA_DIR          the folder of all data             (.sluice)
  DATABASE_URL             a running Postgres, instead of the embedded one

All other settings of the control plane and the proxy are passed on; their dist/main.js lists them with --help.
`;

/**
 * @param {readonly string[]} args
 * @returns {{ help?: string, fault?: string, isEmpty: boolean }} `fault` describes the invalid
 * argument
 */
export function readArguments(args) {
  const isEmpty = args.includes('--empty');
  if (args.includes('--help') || args.includes('-h')) return { help: helpText, isEmpty };
  const unknown = args.find((arg) => arg !== '--empty');
  return unknown === undefined
    ? { isEmpty }
    : { fault: `"${unknown}" is not known. Try: npm start -- --help`, isEmpty };
}
