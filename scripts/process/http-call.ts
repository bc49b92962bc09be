import { Agent, request } from 'undici';

/** The answer to a call. */
export type HttpAnswer = {
  readonly status: number;
  readonly body: string;
};

/** Bounds of a call; the defaults suit programs on this machine. */
export type CallBounds = {
  /** Time for the whole call, the content of the answer included. */
  readonly timeoutMs?: number;
  /** Size of the content of the answer. */
  readonly maxBytes?: number;
};

const defaultTimeoutMs = 2_000;
const defaultMaxBytes = 65_536;

/**
 * Sends a GET request and reads the whole answer. A redirect is an answer like any other: it is not
 * followed. Rejects when there is no connection or no complete answer in time, or when the answer
 * is larger than allowed.
 */
export async function httpGet(url: string, bounds: CallBounds = {}): Promise<HttpAnswer> {
  const { timeoutMs = defaultTimeoutMs, maxBytes = defaultMaxBytes } = bounds;
  // Calls are rare, so each has its own connection, which ends with it.
  const agent = new Agent({
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: maxBytes,
    maxHeaderSize: 16_384,
  });
  try {
    // The timeouts of the agent apply to each step; a slow sender could stretch the sum.
    const signal = AbortSignal.timeout(timeoutMs);
    const { statusCode, body } = await request(url, { dispatcher: agent, signal });
    return { status: statusCode, body: await body.text() };
  } finally {
    await agent.destroy();
  }
}
