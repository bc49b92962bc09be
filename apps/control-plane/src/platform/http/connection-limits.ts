/** The most connections that each port of the control plane accepts. */
export interface ConnectionLimits {
  readonly admin: number;
  readonly stream: number;
}

/**
 * File descriptors that are reserved for Postgres, standard streams, listening sockets, files and
 * the event loop.
 */
const reserve = 64;
const mostAdmin = 1_000;
const mostStream = 20_000;

/**
 * Derives the limits from the number of file descriptors that the process may open, so that clients
 * cannot use up the descriptors that the process needs itself.
 * @param openFiles the result of `openFileLimit`; undefined when there is no limit
 */
export function fitConnections(openFiles: number | undefined): ConnectionLimits {
  if (openFiles === undefined) return { admin: mostAdmin, stream: mostStream };
  const available = Math.max(openFiles - Math.min(reserve, Math.floor(openFiles / 2)), 2);
  const admin = Math.max(Math.min(mostAdmin, Math.floor(available / 3)), 1);
  return { admin, stream: Math.max(Math.min(mostStream, available - admin), 1) };
}
