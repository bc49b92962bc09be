import { request } from 'node:http';

/** The response to a request on a separate connection. */
export interface FreshAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Sends a GET on a separate connection, so that it may reach another process than the previous one.
 */
export function fresh(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<FreshAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false, headers, timeout: 15_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.on('error', reject);
    outgoing.end();
  });
}
