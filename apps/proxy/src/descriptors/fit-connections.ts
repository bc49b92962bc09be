/** How many connections of each kind the process may hold with its file descriptors. */
export interface DescriptorShares {
  /** Client connections that are served. */
  readonly clients: number;
  /** Connections to targets, including tunnels. */
  readonly upstream: number;
  /** Client connections beyond the limit that receive a 503 before they are closed. */
  readonly turnedAway: number;
  /** Connections to the status port. */
  readonly status: number;
}

/**
 * Bounds of the reserve for standard streams, listening sockets, the event loop, Redis, the control
 * plane, DNS, span export and files.
 */
const MIN_RESERVE = 64;
const MAX_RESERVE = 512;
const MAX_TURNED_AWAY = 1_000;
const MAX_STATUS_CONNECTIONS = 64;

/**
 * Divides the file descriptors that the process may open between kinds of connections. Each served
 * client needs two descriptors: its own connection and one to a target. The reserve keeps the
 * process working while a flood of clients uses up the other shares.
 * @param openFiles the result of `openFileLimit`; undefined means that there is no limit
 * @param maxClients the configured SLUICE_MAX_CONNECTIONS
 */
export function fitConnections(
  openFiles: number | undefined,
  maxClients: number,
): DescriptorShares {
  if (openFiles === undefined)
    return {
      clients: maxClients,
      upstream: Number.MAX_SAFE_INTEGER,
      turnedAway: MAX_TURNED_AWAY,
      status: MAX_STATUS_CONNECTIONS,
    };
  const reserve = Math.min(
    Math.max(MIN_RESERVE, Math.floor(openFiles / 16)),
    MAX_RESERVE,
    Math.floor(openFiles / 2),
  );
  const turnedAway = Math.min(Math.max(Math.floor(openFiles / 16), 1), MAX_TURNED_AWAY);
  const available = openFiles - reserve - turnedAway;
  const clients = Math.max(Math.min(maxClients, Math.floor(available / 2)), 1);
  return {
    clients,
    upstream: Math.max(available - clients, 1),
    turnedAway,
    status: Math.min(Math.floor(reserve / 4), MAX_STATUS_CONNECTIONS),
  };
}
