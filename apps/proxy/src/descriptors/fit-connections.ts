/** How the file descriptors of one process are divided. */
export interface ConnectionLimits {
  /** Connections of clients that are served. */
  readonly clients: number;
  /** Connections to targets, tunnels included. */
  readonly upstream: number;
  /** Clients that are being told that there are too many connections. */
  readonly turnedAway: number;
  /** Connections to the status port. */
  readonly status: number;
}

/** For standard streams, listening sockets, the event loop, Redis, the control plane, DNS, spans and files. */
const LEAST_RESERVE = 64;
const MOST_RESERVE = 512;
const MOST_TURNED_AWAY = 1_000;
const MOST_STATUS_CONNECTIONS = 64;

/**
 * Fits the limits of connections to the file descriptors that the process may open. A client that is served needs two, its own
 * and one to a target; a reserve is kept for everything else, so that what a flood of clients uses up is never what the process
 * itself works with.
 * @param openFiles as `openFileLimit` tells it; undefined when there is no limit
 * @param maxClients as configured, SLUICE_MAX_CONNECTIONS
 */
export function fitConnections(openFiles: number | undefined, maxClients: number): ConnectionLimits {
  if (openFiles === undefined) return { clients: maxClients, upstream: Number.MAX_SAFE_INTEGER, turnedAway: MOST_TURNED_AWAY, status: MOST_STATUS_CONNECTIONS };
  const reserve = Math.min(Math.max(LEAST_RESERVE, Math.floor(openFiles / 16)), MOST_RESERVE, Math.floor(openFiles / 2));
  const turnedAway = Math.min(Math.max(Math.floor(openFiles / 16), 1), MOST_TURNED_AWAY);
  const available = openFiles - reserve - turnedAway;
  const clients = Math.max(Math.min(maxClients, Math.floor(available / 2)), 1);
  return { clients, upstream: Math.max(available - clients, 1), turnedAway, status: Math.min(Math.floor(reserve / 4), MOST_STATUS_CONNECTIONS) };
}
